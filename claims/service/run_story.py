"""What a run did, file by file; what stands in a file; and the segments around an address, from the stored bytes."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pandas as pd

from claims.errors import NotFoundError
from claims.service import zone
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.store.engine import read
from claims.store.queries import run_story as rows

NIGHTS = ("nightly", "reconcile")
AROUND = 2_000  # bytes before and after
LONGEST = 20_000
NEIGHBOURS = 6


class Shown(NamedTuple):
    """A segment and those around it, as they stand in a file."""

    before: list[str]
    segment: str
    after: list[str]


def listed(ctx: Context, *, before: int = 0, limit: int = 50, kind: str = "") -> pd.DataFrame:
    """Give runs (of one `kind`), newest first, with their counts as a mapping; began, ended: the practice's time."""
    with read(ctx.engine) as conn:
        found = rows.listed(conn, limit, before, kind)
    return _in_words(ctx, found)


def told(ctx: Context, run_id: int) -> tuple[dict[str, Any], pd.DataFrame]:
    """Tell one run: its counts, and the files that came with it."""
    with read(ctx.engine) as conn:
        found = rows.one(conn, run_id)
        files = rows.files(conn, run_id)
    if found.empty:
        raise NotFoundError("run", run_id, "claims runs list shows them.")
    return {str(name): value for name, value in _in_words(ctx, found).iloc[0].items()}, files


def _in_words(ctx: Context, runs: pd.DataFrame) -> pd.DataFrame:
    times = {"began": runs["started_at"], "ended": runs["finished_at"]}
    local = {name: [zone.local(ctx, instant) for instant in column] for name, column in times.items()}
    return runs.assign(counts=[json.loads(text) for text in runs["counts"]], **local)


def last_night(ctx: Context) -> int:
    """Give the newest run that worked on the books; 0: there was none."""
    with read(ctx.engine) as conn:
        return rows.last(conn, NIGHTS)


def file(ctx: Context, sha256: str) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Tell one file, by its hash or the beginning of it: what it is, its sets, its findings.

    Audited: what a finding found is of the file.
    """
    one, sets, findings = _file(ctx, sha256)
    record_shown(ctx, f"file {one['sha256'][:12]}", {"findings": len(findings)})
    return one, sets, findings


def _file(ctx: Context, sha256: str) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    with read(ctx.engine) as conn:
        found = rows.file(conn, sha256.lower()) if len(sha256) >= 8 else pd.DataFrame()
        if len(found) != 1:
            raise NotFoundError("file", sha256[:12])
        one = {str(name): value for name, value in found.iloc[0].items()}
        return one, rows.sets(conn, int(one["file_id"])), rows.findings(conn, int(one["file_id"]))


def segments_around(ctx: Context, sha256: str, offset: int, length: int) -> Shown:
    """Read a segment by its address, with some before and after it; audited: it is patient data."""
    one, _, _ = _file(ctx, sha256)
    whole = int(one["bytes"])
    if not (offset >= 0 and 0 < length <= LONGEST and offset + length <= whole):
        raise NotFoundError("segment at byte", offset)
    record_shown(ctx, f"file {one['sha256'][:12]}", {"offset": offset, "length": length})
    start, end = max(0, offset - AROUND), min(whole, offset + length + AROUND)
    raw = ctx.vault.read(one["sha256"], start, end - start)
    own = raw[offset - start : offset - start + length]
    ends = own.rstrip(b"\r\n")[-1:] or b"~"
    if ends.isalnum():  # a line of a CSV file
        ends = b"\n"
    before = [part for part in raw[: offset - start].split(ends) if part.strip()]
    after = [part for part in raw[offset - start + length :].split(ends) if part.strip()]
    is_cut = start > 0
    return Shown(
        [_text(part, ends) for part in before[1 if is_cut else 0 :][-NEIGHBOURS:]],
        _text(own.rstrip(b"\r\n" + ends), ends),
        [_text(part, ends) for part in after[:NEIGHBOURS]],
    )


def _text(part: bytes, ends: bytes) -> str:
    text = part.decode("utf-8", "replace").strip()
    return text + ("" if ends == b"\n" else ends.decode("latin-1"))
