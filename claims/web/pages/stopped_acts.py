"""What people do with rejections and blocked claims, a selection or a whole list: given, noted, given up, undone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from fastapi import Form
from pydantic import Field
from starlette.responses import Response

from claims.service import blocked_acts, rejection_acts
from claims.service import several as things
from claims.service.context import Context
from claims.service.several import Done
from claims.web import several
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat
from claims.web.several import Ask, Back, Cases, Work
from claims.web.stopped_asked import Blocked, Rejections

ROUTES = Routes()
ACT = "desk.act"
PAST = {
    "take": "given to you",
    "give": "given",
    "note": "noted",
    "close": "given up",
    "reopen": "taken up again",
    "undo": "taken back",
}
STAYS = (
    "Each claim is withdrawn and not {sent}. What it charges stays in the books: it is listed with the exceptions "
    "until somebody accepts that nobody pays it, within their limit. What was made of a denial is worked on as that."
)


class StoppedAsk(Ask):
    """With the verb, and to whom something is given."""

    verb: Literal["take", "give", "note", "close", "reopen"]
    to: str = Field("", max_length=120)


@ROUTES.post("/rejections/act", ACT)
def act_on_rejections(at: At, ask: Annotated[StoppedAsk, Form()]) -> Response:
    """Do something with rejections; of a whole list, just with those that were looked at before."""
    return several.acted(at, REJECTIONS, ask.verb, ask, to=_to(at, ask))


@ROUTES.post("/rejections/acts/{act_id}/undo", ACT)
def undo_on_rejections(at: At, act_id: Number, back: Back = "/rejections") -> Response:
    """Take back what an act did: given, noted or given up."""
    done = rejection_acts.undo(at.writing, act_id, at.writing.settings.today())
    return several.go_back(at, REJECTIONS, back, several.told(at, REJECTIONS, "undo", done))


@ROUTES.post("/rejections/blocked/act", ACT)
def act_on_blocked(at: At, ask: Annotated[StoppedAsk, Form()]) -> Response:
    """Do something with blocked claims; of a whole list, just with those that were looked at before."""
    return several.acted(at, BLOCKED, ask.verb, ask, to=_to(at, ask))


@ROUTES.post("/rejections/blocked/acts/{act_id}/undo", ACT)
def undo_on_blocked(at: At, act_id: Number, back: Back = "/rejections/blocked") -> Response:
    """Take back what an act did: given, noted or given up."""
    done = blocked_acts.undo(at.writing, act_id, at.writing.settings.today())
    return several.go_back(at, BLOCKED, back, several.told(at, BLOCKED, "undo", done))


def _to(at: Seat, ask: StoppedAsk) -> str:
    return at.person.name if ask.verb == "take" else ask.to if ask.verb == "give" else ""


def _rejections(ctx: Context, verb: str, cases: Cases, form: Mapping[str, str]) -> Done:
    day, words = ctx.settings.today(), form["words"]
    if verb == "note":
        return rejection_acts.note(ctx, cases, words, day)
    if verb == "close":
        return rejection_acts.close(ctx, cases, day, words)
    if verb == "reopen":
        return rejection_acts.reopen(ctx, cases, day, words)
    return rejection_acts.assign(ctx, cases, form["to"])


def _blocked(ctx: Context, verb: str, cases: Cases, form: Mapping[str, str]) -> Done:
    day, words = ctx.settings.today(), form["words"]
    if verb == "note":
        return blocked_acts.note(ctx, cases, words, day)
    if verb == "close":
        return blocked_acts.give_up(ctx, cases, day, words)
    if verb == "reopen":
        return blocked_acts.take_up(ctx, cases, day, words)
    return blocked_acts.assign(ctx, cases, form["to"])


def _rejections_looked(ctx: Context, verb: str, cases: Cases, form: Mapping[str, str]) -> Done:
    return things.preview(ctx, lambda one: _rejections(one, verb, cases, form))


def _blocked_looked(ctx: Context, verb: str, cases: Cases, form: Mapping[str, str]) -> Done:
    return things.preview(ctx, lambda one: _blocked(one, verb, cases, form))


def _rejections_of(at: Seat, address: str, most: int) -> Cases:
    return rejection_acts.selection(at.reading, Rejections.at_address(address).asked(at), most)


def _blocked_of(at: Seat, address: str, most: int) -> Cases:
    asked = Blocked.at_address(address)
    return blocked_acts.selection(at.reading, asked.owner(at), payer=asked.payer, given_up=asked.is_given_up, most=most)


_work = partial(
    Work,
    worth="billed",
    past=PAST,
    undoable=("take", "give", "note", "close"),
    looked_at=("close", "reopen"),
    needs_words=("close", "reopen", "note"),
    most=lambda: things.MOST,
)
REJECTIONS = _work(
    home=Rejections.home,
    of="rejection",
    undo="/rejections/acts/{act}/undo",
    means={"close": STAYS.format(sent="sent again"), "reopen": "Each can be corrected and sent again."},
    selection=_rejections_of,
    do=_rejections,
    preview=_rejections_looked,
    first=rejection_acts.first,
)
BLOCKED = _work(
    home=Blocked.home,
    of="blocked claim",
    undo="/rejections/blocked/acts/{act}/undo",
    means={"close": STAYS.format(sent="sent"), "reopen": "The edits look at each of them at once."},
    selection=_blocked_of,
    do=_blocked,
    preview=_blocked_looked,
    first=blocked_acts.first,
)
