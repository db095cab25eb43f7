"""A denied claim is corrected and sent again: what can be changed, what it says now, what would become of it."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import Form
from starlette.responses import Response

from claims.errors import UsageError
from claims.service import desk_case
from claims.service.audited import record_shown
from claims.service.desk import actions, correcting
from claims.service.desk.correcting import Correctable
from claims.web import done
from claims.web.pages.acts import go_back
from claims.web.routes import Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
Texts = Annotated[list[str], Form(max_length=300)]


@ROUTES.get("/cases/{key}/correct", "desk.act")
def form(at: At, key: str) -> Response:
    """Show what can be corrected on the claim of a case, those values first that the denial asks for."""
    found, can = _of(at, key)
    return _page(at, key, found, can)


@ROUTES.post("/cases/{key}/correct", "desk.act")
def correct(
    at: At,
    key: str,
    name: Texts = [],  # noqa: B006 FastAPI copies it
    value: Texts = [],  # noqa: B006
    version: Annotated[int, Form(ge=0)] = 0,
    late: Annotated[str, Form(max_length=400)] = "",
    as_new: Annotated[str, Form(max_length=10)] = "",
    sure: Annotated[str, Form(max_length=10)] = "",
    looked_at: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Show old and new values and what would become of it; with `sure`, do it, if that is what was looked at."""
    found, can = _of(at, key)
    typed = dict(zip(name, value, strict=False))
    kept: dict[str, Any] = {"typed": typed, "late": late, "as_new": as_new == "yes"}
    kept["looked_at"] = _print_of(kept)
    try:
        wanted = correcting.changes(can.fields, typed)
        cases = [(found.case_id, version)]
        how: dict[str, Any] = {"as_new": as_new == "yes", "late_reason": late}
        day, changes = at.writing.settings.today(), [change for _, change in wanted]
        if sure == "yes" and looked_at == kept["looked_at"]:
            did = done.told("resubmit", actions.resubmit(at.writing, cases, day, changes, **how))
            return go_back(at, f"/cases/{key[:10]}", did)
        looked = actions.preview(at.writing, actions.resubmit, cases, day, changes, **how)
    except UsageError as error:
        return _page(at, key, found, can, 422, problem=str(error), **kept)
    said = done.named(at, done.told("resubmit", looked))
    pairs = [(field, change.value) for field, change in wanted]
    return _page(at, key, found, can, told=said, pairs=pairs, **kept)


def _print_of(kept: dict[str, Any]) -> str:
    """Tell apart what was typed: what is sent has to be what was looked at."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:32]


def _of(at: Seat, key: str) -> tuple[desk_case.Case, Correctable]:
    ctx = at.reading
    found = desk_case.of_key(ctx, key[:64])
    record_shown(ctx, f"denial case {key[:10]}", {"part": "claim to correct"})
    return found, correcting.correctable(ctx, found.case_id, ctx.settings.today())


def _page(at: Seat, key: str, found: desk_case.Case, can: Correctable, status: int = 200, **values: Any) -> Response:
    usual: dict[str, Any] = {
        "typed": {},
        "late": "",
        "as_new": False,
        "told": None,
        "pairs": [],
        "problem": "",
        "looked_at": "",
    }
    own = {"case_key": key[:10], "found": found, "can": can, "back": f"/cases/{key[:10]}"}
    return at.page("correct.html", status, **usual | own | values)
