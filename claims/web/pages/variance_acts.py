"""What people say of variances, of a selection or a whole list: looked at first, done, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import Form
from starlette.responses import Response

from claims.service import variance_acts
from claims.service.context import Context
from claims.service.several import Done
from claims.web import several
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat
from claims.web.several import Ask, Back, Cases, Work
from claims.web.variances_asked import Asked

ROUTES = Routes()
ACT = "desk.act"
HOLDS = "No money moves: what is said holds while no more is open than now."


class VarianceAsk(Ask):
    """With what is said of the cases."""

    verb: Literal["note", "dispute", "accept", "close"]


@ROUTES.post("/variances/act", ACT)
def act(at: At, ask: Annotated[VarianceAsk, Form()]) -> Response:
    """Say something of cases; of a whole list, just of those that were looked at before."""
    return several.acted(at, WORK, ask.verb, ask)


@ROUTES.post("/variances/acts/{act_id}/undo", ACT)
def undo(at: At, act_id: Number, back: Back = "/variances") -> Response:
    """Take back what was said of all cases of an act."""
    done = variance_acts.undo(at.writing, act_id, at.writing.settings.today())
    return several.go_back(at, WORK, back, several.told(at, WORK, "undo", _done(done)))


def _selection(at: Seat, address: str, most: int) -> Cases:
    return variance_acts.selection(at.reading, Asked.at_address(address).filter(at), most)


def _say(ctx: Context, verb: str, cases: Cases, form: Mapping[str, str]) -> Done:
    return _done(variance_acts.say(ctx, cases, verb, form["words"], ctx.settings.today()))


def _preview(ctx: Context, verb: str, cases: Cases, form: Mapping[str, str]) -> Done:
    return _done(variance_acts.preview(ctx, cases, verb, form["words"], ctx.settings.today()))


def _done(told: variance_acts.Done) -> Done:
    refused = {variance_acts.WORDS[reason]: ids for reason, ids in told.refused.items()}
    return Done(told.act, told.done, told.stale, refused, told.open_cents)


WORK = Work(
    home="/variances",
    of="line",
    worth="open",
    past={"dispute": "disputed", "accept": "accepted", "close": "closed", "note": "noted", "undo": "taken back"},
    undo="/variances/acts/{act}/undo",
    undoable=("dispute", "accept", "close"),
    looked_at=("accept", "close"),  # what gives money up is looked at before it is said
    needs_words=(),
    means=dict.fromkeys(("dispute", "accept", "close", "note"), HOLDS),
    most=lambda: variance_acts.MOST,
    selection=_selection,
    do=_say,
    preview=_preview,
    first=variance_acts.first,
    names=variance_acts.names,
)
