"""Claims of one number with different content as they stood on a day: held, or standing because a person said so."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from claims.store import schema
from claims.store.exceptions import STANDS
from claims.store.identities import CLAIM_CONFLICT, conflict_key
from claims.store.queries.asof import AsOf

C, E, PAST = schema.claims, schema.exceptions, schema.past_exceptions


def state_then(as_of: AsOf) -> sa.ColumnElement[str]:
    """Give the state of claims at the end of a day, as known at an instant; of those without rivals, that of now.

    Once the exception of its content was closed because it stands, a claim stood until that exception opened again, and
    its copies were duplicates for good; before it was opened the first time, a claim that is held now stood.
    """
    exception_key = conflict_key()
    times, later = _times("times"), _times("later")
    opened = _by(as_of, times.c.posting_date, times.c.opened_at)
    again = sa.select(sa.literal(1)).where(
        later.c.exception_id == times.c.exception_id,
        later.c.opened_at >= times.c.closed_at,
        _by(as_of, later.c.posting_date, later.c.opened_at),
    )
    # A copy of one that stood is a duplicate since, also when that one is held again.
    stays = sa.or_(C.c.state == "duplicate", ~again.correlate(times).exists())
    stood = sa.select(sa.literal(1)).where(
        times.c.exception_key == exception_key,
        times.c.closed_reason == STANDS,
        _by(as_of, times.c.closed_posting_date, times.c.closed_at),
        stays,
    )
    named = sa.select(sa.literal(1)).where(times.c.exception_key == exception_key, opened)
    is_one = sa.func.coalesce(C.c.reason_code, "") == CLAIM_CONFLICT
    stands = sa.or_(stood.correlate(C).exists(), ~named.correlate(C).exists())
    as_is = sa.case((C.c.state == "duplicate", "duplicate"), else_="stored")
    return sa.case((sa.and_(is_one, stands), as_is), (is_one, "held"), else_=C.c.state)


def _times(name: str) -> Any:
    """Each time that such an exception was open: when it opened, and when and why it closed.

    No CTE: an engine that keeps its rows reads all of them for each claim, instead of the one that the key names.
    """
    ends = ("posting_date", "opened_at", "closed_posting_date", "closed_at", "closed_reason")
    parts = [
        sa.select(E.c.exception_id, E.c.exception_key, *(table.c[name] for name in ends)).where(
            E.c.type_code == "CLAIM_CONFLICT", *condition
        )
        for table, condition in ((E, ()), (PAST, (PAST.c.exception_id == E.c.exception_id,)))
    ]
    return sa.union_all(*parts).subquery(name)


def _by(as_of: AsOf, day: sa.ColumnElement[Any], instant: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(day <= as_of.day, instant <= as_of.known_at)
