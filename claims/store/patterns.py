"""Denials by cause and day are read, and which cases belong to which pattern is written."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.bulk_update import bulk_update
from claims.store.load import frame
from claims.store.rows import insert_keyed

CASE, PATTERN = schema.denial_cases, schema.denial_patterns
_SAME = ("payer_code", "reason_code", "remark_codes", "procedure_codes")


def counted(conn: sa.Connection) -> pd.DataFrame:
    """Count cases by cause and day of their remittance."""
    same = [*(CASE.c[name] for name in _SAME), CASE.c.remit_date]
    select = sa.select(*same, sa.func.count().label("cases")).where(CASE.c.remit_date.is_not(None))
    return frame(conn, select.group_by(*same))


def known(conn: sa.Connection) -> pd.DataFrame:
    """Read all patterns."""
    return frame(conn, sa.select(PATTERN))


def save(conn: sa.Connection, new: pd.DataFrame, changed: pd.DataFrame, posting_date: str) -> None:
    """Add patterns, and correct the days and the number of cases of others."""
    insert_keyed(conn, PATTERN, new.assign(posting_date=posting_date, recorded_at=clock.now()))
    bulk_update(conn, PATTERN, changed)


def members(conn: sa.Connection) -> pd.DataFrame:
    """Read cases that have the cause of a pattern, or belong to one: case_id, belongs_id, pattern_id, remit_date."""
    same = sa.and_(*(CASE.c[name] == PATTERN.c[name] for name in _SAME))
    columns = (CASE.c.case_id, CASE.c.pattern_id.label("belongs_id"), CASE.c.remit_date)
    alike = frame(conn, sa.select(*columns, PATTERN.c.pattern_id).join(PATTERN, same))
    others = sa.select(*columns).where(CASE.c.pattern_id.is_not(None))
    rest = frame(conn, others).assign(pattern_id=0)
    return pd.concat([alike, rest[~rest["case_id"].isin(alike["case_id"])]], ignore_index=True)


def assign(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Write the pattern_id of cases (0: none)."""
    bulk_update(conn, CASE, rows)
