"""Lines that a payer paid below or above its contract: the list, one of it, and what a person says of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Form
from starlette.responses import Response

from claims.errors import UsageError
from claims.service import variances
from claims.web import shown
from claims.web.routes import Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
READ, ACT = "desk.read", "desk.act"
MOST = 200
States = Literal["open", "disputed", "accepted", "recovered", "closed", "any"]
Verb = Literal["note", "dispute", "accept", "close"]


@ROUTES.get("/variances", READ)
def listed(at: At, state: States = "open", payer: str = "") -> Response:
    """List lines that a payer paid below or above its contract."""
    found, sums = variances.listed(at.reading, variances.asked_for(state, payer=payer[:80]), limit=MOST, show_phi=True)
    return at.page("variances.html", rows=shown.rows(found), sums=shown.rows(sums), state=state)


@ROUTES.get("/variances/{key}", READ)
def one(at: At, key: str, said: Literal["", "note", "dispute", "accept", "close"] = "") -> Response:
    """Tell one: how it was priced, the decisions behind it, what happened."""
    return _page(at, key, said=said)


@ROUTES.post("/variances/{key}", ACT)
def say(
    at: At,
    key: str,
    verb: Annotated[Verb, Form()],
    words: Annotated[str, Form(max_length=400)] = "",
    seen: Annotated[int, Form(ge=0, lt=2**31)] = 0,
) -> Response:
    """Note something, dispute, accept or close it; no money moves."""
    try:
        variances.say(at.writing, key[:64], verb, words.strip(), seen=seen)
    except UsageError as error:
        return _page(at, key, 422, problem=str(error), words=words)
    return at.go(f"/variances/{key[:64]}?said={verb}")


def _page(at: Seat, key: str, status: int = 200, *, said: str = "", problem: str = "", words: str = "") -> Response:
    told = variances.told(at.reading, key[:64], show_phi=True)
    parts: dict[str, Any] = {name: shown.rows(told[name]) for name in ("lines", "decisions", "events")}
    parts |= {"said": said, "problem": problem, "words": words}
    return at.page("variance.html", status, one=told["case"], key=told["key"], parts=parts)
