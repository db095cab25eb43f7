"""Saved views: lists that a person or the team comes back to, with how many cases each holds now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form
from starlette.responses import Response

from claims.service.desk import views
from claims.web import shown
from claims.web.asked import Asked
from claims.web.routes import Number, Routes
from claims.web.seat import At, NotAllowed, Seat

ROUTES = Routes()
TEAM = "desk.approve"  # whoever approves may also say what the team looks at


@ROUTES.get("/queue/views", "desk.read")
def listed(at: At) -> Response:
    """Show the views with their counts: apart from the queue's page, for it takes longer."""
    return at.page("part_views.html" if at.is_fragment else "views.html", saved=of(at, counts=True))


@ROUTES.post("/queue/views", "desk.act")
def save(
    at: At,
    name: Annotated[str, Form(max_length=80)] = "",
    team: Annotated[str, Form(max_length=3)] = "",
    back: Annotated[str, Form(max_length=2000)] = "/queue",
) -> Response:
    """Keep the list of an address under a name."""
    if team and not at.person.may(TEAM):
        raise NotAllowed(TEAM)
    asked = Asked.at_address(back)
    filters = asked.filters(at)
    views.save(at.writing, name, filters, asked.chosen_sort(filters), team=bool(team), due_in=asked.due_in)
    return at.go(asked.address())


@ROUTES.post("/queue/views/{view_id}/delete", "desk.act")
def delete(at: At, view_id: Number) -> Response:
    """Forget a view of one's own, or, for who approves, one of the team."""
    own = {row["view_id"]: row for row in of(at, counts=False)}
    if view_id in own and not own[view_id]["owner"] and not at.person.may(TEAM):
        raise NotAllowed(TEAM)
    views.delete(at.writing, view_id)
    return at.go("/queue/views")


def of(at: Seat, *, counts: bool) -> list[dict[str, object]]:
    """Give the views that somebody sees, with the address of each."""
    rows = shown.rows(views.listed(at.reading, counts=counts))
    return [row | {"address": _address(row, at.person.name)} for row in rows]


def _address(row: dict[str, Any], name: str) -> str:
    return Asked.of(row["filters"], row["sort"], name, row["due_in"]).address()
