"""Closed accounting periods: days up to which no journal may be written any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import chain, clock, schema
from claims.store.load import frame
from claims.store.rows import frame_of

T, J, L = schema.closed_periods, schema.journals, schema.ledger_lines


def closed_through(conn: sa.Connection) -> date | None:
    """Give the last closed day; None when nothing is closed."""
    last: date | None = conn.scalar(sa.select(sa.func.max(T.c.through_date)))
    return last


def last_day(conn: sa.Connection, journal_ids: Sequence[int]) -> date | None:
    """Give the last accounting day of these journals; None where there is none."""
    days = frame_of(conn, sa.select(J.c.journal_id, J.c.posting_date), J.c.journal_id, journal_ids)["posting_date"]
    return date.fromisoformat(days.max()) if len(days) else None


def last_taken_back(conn: sa.Connection, run_id: int) -> date | None:
    """Give the last accounting day of the journals that those of a run take back; None where they take none back."""
    back = J.alias("back")
    joined = sa.select(sa.func.max(J.c.posting_date)).join(back, back.c.reverses_journal_id == J.c.journal_id)
    last: date | None = conn.scalar(joined.where(back.c.run_id == run_id))
    return last


def last_before_replay(conn: sa.Connection, run_id: int) -> date | None:
    """Give the last accounting day of other runs' journals on the remittances and bank lines that a run moves."""
    own = sa.select(J.c.remit_id).where(J.c.run_id == run_id, J.c.remit_id.is_not(None))
    lines = sa.select(L.c.bank_line_id).join(J, J.c.journal_id == L.c.journal_id)
    lines = lines.where(J.c.run_id == run_id, L.c.bank_line_id.is_not(None))
    of_lines = sa.select(L.c.journal_id).where(L.c.bank_line_id.in_(lines))
    days = [
        conn.scalar(sa.select(sa.func.max(J.c.posting_date)).where(J.c.run_id != run_id, condition))
        for condition in (J.c.remit_id.in_(own), J.c.journal_id.in_(of_lines))
    ]
    return max((day for day in days if day is not None), default=None)


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
