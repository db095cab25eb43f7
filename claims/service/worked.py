"""What people do with things that wait for somebody: whose one is, notes on it, and that it is as the person saw it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from claims.errors import UsageError
from claims.service.context import Context
from claims.service.people import require_worker
from claims.service.several import STALE
from claims.service.wording import visible
from claims.store.handles import Connection

LONGEST = 400


def short(words: str) -> str:
    """Give words on one line; raise UsageError for too many."""
    words = visible(" ".join(words.split()))
    if len(words) > LONGEST:
        raise UsageError(f"The words have at most {LONGEST} characters.")
    return words


def required(words: str, missing: str) -> str:
    """Give words on one line; raise UsageError for too many, and with `missing` for none."""
    words = short(words)
    if not words:
        raise UsageError(missing)
    return words


def noted(ctx: Context, notes: str, words: str, day: date) -> str:
    """Add a line to notes: day, who, words."""
    return "\n".join([*notes.splitlines(), f"{day.isoformat()} {ctx.actor}: {words}"])


def require_seen(stands: int, seen: int | None) -> None:
    """Raise UsageError where something does not stand as the person saw it (None: who saw nothing asks for nothing)."""
    if seen is not None and seen != stands:
        raise UsageError(STALE)


def why_not_given(conn: Connection, now: Iterable[str], owner: str, was: str | None = None) -> list[str]:
    """Say why things that are `now`'s are not given to `owner` (empty: nobody); empty where they can be.

    `was`: whose each was when the person saw it. Raises UsageError for who is none of the people of the practice.
    """
    if owner:
        require_worker(conn, owner)

    def why(whose: str) -> str:
        if was is not None and whose != was:
            return f"it is {whose or 'nobody'}'s by now: look at it once more"
        return f"it is {whose or 'nobody'}'s already" if whose == owner else ""

    return [why(one) for one in now]
