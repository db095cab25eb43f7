"""Runs and files: what the night did, file by file, and the segment behind any figure."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from claims.service import run_story
from claims.web import segments, shown
from claims.web.routes import Number, Routes, Since
from claims.web.seat import At

ROUTES = Routes()
READ = "desk.read"
Sha = Annotated[str, Path(pattern="^[0-9a-f]{8,64}$")]


@ROUTES.get("/runs", READ)
def runs(at: At, before: Since = 0) -> Response:
    """List runs, newest first."""
    rows = shown.rows(run_story.listed(at.reading, before=before, limit=51))
    return at.page("runs.html", rows=rows[:50], more=rows[49]["run_id"] if len(rows) > 50 else 0)


@ROUTES.get("/runs/{run_id}", READ)
def run(at: At, run_id: Number) -> Response:
    """Tell one: its counts, and what came in with it."""
    told, files = run_story.told(at.reading, run_id)
    return at.page("run.html", run=told, files=shown.rows(files))


@ROUTES.get("/files/{sha256}", READ)
def file(at: At, sha256: Sha) -> Response:
    """Tell one file: its sets and findings."""
    one, sets, findings = run_story.file(at.reading, sha256)
    return at.page("file.html", one=one, sets=shown.rows(sets), findings=shown.rows(findings))


@ROUTES.get("/files/{sha256}/bytes/{offset}/{length}", READ)
def segment(at: At, sha256: Sha, offset: Number, length: Number, seg: Since = 0, element: str = "") -> Response:
    """Show the bytes of a segment as they were received, an element of it marked."""
    found = run_story.segments_around(at.reading, sha256, offset, length)
    cut = segments.marked(found.segment, [element])
    place = {"sha256": sha256, "offset": offset, "length": length, "seg": seg}
    return at.page("segment.html", found=found, cut=cut, place=place)
