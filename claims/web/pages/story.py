"""The story of a denial case and of a claim: figures that add up, what happened, and the payer's own segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Query
from starlette.responses import Response

from claims.service import (
    appeals,
    desk_case,
    desk_facts,
    lowered_requests,
    queue,
    rejection_queue,
    scrub_shown,
    timeline,
)
from claims.service.audited import record_shown
from claims.service.desk import originals
from claims.service.desk import queue as desk_queue
from claims.web import done, segments, shown
from claims.web.asked import Asked
from claims.web.pages.queue import offered
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
DUPLICATE = "DUP"
FIRST_LEVEL = 1  # of an appeal, as the bar of a case notes it: others are noted on the page of the appeal


@ROUTES.get("/cases/{key}", "desk.read")
def case(
    at: At,
    key: str,
    did: Annotated[str, Query(max_length=2000)] = "",
    in_list: Annotated[str, Query(alias="list", max_length=2000)] = "",
) -> Response:
    """Tell one denial case; `list` is the query of the list that it is worked in, which says what comes next."""
    return shown_case(at, key, in_list, told=done.shown(at, did))


def shown_case(
    at: Seat, key: str, in_list: str, *,
    told: done.Told | None = None, problem: str = "", form: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    """Show the page of a case; with what does not fit (`problem`) and what was typed (`form`), where that is so."""
    ctx, now = at.reading, at.practice.now()
    found = desk_case.of_key(ctx, key[:64])
    tale = queue.denial_story(ctx, key[:64], show_phi=True)
    came_from = _list_of(at, in_list)
    asked = Asked.read(urlsplit(came_from).query if came_from.startswith("/queue") else "")
    filters = asked.filters(at)
    before, after = desk_queue.neighbours(ctx, filters, asked.chosen_sort(filters), found.case_id)
    around = {"previous": before, "next": after}
    tables = ("lines", "adjustments", "remarks", "ledger")
    lengths = desk_case.lengths(ctx, found)
    for row in tale["segments"]:
        row["length"] = int(lengths.get(row["seg"], len(row["text"])))
        row["parts"] = segments.marked(row["text"].strip(), segments.of_decision(row["text"]))
    return at.page(
        "case.html",
        422 if problem else 200,
        story=tale | {name: shown.rows(tale[name]) for name in tables},
        found=found,
        others=desk_case.look(ctx, at.session, found, now),
        happened=shown.rows(desk_case.happened(ctx, found)),
        told=told,
        problem=problem,
        form=form or {},
        lowered=lowered_requests.waiting_of(ctx, case_id=found.case_id),
        rejected=rejection_queue.of_case(ctx, found.case_id, found.family_id),
        fixes=scrub_shown.fixes(tale["made"]["edits"].split()),
        originals=shown.rows(originals.of_case(ctx, found.case_id)) if tale["case"]["category"] == DUPLICATE else [],
        offered=offered(at),
        packet=appeals.newest_packet(ctx, found.case_id, FIRST_LEVEL) if at.person.may("desk.act") else "",
        facts=desk_facts.facts(ctx, found, tale["made"]["asked_payer"]),
        here=f"/cases/{tale['key']}",
        back=_in_list(tale["key"], asked),
        came_from=came_from,
        around={name: _in_list(one[: len(tale["key"])], asked) if one else "" for name, one in around.items()},
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
    told["steps"] = timeline.gathered(told["steps"])
    return at.page("claim.html", claim_id=claim_id, parts={name: shown.rows(part) for name, part in told.items()})


def _in_list(key: str, asked: Asked) -> str:
    """Give the address of a case as one of a list; nothing of a patient stands in it."""
    query = asked.query(at=asked.at)
    return f"/cases/{key}?list={quote(query, safe='')}" if query else f"/cases/{key}"


def _list_of(at: At, query: str) -> str:
    """Give the address of the list that the person came from: as the address says, else as the browser does."""
    if query:
        asked = Asked.read(query)
        return asked.address(at=asked.at)
    parts = urlsplit(at.request.headers.get("referer", ""))
    is_ours = f"{parts.scheme}://{parts.netloc}" in at.practice.web.origins
    if not is_ours or parts.path not in ("/queue", "/patterns"):
        return "/queue"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
