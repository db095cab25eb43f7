"""Counts and sums of what was received, by what became of it: the same things counted from both ends."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import AsOf, count, total
from claims.store.queries.posted_then import was_posted

FILE, RECEIPT, T = schema.files, schema.receipts, schema.transactions
R, CP, SP, A, PA, C = (
    schema.remittances,
    schema.claim_payments,
    schema.service_payments,
    schema.adjustments,
    schema.provider_adjustments,
    schema.claims,
)


def receipts(conn: sa.Connection, as_of: AsOf) -> tuple[int, int]:
    """Count the arrivals of files, and how many of them were of a file seen before."""
    runs = sa.select(schema.runs.c.run_id).where(schema.runs.c.posting_date <= as_of.day)
    known = sa.and_(
        RECEIPT.c.recorded_at <= as_of.known_at, sa.or_(RECEIPT.c.run_id.is_(None), RECEIPT.c.run_id.in_(runs))
    )
    row = conn.execute(sa.select(count(), total(RECEIPT.c.is_duplicate)).where(known)).one()
    return int(row[0]), int(row[1])


def files(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read every received file once: hash, size, content, state, reason, how many sets."""
    sets = sa.select(T.c.file_id, count().label("sets")).group_by(T.c.file_id).subquery()
    return frame(
        conn,
        sa.select(
            FILE.c.sha256,
            FILE.c.bytes,
            FILE.c.content,
            FILE.c.sets.label("kinds"),
            FILE.c.state,
            sa.func.coalesce(FILE.c.reason_code, "").label("reason_code"),
            sa.func.coalesce(sets.c.sets, 0).label("transaction_sets"),
        )
        .outerjoin(sets, sets.c.file_id == FILE.c.file_id)
        .where(as_of.files(), FILE.c.direction == "received"),
    )


def sets(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum transaction sets by kind and state, as read from the files."""
    return frame(
        conn,
        sa.select(
            T.c.set_code,
            T.c.state,
            count().label("rows"),
            total(T.c.claims).label("claims"),
            total(T.c.service_lines).label("service_lines"),
            total(T.c.charge_cents).label("charge_cents"),
            total(T.c.paid_cents).label("paid_cents"),
            total(T.c.payment_cents).label("payment_cents"),
        )
        .where(T.c.file_id.in_(as_of.file_ids()))
        .group_by(T.c.set_code, T.c.state),
    )


def remittances(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum remittances by what became of them by that day: posted, held, duplicate, informational, waiting."""
    state = sa.case(
        (was_posted(as_of), "posted"),
        (R.c.state.in_(["held", "duplicate", "informational"]), R.c.state),
        else_="waiting",
    )
    lines = (
        sa.select(
            CP.c.remit_id,
            count().label("claims"),
            total(CP.c.charge_cents).label("charge_cents"),
            total(CP.c.paid_cents).label("paid_cents"),
        )
        .group_by(CP.c.remit_id)
        .subquery()
    )
    select: Any = (
        sa.select(
            sa.type_coerce(state, sa.String).label("state"),
            count().label("rows"),
            total(lines.c.claims).label("claims"),
            total(lines.c.charge_cents).label("charge_cents"),
            total(lines.c.paid_cents).label("paid_cents"),
            total(R.c.plb_cents).label("provider_adjustments_cents"),
            total(R.c.payment_cents).label("payment_cents"),
        )
        .outerjoin(lines, lines.c.remit_id == R.c.remit_id)
        .where(R.c.file_id.in_(as_of.file_ids()))
        .group_by(state)
    )
    return frame(conn, select)


def claims(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum claims by state."""
    return frame(
        conn,
        sa.select(C.c.state, count().label("rows"), total(C.c.charge_cents).label("charge_cents"))
        .where(C.c.file_id.in_(as_of.file_ids()))
        .group_by(C.c.state),
    )


def adjustments(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum adjustments by group and provider adjustments by code: kind, code, rows, amount_cents."""
    by_group = (
        sa.select(
            sa.literal("CAS").label("kind"),
            A.c.group_code.label("code"),
            count().label("rows"),
            total(A.c.amount_cents).label("amount_cents"),
        )
        .where(A.c.file_id.in_(as_of.file_ids()))
        .group_by(A.c.group_code)
    )
    by_code = (
        sa.select(
            sa.literal("PLB").label("kind"),
            PA.c.reason_code.label("code"),
            count().label("rows"),
            total(PA.c.amount_cents).label("amount_cents"),
        )
        .where(PA.c.file_id.in_(as_of.file_ids()))
        .group_by(PA.c.reason_code)
    )
    return frame(conn, sa.union_all(by_group, by_code))
