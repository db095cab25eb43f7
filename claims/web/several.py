"""What is done on a list with a selection or the whole of it: looked at first where it is much, done, told, taken back.

The denial queue looks at more before it acts (`pages.acts`); every other list of work comes through here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import pandas as pd
from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from claims.errors import UsageError
from claims.service.context import Context
from claims.service.several import Done
from claims.web import cursors, shown
from claims.web import looked as looked_at
from claims.web.seat import Seat

SHOWN_SECONDS, _MOST_STALE, _MOST_REASONS = 15, 8, 4
_CASE = re.compile(r"(\d{1,18})\.(\d{1,19})")

Back = Annotated[str, Form(max_length=2000)]
Cases = list[tuple[int, int]]  # (number, version as it was seen)


class Ask(BaseModel):
    """What the form of a list says beside its verb: what is ticked or the whole list, and where it was."""

    case: list[str] = Field([], max_length=500)
    scope: Literal["chosen", "all"] = "chosen"
    words: str = Field("", max_length=400)
    looked: str = Field("", max_length=looked_at.MOST_CHARACTERS)
    sure: str = Field("", max_length=120)
    back: str = Field("", max_length=2000)


@dataclass(frozen=True)
class Work:
    """What is done with the things of one list. `home` is its address, `of` what one of them is called."""

    home: str
    of: str
    worth: str  # what the money of one is
    past: Mapping[str, str]  # the verbs, in the past
    undo: str  # the address that takes an act back; {act} is its number
    undoable: tuple[str, ...]
    looked_at: tuple[str, ...]  # verbs that are looked at before they are done, whatever is chosen
    needs_words: tuple[str, ...]
    means: Mapping[str, str]  # what a verb comes to, in a sentence
    most: Callable[[], int]
    selection: Callable[[Seat, str, int], Cases]  # of the list at an address, so many at most
    do: Callable[[Context, str, Cases, Mapping[str, str]], Done]
    preview: Callable[[Context, str, Cases, Mapping[str, str]], Done]
    first: Callable[[Context, Sequence[int]], pd.DataFrame]  # key, claim_number, payer_code, payer_name, cents
    names: Callable[[Context, Sequence[int]], dict[int, str]] = lambda _, ids: {one: str(one) for one in ids}


@dataclass(frozen=True)
class Told:
    """An act in figures, and what of it changed meanwhile; `keys`: what these are called."""

    act: int
    verb: str
    done: int
    cents: int
    stale: list[int] = field(default_factory=list)
    more_stale: int = 0
    refused: list[tuple[str, int]] = field(default_factory=list)
    keys: Mapping[int, str] = field(default_factory=dict)


def acted(at: Seat, of: Work, verb: str, ask: Ask, **more: str) -> Response:
    """Do something with what is ticked, or of a whole list with just what was looked at before.

    `more` a verb may want (to). What gives something up, and a whole list, is shown before it is done.
    """
    form = {"verb": verb, "scope": ask.scope, "words": ask.words, **more}
    form["back"] = ask.back if is_of(of, ask.back) else of.home
    is_all, sure = ask.scope == "all", ask.sure
    whose = (at.practice.key("looked"), at.session.user.user_id, of.home, verb, form["back"])
    seen = looked_at.read(whose[0], ask.looked, *whose[1:]) if is_all and sure == "yes" else None
    is_again = is_all and sure == "yes" and seen is None
    cases = seen or (of.selection(at, form["back"], of.most() + 1) if is_all else _chosen(ask.case, of))
    is_more = len(cases) > of.most()
    cases = cases[: of.most()]
    if not cases:
        raise UsageError(f"Select a {of.of} first: tick it, or press x.")
    if sure == "yes" and not is_again and verb in of.needs_words and not form["words"].strip():
        raise UsageError("Say why.")
    if is_again or ((is_all or verb in of.looked_at) and sure != "yes"):
        if is_all:
            form["looked"] = looked_at.written(whose[0], cases, *whose[1:])
        looks = of.preview(at.reading, verb, cases, form)
        parts = {"told": told(at, of, verb, looks), "form": form, "cases": ask.case, "chosen": len(cases), "of": of}
        parts |= {"most": of.most() if is_more else 0, "is_again": is_again}
        return at.page("several_sure.html", parts=parts, first=shown.rows(of.first(at.reading, looks.done)))
    return go_back(at, of, form["back"], told(at, of, verb, of.do(at.writing, verb, cases, form)))


def go_back(at: Seat, of: Work, back: str, one: Told) -> Response:
    """Go to the list that something was done from; that says what became of it."""
    parts = urlsplit(back if is_of(of, back) else of.home)
    query: list[tuple[str, Any]] = [(name, value) for name, value in parse_qsl(parts.query) if name != "did"]
    return RedirectResponse(f"{parts.path}?{urlencode([*query, ('did', _sign(at, of, one))])}", 303)


def is_of(of: Work, address: str) -> bool:
    """Tell whether an address is one of the list."""
    return re.fullmatch(re.escape(of.home) + r"(\?[^\s\\]*)?", address) is not None


def told(at: Seat, of: Work, verb: str, done: Done) -> Told:
    """Make it of what the service gives: an address has room for so much."""
    stale = done.stale[:_MOST_STALE]
    reasons = [(why, len(ids)) for why, ids in done.refused.items()]
    if len(reasons) > _MOST_REASONS:
        reasons = [*reasons[:_MOST_REASONS], ("for other reasons", sum(times for _, times in reasons[_MOST_REASONS:]))]
    more = len(done.stale) - len(stale)
    return Told(done.act, verb, len(done.done), done.cents, stale, more, reasons, of.names(at.reading, stale))


def _sign(at: Seat, of: Work, one: Told) -> str:
    """Write it for an address: figures and our own numbers."""
    values = {name: value for name, value in asdict(one).items() if name != "keys"}
    now = int(at.practice.now().timestamp())
    return cursors.sign(at.practice.key("done"), [values, now], of.home, at.session.user.user_id)


def shown_done(at: Seat, of: Work, text: str) -> Told | None:
    """Read it as this person's page shows it; none when it is too old to be news."""
    try:
        values, then = cursors.unsign(at.practice.key("done"), text, of.home, at.session.user.user_id)
    except cursors.CursorError:
        return None
    if not 0 <= int(at.practice.now().timestamp()) - then < SHOWN_SECONDS:
        return None
    values["refused"] = [(says, times) for says, times in values["refused"]]
    return Told(**values | {"keys": of.names(at.reading, values["stale"])})


def _chosen(texts: Sequence[str], of: Work) -> Cases:
    found = [_CASE.fullmatch(text) for text in texts]
    if not all(found):
        raise UsageError(f"A {of.of} is named by its number, and by how much of it was seen.")
    return [(int(one[1]), int(one[2])) for one in found if one]
