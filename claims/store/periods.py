"""Closed accounting periods: days up to which no journal may be written any more."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import chain, clock, schema
from claims.store.load import frame

T, J = schema.closed_periods, schema.journals


def closed_through(conn: sa.Connection) -> date | None:
    """Give the last closed day; None when nothing is closed."""
    last: date | None = conn.scalar(sa.select(sa.func.max(T.c.through_date)))
    return last


def close(conn: sa.Connection, through: date, actor: str) -> dict[str, Any]:
    """Close all days up to `through`, with the number of journals and the head of their chain as they stand.

    Gives what the audit chain tells of the closing.
    """
    count = conn.scalar(sa.select(sa.func.count()).select_from(J).where(J.c.posting_date <= through))
    told = {"closed_at": clock.now(), "journals": int(count or 0), "head_hash": chain.head(conn)}
    conn.execute(T.insert().values(through_date=through, actor=actor, **told))
    return told


def listed(conn: sa.Connection) -> pd.DataFrame:
    """Read the closings, the newest first: through_date, closed_at, actor, journals, head_hash."""
    return frame(conn, sa.select(*T.columns).order_by(T.c.through_date.desc()))


def breaches(conn: sa.Connection) -> pd.DataFrame:
    """Read closings whose days hold more or fewer journals than then (through_date, off_journals)."""
    now = sa.select(sa.func.count()).where(J.c.posting_date <= T.c.through_date).correlate(T).scalar_subquery()
    off = sa.cast(now - T.c.journals, sa.BigInteger)
    return frame(conn, sa.select(T.c.through_date, off.label("off_journals")).where(off != 0))
