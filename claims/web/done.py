"""What became of an action, as a signed word in the address of the page that comes next: shown once, for a moment.

The word has figures and our own numbers of cases; what these cases are called is looked up when it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from claims.charges.scrub import edits
from claims.service import desk_case
from claims.service.audited import record_shown
from claims.service.desk.acting import by_reason
from claims.web import cursors

if TYPE_CHECKING:
    from claims.web.seat import Seat

_SHOWN_SECONDS = 15
_MOST_STALE, _MOST_REASONS, _MOST_NAMED = 8, 4, 3  # an address has room for so many


class Why(NamedTuple):
    """A reason, how many cases it holds for, and the first of them."""

    says: str
    times: int
    cases: tuple[int, ...]


@dataclass(frozen=True)
class Told:
    """An action in figures: how many cases it touched, which were stale, why others were refused, what edits stop.

    `names`: key and claim number of the cases that are named.
    """

    action_id: int
    verb: str
    done: int
    stale: tuple[int, ...] = ()
    more_stale: int = 0
    refused: tuple[Why, ...] = ()
    waits: bool = False
    blocked: tuple[Why, ...] = ()
    stopped: int = 0  # cases whose claim an edit stops
    amount_cents: int = 0  # what is booked, or for what is sent again and asked for, the money at risk
    at_risk_cents: int = 0
    limit_cents: int | None = None  # what this person may give up alone, where that counts
    used_cents: int = 0
    new_claims: int = 0
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    @property
    def says(self) -> str:
        """The verb in the past."""
        return VERBS.get(self.verb, self.verb)

    @property
    def books(self) -> str:
        """What the action books, in words; empty where it books nothing."""
        return BOOKS.get(self.verb, "") if self.amount_cents else ""

    @property
    def leaves(self) -> int:
        """How many claims leave with the next sending."""
        return self.done - self.stopped if self.verb in SENDS else 0

    @property
    def named(self) -> list[int]:
        """The cases that are named."""
        return list(dict.fromkeys([*self.stale, *(one for why in (*self.refused, *self.blocked) for one in why.cases)]))


SENDS = ("resubmit", "bill_next", "bill_other")
VERBS = {
    "assign": "assigned",
    "note": "noted",
    "tag": "tagged",
    "untag": "freed of the tag",
    "snooze": "snoozed",
    "wake": "brought back",
    "info_sent": "marked: records sent",
    "appeal_sent": "marked: appeal sent",
    "appeal_upheld": "marked: appeal turned down",
    "resubmit": "made to be sent again",
    "bill_next": "made for the next payer",
    "bill_other": "made for another payer",
    "to_patient": "billed to the patient",
    "write_off": "written off",
    "expire": "closed as expired",
    "close_duplicate": "closed as a repeat",
    "undo": "undone",
    "approve": "approved",
    "refuse": "refused",
}


BOOKS = {
    "to_patient": "moved to what the patient owes",
    **dict.fromkeys(("write_off", "expire", "close_duplicate"), "written off"),
}


def told(verb: str, done: Any) -> Told:
    """Make it of what an action of the desk gives."""
    refused = [Why(says, len(ids), tuple(ids)) for says, ids in by_reason(done.refused)]
    stops = done.blocked.groupby("edit_id")["case_id"].agg(tuple).items() if len(done.blocked) else ()
    blocked = [Why(str(edit_id), len(ids), tuple(int(one) for one in ids)) for edit_id, ids in stops]
    return Told(
        int(done.action_id),
        verb,
        len(done.done),
        tuple(int(one) for one in done.stale[:_MOST_STALE]),
        max(0, len(done.stale) - _MOST_STALE),
        _few(refused),
        done.state == "waiting_approval",
        _few(blocked),
        int(done.blocked["case_id"].nunique()),
        done.amount_cents,
        done.at_risk_cents,
        done.limit_cents,
        done.used_cents,
        done.new_claims,
    )


def named(at: Seat, one: Told) -> Told:
    """Say what the cases are called; that they were shown is recorded."""
    names = desk_case.names(at.reading, one.named)
    if names:
        record_shown(at.reading, "cases that an action names", {"cases": sorted(names)})
    values = {name: getattr(one, name) for name in Told.__dataclass_fields__}
    return Told(**values | {"names": names, "blocked": tuple(_with_fix(why) for why in one.blocked)})


def sign(key: bytes, one: Told, user_id: int, now: datetime) -> str:
    """Write it for an address."""
    values = {name: getattr(one, name) for name in Told.__dataclass_fields__ if name != "names"}
    return cursors.sign(key, [values, int(now.timestamp())], "did", user_id)


def shown(at: Seat, text: str) -> Told | None:
    """Read it as this person's page shows it; none when it is too old to be news."""
    one = read(at.practice.key("done"), text, at.session.user.user_id, at.practice.now())
    return one and named(at, one)


def read(key: bytes, text: str, user_id: int, now: datetime) -> Told | None:
    """Read it; none when it is too old to be news."""
    try:
        values, at = cursors.unsign(key, text, "did", user_id)
    except cursors.CursorError:
        return None
    if not 0 <= int(now.timestamp()) - at < _SHOWN_SECONDS:
        return None
    values = json.loads(json.dumps(values))
    reasons = {name: tuple(Why(a, b, tuple(c)) for a, b, c in values.pop(name)) for name in ("refused", "blocked")}
    return Told(**values | {"stale": tuple(values["stale"])} | reasons)


def _few(reasons: list[Why]) -> tuple[Why, ...]:
    kept = [why._replace(cases=why.cases[:_MOST_NAMED]) for why in reasons[:_MOST_REASONS]]
    rest = sum(why.times for why in reasons[_MOST_REASONS:])
    return (*kept, *([Why("other reasons", rest, ())] if rest else []))


def _with_fix(why: Why) -> Why:
    """Put what an edit wants beside its id."""
    edit = edits().get(why.says)
    return why._replace(says=f"{edit.edit_id}: {edit.title}. {edit.fix}") if edit else why
