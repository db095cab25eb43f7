"""What became of an action, as a signed word in the address of the page that comes next: shown once, for a moment."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from claims.web import cursors

_SHOWN_SECONDS = 15
_MOST_STALE = 12


@dataclass(frozen=True)
class Told:
    """An action in figures: how many cases it touched, which were stale, why others were refused."""

    action_id: int
    verb: str
    done: int
    stale: tuple[int, ...] = ()
    refused: tuple[tuple[str, int], ...] = ()
    waits: bool = False

    @property
    def says(self) -> str:
        """The verb in the past."""
        return VERBS.get(self.verb, self.verb)


VERBS = {
    "assign": "assigned",
    "note": "noted",
    "tag": "tagged",
    "snooze": "snoozed",
    "wake": "brought back",
    "info_sent": "marked: records sent",
    "appeal_sent": "marked: appeal sent",
    "appeal_upheld": "marked: appeal turned down",
    "resubmit": "made ready to send again",
    "bill_next": "made ready for the next payer",
    "to_patient": "billed to the patient",
    "write_off": "written off",
    "expire": "closed as expired",
    "close_duplicate": "closed as repeats",
    "undo": "undone",
}


def told(verb: str, done: Any) -> Told:
    """Make it of what an action of the desk gives."""
    counts = done.refused["says"].value_counts() if len(done.refused) else {}
    refused = tuple((str(says), int(count)) for says, count in dict(counts).items())[:6]
    stale = tuple(int(one) for one in done.stale)
    return Told(int(done.action_id), verb, len(done.done), stale, refused, done.state == "waiting_approval")


def sign(key: bytes, one: Told, user_id: int, now: datetime) -> str:
    """Write it for an address."""
    values = asdict(one) | {"stale": one.stale[:_MOST_STALE], "more": max(0, len(one.stale) - _MOST_STALE)}
    return cursors.sign(key, [values, int(now.timestamp())], "did", user_id)


def read(key: bytes, text: str, user_id: int, now: datetime) -> Told | None:
    """Read it; none when it is too old to be news."""
    try:
        values, at = cursors.unsign(key, text, "did", user_id)
    except cursors.CursorError:
        return None
    if not 0 <= int(now.timestamp()) - at < _SHOWN_SECONDS:
        return None
    values = json.loads(json.dumps(values))
    values.pop("more")
    refused = tuple((says, count) for says, count in values.pop("refused"))
    return Told(**values | {"stale": tuple(values["stale"]), "refused": refused})
