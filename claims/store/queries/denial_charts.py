"""Sums of denial cases for charts: by cause, payer, month and deadline."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total

CASE, PATTERN = schema.denial_cases, schema.denial_patterns
P, CP, R = schema.claim_postings, schema.claim_payments, schema.remittances
A, CLASS = schema.adjustments, schema.classifications


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


def decided_by_day(conn: sa.Connection, since: date) -> pd.DataFrame:
    """Count the decisions in the books by payer and day of the remittance, and those that deny something.

    payer_code, payer_name, payment_date, decided, denied, charge_cents (of all), denied_cents.
    """
    own = sa.select(CLASS.c.claim_payment_id, total(A.c.amount_cents).label("cents"))
    own = own.join(A, A.c.adjustment_id == CLASS.c.adjustment_id).where(CLASS.c.counts_as_denial == 1)
    denial = own.group_by(CLASS.c.claim_payment_id).subquery()
    by = (R.c.payer_code, R.c.payer_name, R.c.payment_date)
    is_denied = total(sa.case((denial.c.cents > 0, 1), else_=0)).label("denied")
    sums = (total(CP.c.charge_cents).label("charge_cents"), total(sa.func.coalesce(denial.c.cents, 0)))
    select = (
        sa.select(*by, count().label("decided"), is_denied, sums[0], sums[1].label("denied_cents"))
        .select_from(R)
        .join(CP, CP.c.remit_id == R.c.remit_id)
        .join(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .outerjoin(denial, denial.c.claim_payment_id == CP.c.claim_payment_id)
        .where(R.c.state == "posted", R.c.payment_date >= since, P.c.outcome == "posted", P.c.is_superseded == 0)
    )
    return frame(conn, select.group_by(*by).order_by(*by))


def ended_by_day(conn: sa.Connection, since: date) -> pd.DataFrame:
    """Add up closed cases by payer, day of closing and outcome: cases, worth_cents, recovered_cents."""
    by = (CASE.c.payer_code, CASE.c.payer_name, CASE.c.closed_posting_date, CASE.c.outcome)
    sums = [total(CASE.c[name]).label(name) for name in ("worth_cents", "recovered_cents")]
    select = sa.select(*by, count().label("cases"), *sums)
    return frame(conn, select.where(CASE.c.queue == "closed", CASE.c.closed_posting_date >= since).group_by(*by))


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
