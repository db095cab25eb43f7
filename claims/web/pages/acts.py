"""What people do: with a selection or a whole list, looked at first where it is much; and undo, and approval."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Form
from starlette.responses import RedirectResponse, Response

from claims.days import read_day
from claims.errors import UsageError
from claims.service import desk_case, money_approvals
from claims.service.context import Context
from claims.service.desk import actions, approving, queue
from claims.web import done, shown
from claims.web import looked as looked_at
from claims.web.asked import Asked
from claims.web.pages import appeals, story
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
Text = Annotated[str, Form(max_length=400)]
NO_PACKET = "none"  # the page that was seen had none; an empty field of a form is as good as no field
MOST = 500  # cases that a page can name
_CASE = re.compile(r"(\d{1,18})\.(\d{1,9})")
_BACK = re.compile(r"/(queue|cases/[0-9a-f]{1,64}|patterns|approvals)(\?[^\s\\]*)?")
# What leaves the house or moves money is looked at before it is done.
LOOKED_AT = ("resubmit", "bill_next", "to_patient", "write_off", "expire", "close_duplicate")
WORDS = {
    "take": "assign",
    "assign": "assign",
    "note": "note",
    "tag": "tag",
    "snooze": "snooze",
    "wake": "wake",
    "info_sent": "info_sent",
    "appeal_sent": "appeal_sent",
    "appeal_upheld": "appeal_upheld",
    **{name: name for name in LOOKED_AT},
}


class NothingChosenError(UsageError):
    """No case was selected."""

    def __init__(self) -> None:
        super().__init__("Select a case first: tick it, or press x.")


@ROUTES.post("/queue/act", "desk.act")
def act(
    at: At,
    case: Annotated[list[str], Form(max_length=MOST)] = [],  # noqa: B006 FastAPI copies it
    scope: Annotated[Literal["chosen", "all"], Form()] = "chosen",
    act: Text = "",
    more: Text = "",
    to: Text = "",
    until: Text = "7",
    words: Text = "",
    level: Annotated[int, Form(ge=1, le=9)] = 1,
    late: Text = "",
    original: Annotated[int, Form(ge=0, lt=2**62)] = 0,
    on: Text = "",
    looked: Annotated[str, Form(max_length=looked_at.MOST_CHARACTERS)] = "",
    despite: Text = "",
    packet: Annotated[str | None, Form(max_length=64)] = None,
    sure: Text = "",
    back: Annotated[str, Form(max_length=2000)] = "/queue",
) -> Response:
    """Do something with cases; give the page that it was done from, with what became of it.

    Of a whole list, just the cases that were looked at before: what is not known is looked at again. What does not fit
    is said on the page that it was done from, with what was typed: nobody types it twice.
    """
    back = back if _BACK.fullmatch(back) else "/queue"
    asked_for = more if act == "more" else act
    form = {"scope": scope, "act": asked_for, "to": to, "until": until, "words": words, "level": level, "back": back}
    form |= {"late": late, "original": original, "on": on, "despite": despite, "packet": packet}
    verb = WORDS.get(asked_for)
    if verb is None:
        raise UsageError("There is no such action.")
    is_of_case = back.startswith("/cases/")
    if verb == "resubmit" and is_of_case:
        return at.go(f"{urlsplit(back).path}/correct")
    whose = (at.practice.key("looked"), at.session.user.user_id, asked_for, back)
    seen = looked_at.read(whose[0], looked, *whose[1:]) if scope == "all" and sure == "yes" else None
    is_again = scope == "all" and sure == "yes" and seen is None
    try:
        cases = seen or (_all_of(at, back) if scope == "all" else chosen(case))
        if not cases:
            raise NothingChosenError
        person = at.person.name if asked_for == "take" else to
        do = _action(verb, cases, at.writing.settings.today(), person, form, at.session.user.write_off_limit_cents)
        if scope == "all":
            form["looked"] = looked_at.written(whose[0], cases, *whose[1:])
        if is_again or ((scope == "all" or verb in LOOKED_AT) and sure != "yes"):
            looks = actions.preview(at.writing, do)
            found, first = done.named(at, done.told(verb, looks)), shown.rows(desk_case.first(at.reading, looks.done))
            parts = {"told": found, "form": form, "cases": case, "chosen": len(cases), "is_again": is_again}
            parts["first"] = first
            return at.page("sure.html", parts=parts, key=_key(at, cases))
        did = done.told("untag" if verb == "tag" and not words.strip() else verb, do(at.writing))
    except UsageError as error:
        if not is_of_case or at.is_fragment:  # in place, what was typed still stands there
            raise
        return _again(at, back, form, problem=str(error))
    if is_of_case and not at.is_fragment and not did.action_id and words.strip():
        return _again(at, back, form, told=done.named(at, did))
    return go_back(at, back, did)


def _again(at: Seat, back: str, form: dict[str, Any], *, problem: str = "", told: done.Told | None = None) -> Response:
    """Show the page of a case that something was refused on, with what was typed."""
    place = urlsplit(back)
    key, in_list = place.path.rpartition("/")[2], dict(parse_qsl(place.query)).get("list", "")
    if form["act"] == "appeal_sent" and form["packet"] is not None:
        stale = "Somebody changed the case since you saw it: look at it, and note it once more."
        says = problem or ". ".join(why.says for why in told.refused) if told and not told.stale else problem or stale
        return appeals.shown_page(at, key, says, form=form)
    return story.shown_case(at, key, in_list, told=told, problem=problem, form=form)


@ROUTES.post("/actions/{action_id}/undo", "desk.act")
def undo(
    at: At,
    action_id: Number,
    only: Annotated[int, Form(ge=0, lt=2**62)] = 0,
    back: Annotated[str, Form(max_length=2000)] = "/queue",
) -> Response:
    """Take an action back, of all its cases or of one."""
    found = actions.undo(at.writing, action_id, at.writing.settings.today(), [only] if only else ())
    return go_back(at, back if _BACK.fullmatch(back) else "/queue", done.told("undo", found))


@ROUTES.get("/approvals", "desk.read")
def approvals(at: At, did: str = "") -> Response:
    """List what waits for a second person."""
    return waiting(at, told=done.shown(at, did[:2000]))


def waiting(at: Seat, *, told: done.Told | None = None, problem: str = "", words: str = "", about: int = 0) -> Response:
    """Show what waits; with what does not fit, and the words that were typed about an action."""
    rows = shown.rows(actions.waiting(at.reading))
    cases = approving.cases(at.reading, [row["action_id"] for row in rows])
    limit = at.session.user.write_off_limit_cents
    used = approving.approved_on(at.reading, at.reading.settings.today())
    kept: dict[str, Any] = {
        "limit_cents": limit,
        "used_cents": used,
        "left_cents": limit - used,
        "cases": cases,
        "problem": problem,
        "words": words,
        "about": about,
        "back": "/approvals",
    }
    kept["requests"] = money_approvals.shown(at.reading)
    return at.page("approvals.html", 422 if problem else 200, rows=rows, told=told, parts=kept)


@ROUTES.post("/approvals/{action_id}", "desk.approve")
def decide(
    at: At, action_id: Number, decision: Annotated[Literal["approve", "refuse"], Form()], words: Text = ""
) -> Response:
    """Say yes or no to what somebody else asked for."""
    day = at.writing.settings.today()
    try:
        if decision == "approve":
            limit = at.session.user.write_off_limit_cents
            found = actions.approve(at.writing, action_id, day, limit_cents=limit)
        else:
            found = actions.refuse(at.writing, action_id, words, day)
    except UsageError as error:
        return waiting(at, problem=str(error), words=words, about=action_id)
    return go_back(at, "/approvals", done.told(decision, found))


def _action(
    verb: str, cases: actions.Cases, day: date, person: str, form: dict[str, Any], limit: int
) -> Callable[[Context], actions.Done]:
    """Give the action as the desk has it, with what the form says."""
    words, late = str(form["words"]).strip(), str(form["late"]).strip()
    find: dict[str, Callable[[Context], actions.Done]] = {
        "assign": lambda ctx: actions.assign(ctx, cases, person, day),
        "note": lambda ctx: actions.note(ctx, cases, words, day),
        "tag": lambda ctx: actions.tag(ctx, cases, words, day),
        "snooze": lambda ctx: actions.snooze(ctx, cases, _until(str(form["until"]), day), day),
        "wake": lambda ctx: actions.wake(ctx, cases, day),
        "info_sent": lambda ctx: actions.info_sent(ctx, cases, words, day),
        "appeal_sent": lambda ctx: actions.appeal_sent(
            ctx,
            cases,
            int(form["level"]),
            words,
            day,
            str(form["despite"]),
            "" if form["packet"] == NO_PACKET else form["packet"],
        ),
        "appeal_upheld": lambda ctx: actions.appeal_upheld(ctx, cases, _day(str(form["on"])), words, day),
        "resubmit": lambda ctx: actions.resubmit(ctx, cases, day, late_reason=late),
        "bill_next": lambda ctx: actions.bill_next(ctx, cases, day),
        "to_patient": lambda ctx: actions.to_patient(ctx, cases, day, words),
        "write_off": lambda ctx: actions.write_off(ctx, cases, words, limit, day),
        "expire": lambda ctx: actions.expire(ctx, cases, words, limit, day, str(form["despite"])),
        "close_duplicate": lambda ctx: actions.close_duplicate(ctx, cases, int(form["original"]), limit, day),
    }
    return find[verb]


def _key(at: Seat, cases: list[tuple[int, int]]) -> str:
    """Give the key of the one case that is meant; empty for several."""
    named = desk_case.names(at.reading, [cases[0][0]]) if len(cases) == 1 else {}
    return named[cases[0][0]][0] if named else ""


def _until(text: str, day: date) -> date | str:
    if text in (actions.NEXT_REMIT, actions.LAST_DAY):
        return text
    if text.isascii() and text.isdigit() and int(text) <= 3650:
        return day + timedelta(days=int(text))
    try:
        return read_day(text)
    except ValueError:
        raise UsageError("Snooze until a day, or until the next remittance.") from None


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError:
        raise UsageError("Say on which day the decision came.") from None


def chosen(texts: list[str]) -> list[tuple[int, int]]:
    """Read which cases are meant, each with the version that was seen."""
    found = [_CASE.fullmatch(text) for text in texts]
    if not all(found):
        raise UsageError("A case is named by its number and version.")
    return [(int(one[1]), int(one[2])) for one in found if one]


def _all_of(at: Seat, back: str) -> list[tuple[int, int]]:
    if urlsplit(back).path != "/queue":
        raise UsageError("A whole list is acted on from its own page.")
    asked = Asked.at_address(back)
    return queue.selection(at.reading, asked.filters(at))


def go_back(at: Seat, back: str, told: done.Told) -> Response:
    """Go to the page that something was done from; it says what became of it."""
    word = done.sign(at.practice.key("done"), told, at.session.user.user_id, at.practice.now())
    parts = urlsplit(back)
    query: list[tuple[str, Any]] = [(name, value) for name, value in parse_qsl(parts.query) if name != "did"]
    return RedirectResponse(f"{parts.path}?{urlencode([*query, ('did', word)])}", 303)
