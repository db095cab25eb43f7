"""What people do with things that wait for somebody: whose one is, notes on it, and that it is as the person saw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

import pandas as pd

from claims.errors import UsageError
from claims.service.context import Context
from claims.service.people import require_worker
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


def version(row: pd.Series[Any] | Mapping[str, Any], names: Iterable[str]) -> str:
    """Tell apart how something stands, by these of its columns."""
    return sha256("\x1f".join(str(row[name]) for name in names).encode()).hexdigest()[:16]


def require_seen(stands: str | int, seen: str | int | None) -> None:
    """Raise UsageError where something does not stand as the person saw it (None: who saw nothing asks for nothing)."""
    if seen is not None and seen != stands:
        raise UsageError("Somebody did something with it since you saw it: look at it once more.")


def require_new_owner(conn: Connection, now: str, owner: str, was: str | None = None) -> None:
    """Raise UsageError where what is `now`'s cannot be given to `owner` (empty: nobody), or is not `was`'s any more."""
    if owner:
        require_worker(conn, owner)
    if was is not None and now != was:
        raise UsageError(f"It is {now or 'nobody'}'s by now: look at it once more.")
    if now == owner:
        raise UsageError(f"It is {owner}'s already." if owner else "It is nobody's already.")
