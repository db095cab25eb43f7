"""Sums of denial cases for charts: by cause, payer, month and deadline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total
from claims.store.queries.desk_queue import OPEN, QUEUES
from claims.store.row_by_row import RowByRow
from claims.store.rows import frame_of

CASE, PATTERN = schema.denial_cases, schema.denial_patterns
P, CP, R = schema.claim_postings, schema.claim_payments, schema.remittances
A, CLASS = schema.adjustments, schema.classifications


def open_by_category(conn: sa.Connection) -> pd.DataFrame:
    """Count open cases and add up their money at risk by category, the largest first."""
    return frame(conn, open_by_select("category"))


def open_by_payer(conn: sa.Connection) -> pd.DataFrame:
    """The same by payer: payer_code, payer_name (of one of its cases), cases, at_risk_cents."""
    return frame(conn, open_by_select("payer_code"))


def open_by_select(column: str) -> sa.Select[Any]:
    """Give the statement: the index of this column has all that is added up, and no row is read."""
    by, risk = CASE.c[column], total(CASE.c.at_risk_cents).label("at_risk_cents")
    sums = sa.select(by, count().label("cases"), risk).where(CASE.c.queue.in_(OPEN)).group_by(by)
    if column != "payer_code":
        return sums.order_by(sa.desc("at_risk_cents"), by)
    found, one = sums.subquery(), CASE.alias("one")
    of_payer = sa.select(one.c.payer_name).where(one.c.queue.in_(OPEN), one.c.payer_code == found.c.payer_code)
    name = of_payer.limit(1).correlate(found).scalar_subquery().label("payer_name")
    select = sa.select(found.c.payer_code, name, found.c.cases, found.c.at_risk_cents)
    return select.order_by(found.c.at_risk_cents.desc(), found.c.payer_code)


def by_day(conn: sa.Connection, since: date) -> pd.DataFrame:
    """Add up by the day a case was opened, from one day on: denied, and what was recovered of it since."""
    return frame(conn, by_day_select(since))


def by_day_select(since: date) -> sa.Select[Any]:
    """Give the statement: queue and day are found by an index."""
    sums = (total(CASE.c.denied_cents).label("denied_cents"), total(CASE.c.recovered_cents).label("recovered_cents"))
    select = sa.select(CASE.c.posting_date, count().label("cases"), *sums)
    return select.where(CASE.c.queue.in_(QUEUES), CASE.c.posting_date >= since).group_by(CASE.c.posting_date)


def open_by_deadline(conn: sa.Connection) -> pd.DataFrame:
    """Add up open cases by their deadline."""
    return frame(conn, open_by_deadline_select())


def open_by_deadline_select() -> sa.Select[Any]:
    """Give the statement: open cases are found by an index."""
    risk = total(CASE.c.at_risk_cents).label("at_risk_cents")
    select = sa.select(CASE.c.deadline_date, count().label("cases"), risk).where(CASE.c.queue.in_(OPEN))
    return select.group_by(CASE.c.deadline_date)


def decided_by_day(conn: sa.Connection, since: date) -> pd.DataFrame:
    """Count the decisions in the books by payer and day of the remittance, and those that deny something.

    payer_code, payer_name, payment_date, decided, denied, charge_cents (of all), denied_cents.
    """
    return frame(conn, decided_by_day_select(since))


def decided_by_day_select(since: date) -> sa.Select[Any]:
    """Give the statement: from the remittances of the time to their decisions, and what these deny."""
    own = (
        sa.select(total(A.c.amount_cents))
        .select_from(CLASS)
        .join(A, A.c.adjustment_id == CLASS.c.adjustment_id)
        .where(CLASS.c.claim_payment_id == CP.c.claim_payment_id, CLASS.c.counts_as_denial == 1)
    )
    by = (R.c.payer_code, R.c.payer_name, R.c.payment_date)
    one = (
        sa.select(*by, CP.c.charge_cents, own.correlate(CP).scalar_subquery().label("denied"))
        .select_from(R)
        .join(CP, CP.c.remit_id == R.c.remit_id)
        .join(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .where(R.c.state == "posted", R.c.payment_date >= since, P.c.outcome == "posted", P.c.is_superseded == 0)
        .subquery()
    )
    named = [one.c[column.name] for column in by]
    is_denied = total(sa.case((one.c.denied > 0, 1), else_=0)).label("denied")
    sums = (total(one.c.charge_cents).label("charge_cents"), total(one.c.denied).label("denied_cents"))
    return sa.select(*named, count().label("decided"), is_denied, *sums).group_by(*named).order_by(*named)


def ended_by_day(conn: sa.Connection, since: date) -> pd.DataFrame:
    """Add up closed cases by payer, day of closing and outcome: cases, worth_cents, recovered_cents."""
    by = (CASE.c.payer_code, CASE.c.payer_name, CASE.c.closed_posting_date, CASE.c.outcome)
    sums = [total(CASE.c[name]).label(name) for name in ("worth_cents", "recovered_cents")]
    select = sa.select(*by, count().label("cases"), *sums)
    return frame(conn, select.where(CASE.c.queue == "closed", CASE.c.closed_posting_date >= since).group_by(*by))


def causes(conn: sa.Connection) -> pd.DataFrame:
    """Group open cases by payer and reason, the most money at risk first; with one case of each (case_id)."""
    risk = total(CASE.c.at_risk_cents).label("at_risk_cents")
    by = (CASE.c.payer_code, CASE.c.payer_name, CASE.c.reason_code, CASE.c.category)
    due = sa.func.min(CASE.c.deadline_sort_date, type_=sa.Date).label("first_deadline")
    select = sa.select(*by, count().label("cases"), risk, due, _one_case())
    return frame(conn, select.where(CASE.c.queue == "open").group_by(*by).order_by(sa.desc("at_risk_cents"), *by))


def patterns(conn: sa.Connection, limit: int) -> pd.DataFrame:
    """Read the patterns that have open cases, the most money at risk first; with one case of each (case_id)."""
    found = patterns_select().subquery()
    codes = [column for column in PATTERN.c if column.name in _OF_PATTERN]
    sums = (found.c.pattern_id, found.c.cases, found.c.at_risk_cents, found.c.case_id)
    select = sa.select(*sums, *codes).join(PATTERN, PATTERN.c.pattern_id == found.c.pattern_id)
    return frame(conn, select.order_by(found.c.at_risk_cents.desc(), found.c.pattern_id).limit(limit))


def patterns_select() -> sa.Select[Any]:
    """Give the sums of patterns: in the order of their index, so that nothing is sorted."""
    risk = total(CASE.c.at_risk_cents).label("at_risk_cents")
    select = sa.select(CASE.c.pattern_id, count().label("cases"), risk, _one_case())
    return select.where(RowByRow(CASE.c.queue) == "open", CASE.c.pattern_id > 0).group_by(CASE.c.pattern_id)


def words_of(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Read what the cause of cases is called: case_id, cause, payer_name."""
    return frame_of(conn, sa.select(CASE.c.case_id, CASE.c.cause, CASE.c.payer_name), CASE.c.case_id, case_ids)


_OF_PATTERN = (
    *("payer_code", "reason_code", "remark_codes", "procedure_codes"),
    *("first_remit_date", "last_remit_date"),
)


def _one_case() -> sa.ColumnElement[int]:
    return sa.func.min(CASE.c.case_id, type_=sa.BigInteger).label("case_id")
