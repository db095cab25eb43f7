"""The queue: one page of cases, the sums of the list, and what is done with a selection or the whole of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from claims.service import desk_export, desk_facts, lowered_requests
from claims.service.audited import record_shown
from claims.service.desk import queue
from claims.service.desk.today import last_night
from claims.web import cursors, done, shown
from claims.web.asked import Asked, AskedFor
from claims.web.pages import views
from claims.web.routes import Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
SIZE = 50
SHOWN = (
    *("case_id", "version", "case_key", "state", "waiting_for", "outcome", "assignee", "tag", "pending_action_id"),
    *("snoozed_until_date", "snoozed_for", "pattern_id", "payer_code", "payer_name", "claim_number", "line_number"),
    *("extent", "group_code", "all_codes", "remark_codes", "cause", "next_action_label", "at_risk_cents"),
    *(
        "is_elsewhere",
        "made_claim_id",
        "made_life",
        "edits",
        "recovered_cents",
        "closed_posting_date",
        "service_date",
        "deadline_date",
        "deadline_rule",
        "days_left",
        "score",
        "recovery_percent",
    ),
    *("expected_value_cents", "value_points", "urgency_points", "touch_points", "effort_points"),
)
STATES = ("open", "snoozed", "waiting", "expired", "closed")


@ROUTES.get("/queue", "desk.read")
def listed(at: At, asked: AskedFor) -> Response:
    """Show a page of the queue."""
    filters = asked.filters(at)
    sort = asked.chosen_sort(filters)
    place, is_lost = _place(at, asked, sort)
    found = queue.page(at.reading, filters, sort, place, SIZE)
    rows = shown.rows(found.rows[list(SHOWN)])
    if rows:  # with patients' names: recorded as a search is
        ids = [row["case_id"] for row in rows]
        record_shown(at.reading, "denial queue", {"cases": ids})
        patients = desk_facts.patients(at.reading, ids)
        lowered = lowered_requests.cases_waiting(at.reading)
        rows = [
            row | {"patient": patients.get(row["case_id"], ""), "lowered_waits": row["case_id"] in lowered}
            for row in rows
        ]
    around = {
        name: asked.address(at=_cursor(at, place, sort)) if place else ""
        for name, place in (("next", found.next), ("previous", found.previous))
    }
    return at.page(
        "queue.html",
        rows=rows,
        asked=asked,
        payer=filters.payer_code,
        sort=sort,
        sorts=filters.sorts,
        is_lost=is_lost,
        around=around,
        told=done.shown(at, asked.did),
        offered=offered(at),
        saved=views.of(at, counts=False),
        states=STATES,
        last=last_night(at.reading),
        in_list=f"?list={quote(here, safe='')}" if (here := asked.query(at=asked.at)) else "",
        back=asked.address(at=asked.at),
    )


@ROUTES.get("/queue/totals", "desk.read")
def totals(at: At, asked: AskedFor) -> Response:
    """Count the list and add it up: apart from its page, for it takes longer."""
    template = "part_totals.html" if at.is_fragment else "totals.html"
    return at.page(template, totals=queue.totals(at.reading, asked.filters(at)), asked=asked)


@ROUTES.get("/queue.csv", "desk.export")
def export(at: At, asked: AskedFor) -> Response:
    """Give the whole list as a file; so many at the same time, no more."""
    filters = asked.filters(at)
    place = at.practice.exports.place()
    parts = desk_export.as_csv(at.reading, filters, asked.chosen_sort(filters))
    first = next(parts)  # what is wrong with it is said before anything is sent

    def sent() -> Iterator[str]:
        with place:
            yield first
            yield from parts

    name = f"denials-{at.reading.settings.today().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(sent(), media_type="text/csv; charset=utf-8", headers=headers)


def offered(at: Seat) -> dict[str, Any]:
    """Give what the filters and actions of the queue offer to choose from."""
    return {
        "people": at.practice.workers(),
        "payers": at.practice.payers(),
        "tags": queue.tags(at.reading),
        "categories": list(shown.titles("categories", "category").items()),
        "actions": list(shown.titles("next_actions", "id").items()),
    }


def _place(at: Seat, asked: Asked, sort: str) -> tuple[Any, bool]:
    """Give the place that an address asks for, and whether it is none of a list sorted so: the first page, then.

    It is good for everybody, on any day, and with other filters: a page begins after a row.
    """
    if not asked.at:
        return None, False
    try:
        return cursors.unsign(at.practice.key("cursor"), asked.at, sort), False
    except cursors.CursorError:
        return None, True


def _cursor(at: Seat, place: Any, sort: str) -> str:
    return cursors.sign(at.practice.key("cursor"), place, sort)
