"""What people say of variances, of a selection or a whole list: looked at first, done, and taken back."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Form
from starlette.responses import RedirectResponse, Response

from claims.errors import UsageError
from claims.service import variance_acts
from claims.web import looked as looked_at
from claims.web import shown, variances_asked
from claims.web.routes import Number, Routes
from claims.web.seat import At, Seat
from claims.web.variances_asked import LIST, Asked, Told

ROUTES = Routes()
ACT = "desk.act"
MOST = 500  # cases that a page can name
LOOKED_AT = ("accept", "close")  # what gives money up is looked at before it is said
_CASE = re.compile(r"(\d{1,18})\.(\d{1,9})")
_BACK = re.compile(r"/variances(\?[^\s\\]*)?")


@ROUTES.post("/variances/act", ACT)
def act(
    at: At,
    verb: Annotated[Literal["note", "dispute", "accept", "close"], Form()],
    case: Annotated[list[str], Form(max_length=MOST)] = [],  # noqa: B006 FastAPI copies it
    scope: Annotated[Literal["chosen", "all"], Form()] = "chosen",
    words: Annotated[str, Form(max_length=400)] = "",
    looked: Annotated[str, Form(max_length=looked_at.MOST_CHARACTERS)] = "",
    sure: Annotated[str, Form(max_length=10)] = "",
    back: Annotated[str, Form(max_length=2000)] = "/variances",
) -> Response:
    """Say something of cases; of a whole list, just of those that were looked at before."""
    back = back if _BACK.fullmatch(back) else "/variances"
    whose = (at.practice.key("looked"), at.session.user.user_id, LIST, verb, back)
    seen = looked_at.read(whose[0], looked, *whose[1:]) if scope == "all" and sure == "yes" else None
    is_again = scope == "all" and sure == "yes" and seen is None
    cases = seen or (_all_of(at, back) if scope == "all" else _chosen(case))
    is_more = len(cases) > variance_acts.MOST
    cases = cases[: variance_acts.MOST]
    if not cases:
        raise UsageError("Select a line first: tick it, or press x.")
    day = at.reading.settings.today()
    if is_again or ((scope == "all" or verb in LOOKED_AT) and sure != "yes"):
        form = {"scope": scope, "verb": verb, "words": words, "back": back}
        if scope == "all":
            form["looked"] = looked_at.written(whose[0], cases, *whose[1:])
        looks = variance_acts.preview(at.reading, cases, verb, words, day)
        found, first = variances_asked.told(at, verb, looks), shown.rows(variance_acts.first(at.reading, looks.done))
        parts = {"told": found, "form": form, "cases": case, "chosen": len(cases), "is_again": is_again}
        parts |= {"most": variance_acts.MOST if is_more else 0, "first": first}
        return at.page("variances_sure.html", parts=parts)
    return _go_back(at, back, variances_asked.told(at, verb, variance_acts.say(at.writing, cases, verb, words, day)))


@ROUTES.post("/variances/acts/{act_id}/undo", ACT)
def undo(at: At, act_id: Number, back: Annotated[str, Form(max_length=2000)] = "/variances") -> Response:
    """Take back what was said of all cases of an act."""
    done = variance_acts.undo(at.writing, act_id, at.writing.settings.today())
    return _go_back(at, back if _BACK.fullmatch(back) else "/variances", variances_asked.told(at, "undo", done))


def _chosen(texts: list[str]) -> list[tuple[int, int]]:
    found = [_CASE.fullmatch(text) for text in texts]
    if not all(found):
        raise UsageError("A line is named by its number, and by how much of it was seen.")
    return [(int(one[1]), int(one[2])) for one in found if one]


def _all_of(at: Seat, back: str) -> list[tuple[int, int]]:
    """Give the cases of a list; one more than is done at once, where it has more."""
    return variance_acts.selection(at.reading, Asked.at_address(back).filter(at), variance_acts.MOST + 1)


def _go_back(at: Seat, back: str, told: Told) -> Response:
    """Go to the list that it was said from; that says what became of it."""
    word = variances_asked.sign_done(at, told)
    parts = urlsplit(back)
    query: list[tuple[str, Any]] = [(name, value) for name, value in parse_qsl(parts.query) if name != "did"]
    return RedirectResponse(f"{parts.path}?{urlencode([*query, ('did', word)])}", 303)
