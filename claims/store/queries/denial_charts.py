"""Sums of denial cases for charts: by cause, payer, month and deadline."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total

CASE, PATTERN = schema.denial_cases, schema.denial_patterns


def open_by(conn: sa.Connection, *columns: str) -> pd.DataFrame:
    """Count open cases and add up their money at risk by columns, the largest first."""
    by = [CASE.c[column] for column in columns]
    risk = total(CASE.c.at_risk_cents).label("at_risk_cents")
    select = sa.select(*by, count().label("cases"), risk).where(CASE.c.state != "closed").group_by(*by)
    return frame(conn, select.order_by(sa.desc("at_risk_cents"), *by))


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


def causes(conn: sa.Connection, limit: int, least: int = 2) -> pd.DataFrame:
    """Group open cases by payer and reason, the most money at risk first: groups of so many cases or more."""
    risk = total(CASE.c.at_risk_cents).label("at_risk_cents")
    by = (CASE.c.payer_code, CASE.c.payer_name, CASE.c.reason_code, CASE.c.category)
    due = sa.func.min(CASE.c.deadline_sort_date, type_=sa.Date).label("first_deadline")
    words = sa.func.min(CASE.c.cause, type_=sa.Text).label("cause")
    select = sa.select(*by, words, count().label("cases"), risk, due).where(CASE.c.queue == "open").group_by(*by)
    select = select.having(sa.func.count() >= least)
    return frame(conn, select.order_by(sa.desc("at_risk_cents"), *by).limit(limit))


def alone(conn: sa.Connection) -> tuple[int, int]:
    """Count the open cases whose payer and reason no other open case has; and their money at risk."""
    by = (CASE.c.payer_code, CASE.c.payer_name, CASE.c.reason_code, CASE.c.category)
    risk = sa.func.max(CASE.c.at_risk_cents).label("cents")
    one = sa.select(risk).where(CASE.c.queue == "open").group_by(*by).having(sa.func.count() == 1).subquery()
    row = conn.execute(sa.select(count(), total(one.c.cents)).select_from(one)).one()
    return int(row[0]), int(row[1])


def patterns(conn: sa.Connection, limit: int) -> pd.DataFrame:
    """Read the patterns that have open cases, the most money at risk first."""
    risk = total(CASE.c.at_risk_cents).label("at_risk_cents")
    by = (CASE.c.pattern_id, CASE.c.payer_code, CASE.c.payer_name, CASE.c.reason_code)
    words = sa.func.min(CASE.c.cause, type_=sa.Text).label("cause")
    codes = (PATTERN.c.remark_codes, PATTERN.c.procedure_codes, PATTERN.c.first_remit_date, PATTERN.c.last_remit_date)
    return frame(
        conn,
        sa.select(*by, *codes, words, count().label("cases"), risk)
        .join(PATTERN, PATTERN.c.pattern_id == CASE.c.pattern_id)
        .where(CASE.c.queue == "open")
        .group_by(*by, *codes)
        .order_by(sa.desc("at_risk_cents"), *by)
        .limit(limit),
    )
