"""The story of a denial case and of a claim: figures that add up, what happened, and the payer's own segments."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Query
from starlette.responses import Response

from claims.service import desk_case, queue, timeline
from claims.service.audited import record_shown
from claims.web import done, segments, shown
from claims.web.pages.queue import offered
from claims.web.routes import Number, Routes
from claims.web.seat import At

ROUTES = Routes()


@ROUTES.get("/cases/{key}", "desk.read")
def case(at: At, key: str, did: Annotated[str, Query(max_length=2000)] = "") -> Response:
    """Tell one denial case."""
    ctx, now = at.reading, at.practice.now()
    found = desk_case.of_key(ctx, key[:64])
    told = queue.denial_story(ctx, key[:64], show_phi=True)
    tables = ("lines", "adjustments", "remarks", "ledger")
    lengths = desk_case.lengths(ctx, found)
    for row in told["segments"]:
        row["length"] = int(lengths.get(row["seg"], len(row["text"])))
        row["parts"] = segments.marked(row["text"].strip(), segments.of_decision(row["text"]))
    return at.page(
        "case.html",
        story=told | {name: shown.rows(told[name]) for name in tables},
        found=found,
        others=desk_case.look(ctx, at.session, found, now),
        happened=shown.rows(desk_case.happened(ctx, found)),
        told=done.read(at.practice.key("done"), did, at.session.user.user_id, now),
        offered=offered(at),
        back=f"/cases/{told['key']}",
        came_from=_list_of(at),
    )


@ROUTES.get("/cases/{key}/more", "desk.read")
def more(at: At, key: str) -> Response:
    """Tell the rest of a case: others of its cause, and the steps of its claim; asked for after the page is there."""
    ctx = at.reading
    found = desk_case.of_key(ctx, key[:64])
    record_shown(ctx, f"denial case {found.key}", {"part": "more"})
    parts = {
        "siblings": shown.rows(desk_case.siblings(ctx, found)),
        "steps": shown.rows(desk_case.steps(ctx, found)),
    }
    return at.page("part_more.html" if at.is_fragment else "more.html", found=found, key=found.key, parts=parts)


@ROUTES.get("/cases/{key}/here", "desk.read", by_itself=True)
def here(at: At, key: str) -> Response:
    """Say who else has the case open; asked for again and again while it is."""
    found = desk_case.of_key(at.reading, key[:64])
    others = desk_case.look(at.reading, at.session, found, at.practice.now())
    return at.page("part_others.html", others=others)


@ROUTES.get("/claims/{claim_id}", "desk.read")
def claim(at: At, claim_id: Number) -> Response:
    """Tell one claim, from the charge to the money."""
    told = timeline.story(at.reading, f"{timeline.OWN_ID}{claim_id}", show_phi=True)
    return at.page("claim.html", claim_id=claim_id, parts={name: shown.rows(part) for name, part in told.items()})


def _list_of(at: At) -> str:
    """Give the address of the list that the person came from, if it was one of ours."""
    parts = urlsplit(at.request.headers.get("referer", ""))
    is_ours = f"{parts.scheme}://{parts.netloc}" in at.practice.web.origins
    if not is_ours or parts.path not in ("/queue", "/patterns"):
        return "/queue"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
