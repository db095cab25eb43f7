"""Who saw and who changed what, and whether the chain is whole."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from claims.days import read_day
from claims.errors import UsageError
from claims.service import audit_list, zone
from claims.service.audit_list import Asked
from claims.web import shown
from claims.web.routes import Routes, Since
from claims.web.seat import At

ROUTES = Routes()
MOST_IDS = 12
EMERGENCY = "emergency-access"  # its reason is there to be looked at
WRITTEN = ("although", "reason", "words", "note")
Text = Annotated[str, Query(max_length=120)]
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d\d-\d\d)?$")]
_LINKS = {
    "claim": "/claims/{}",
    "denial case": "/cases/{}",
    "file": "/files/{}",
    "exception": "/exceptions/{}",
    "rejection": "/rejections/{}",
    "bank line": "/deposits/{}",
    "takeback": "/takebacks/{}",
    "variance": "/variances/{}",
}


@ROUTES.get("/audit", "audit.read")
def audit(
    at: At,
    actor: Text = "",
    what: Literal["", "shown", "changed"] = "",
    subject: Text = "",
    since: Day = "",
    until: Day = "",
    before: Since = 0,
) -> Response:
    """List events, newest first."""
    ctx = at.reading
    first, last = _day(since), _day(until)
    begins, ends = (zone.begins(ctx, first) if first else "", zone.ends(ctx, last) if last else "")
    asked = Asked(actor, what, subject.strip(), begins, ends)
    rows = shown.rows(audit_list.events(ctx, asked, before=before, limit=101))
    for row in rows:
        row["link"] = _link(row["subject"]) if at.person.may("desk.read") else ""
        row["details"] = _details(
            json.loads(row["body"]), reads=at.person.may("desk.read") or row["action"] == EMERGENCY
        )
    more = rows[99]["seq"] if len(rows) > 100 else 0
    people = audit_list.actors(ctx)
    shown_as = replace(asked, since=since, until=until)
    return at.page("audit.html", rows=rows[:100], more=more, asked=shown_as, people=people)


@ROUTES.get("/audit/chain", "audit.read")
def chain(at: At) -> Response:
    """Walk the chain and say whether it is whole."""
    return at.page("part_chain.html" if at.is_fragment else "chain.html", chain=audit_list.chain(at.reading))


def _day(text: str) -> date | None:
    try:
        return read_day(text) if text else None
    except ValueError:
        raise UsageError("A day is written like 2026-10-19.") from None


def _details(body: dict[str, Any], *, reads: bool) -> str:
    """Put what an event says into a line; a long list of ids is counted, what people wrote only named.

    What a person wrote stands in the chain where an older release put it there: for who `reads` the desk alone.
    """
    told = []
    for name, value in body.items():
        if name.endswith("_mac") or (name in WRITTEN and not reads):
            told.append(f"{shown.words(name.removesuffix('_mac'))} given")
            continue
        words = shown.words(name.removesuffix("_cents"))
        if isinstance(value, list):
            some = " ".join(str(one) for one in value[:MOST_IDS])
            told.append(f"{words}: {some}" + (f" … {len(value)} in all" if len(value) > MOST_IDS else ""))
        else:
            told.append(f"{words}: {shown.money(value) if name.endswith('_cents') else value}")
    return "; ".join(told)


def _link(subject: str) -> str:
    """Give the page of what an event is about, where there is one."""
    kind, _, which = subject.rpartition(" ")
    return _LINKS[kind].format(which) if kind in _LINKS and re.fullmatch("[0-9a-zA-Z]+", which) else ""
