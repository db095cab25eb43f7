"""Sums of denial cases for charts: by cause, payer, month and deadline."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total

CASE = schema.denial_cases


def open_by(conn: sa.Connection, column: str) -> pd.DataFrame:
    """Count open cases and add up their money at risk by a column, the largest first."""
    by = CASE.c[column]
    risk = total(CASE.c.at_risk_cents).label("at_risk_cents")
    select = sa.select(by, count().label("cases"), risk).where(CASE.c.state != "closed").group_by(by)
    return frame(conn, select.order_by(sa.desc("at_risk_cents"), by))


def by_day(conn: sa.Connection) -> pd.DataFrame:
    """Add up by the day a case was opened: denied, and what was recovered of it since."""
    return frame(
        conn,
        sa.select(
            CASE.c.posting_date,
            CASE.c.category,
            count().label("cases"),
            total(CASE.c.denied_cents).label("denied_cents"),
            total(CASE.c.recovered_cents).label("recovered_cents"),
        ).group_by(CASE.c.posting_date, CASE.c.category),
    )


def open_by_deadline(conn: sa.Connection) -> pd.DataFrame:
    """Add up open cases by their deadline."""
    risk = total(CASE.c.at_risk_cents).label("at_risk_cents")
    select = sa.select(CASE.c.deadline_date, count().label("cases"), risk).where(CASE.c.state != "closed")
    return frame(conn, select.group_by(CASE.c.deadline_date))
