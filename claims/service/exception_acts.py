"""What people do with an exception: own it, note on it, accept one that only informs, take an accepted one up again."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims import codes
from claims.errors import NotFoundError, UsageError
from claims.service import money_requests, people
from claims.service.audited import record
from claims.service.context import Context
from claims.service.wording import visible
from claims.service.worked import LONGEST, require_seen, why_not_given
from claims.store import clock, differing_reversals, exception_acts
from claims.store.engine import write
from claims.store.exception_acts import Standing
from claims.store.exceptions import ACCEPTED
from claims.store.handles import Connection
from claims.store.queries import given_up

ANYBODY, SUPERVISOR, NOBODY = "Y", "S", "N"  # who accepts: who works on the desk, who approves
APPROVE = "desk.approve"
LEAST_REASON = 10
LONGEST_OWNER = 120


def assign(ctx: Context, exception_id: int, owner: str | None, posting_date: date, *, seen: int | None = None) -> str:
    """Give an open exception to somebody (none: to who acts; empty: to nobody) and give the owner's name.

    Raises UsageError for who is not among the people of the practice, where it has any. `seen`: how many events the
    person saw (here and below); where more has happened, nothing is done.
    """
    owner = ctx.actor if owner is None else _short(owner, "name", LONGEST_OWNER)
    with write(ctx.engine) as conn:
        stands = _standing(conn, exception_id, seen)
        if stands.state != "open":
            raise UsageError("It is closed: there is nothing to work on.")
        for why in filter(None, why_not_given(conn, [stands.owner], owner)):
            raise UsageError(f"I{why[1:]}.")
        exception_acts.own(conn, exception_id, owner, ctx.actor, posting_date)
        record(ctx, conn, "exception.assign", f"exception {exception_id}", {"owner": owner})
    return owner


def note(ctx: Context, exception_id: int, text: str, posting_date: date) -> None:
    """Write a note on an exception, a closed one too."""
    text = _short(text, "note", LONGEST)
    if not text:
        raise UsageError("A note wants words.")
    with write(ctx.engine) as conn:
        _standing(conn, exception_id, None)
        exception_acts.tell(conn, exception_id, "noted", {"note": text}, ctx.actor, posting_date, clock.now())
        record(ctx, conn, "exception.note", f"exception {exception_id}", {})


def accept(ctx: Context, exception_id: int, reason: str, posting_date: date, *, seen: int | None = None) -> None:
    """Close an exception that only informs: it stays closed when it is found again, while it is worth the same.

    What holds a file, a claim or a remittance back, and would stay open once that is settled otherwise, is accepted by
    who may approve (codes/exception_types.csv, `acceptable` S). Raises UsageError for who may not, and for one that
    holds money: it says what releases it instead.
    """
    reason = _short(reason, "reason", LONGEST)
    with write(ctx.engine) as conn:
        stands = _standing(conn, exception_id, seen)
        if stands.state != "open":
            raise UsageError("It is closed already.")
        by, why, release = acceptance(conn, exception_id, stands.type_code)
        if by == NOBODY:
            raise UsageError(f"It cannot be accepted. {why}. What releases it: {release}.")
        if by == SUPERVISOR and not people.may(conn, ctx.actor, APPROVE):
            raise UsageError(f"It holds something back: who may approve accepts it. What releases it: {release}.")
        if len(reason) < LEAST_REASON:
            raise UsageError(f"Say why in at least {LEAST_REASON} characters.")
        if stands.type_code == given_up.CLAIM:  # nobody pays it: who says so gives it up, no more than they may alone
            family = exception_acts.family_of(conn, exception_id)
            may = money_requests.within(conn, ctx, people.limit_cents(conn, ctx.actor), posting_date, [family])
            if not may.covers(pd.Series([stands.amount_cents], index=[family], dtype="int64")):
                raise UsageError(
                    "This is above your own limit of a day and of a claim, with what you wrote off: somebody with a "
                    "higher one has to accept it."
                )
        exception_acts.accept(conn, exception_id, reason, ctx.actor, posting_date)
        record(ctx, conn, "exception.accept", f"exception {exception_id}", {"amount_cents": stands.amount_cents})


def take_up(ctx: Context, exception_id: int, reason: str, posting_date: date, *, seen: int | None = None) -> None:
    """Open an exception again that was accepted; it is as old as it was.

    Raises UsageError for one that was closed by something else, and where what it speaks of is undone.
    """
    reason = _short(reason, "reason", LONGEST)
    with write(ctx.engine) as conn:
        stands = _standing(conn, exception_id, seen)
        if stands.state != "closed" or stands.closed_reason != ACCEPTED:
            raise UsageError("It was not accepted: there is nothing to take up again.")
        if exception_acts.is_over(conn, exception_id):
            raise UsageError("What it speaks of was taken back: there is nothing to take up.")
        exception_acts.take_up(conn, exception_id, reason, ctx.actor, posting_date)
        record(ctx, conn, "exception.take-up", f"exception {exception_id}", {"amount_cents": stands.amount_cents})


def acceptance(conn: Connection, exception_id: int, type_code: str) -> tuple[str, str, str]:
    """Say who may accept an exception (ANYBODY, SUPERVISOR, NOBODY), why so, and what releases it: that of its type.

    A reversal that differs only in what it says, and not in cash, holds nothing: it only informs.
    """
    types = codes.table("exception_types")
    found = types[types["type_code"] == type_code]
    if found.empty:
        return NOBODY, "Nothing is known of its type", "Ask who runs this program"
    row = found.iloc[0]
    if type_code == differing_reversals.TYPE and differing_reversals.of_exception(conn, exception_id).empty:
        return ANYBODY, "What it takes back is posted back and the cash agrees; nothing waits", str(row["release"])
    return str(row["acceptable"]), str(row["acceptable_reason"]), str(row["release"])


def _standing(conn: Connection, exception_id: int, seen: int | None) -> Standing:
    found = exception_acts.standing(conn, exception_id)
    if found is None:
        raise NotFoundError("exception", exception_id)
    require_seen(found.events, seen)
    return found


def _short(text: str, what: str, most: int) -> str:
    text = visible(text)
    if len(text) > most:
        raise UsageError(f"The {what} has at most {most} characters.")
    return text
