"""Counts and sums of what was received, by what became of it: the same things counted from both ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import AsOf, count, total
from claims.store.queries.conflicts_then import state_then
from claims.store.queries.posted_then import was_posted
from claims.store.replaced import CONFLICT, is_replaced
from claims.store.rows import IN_LIST

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
    """Count the arrivals of files, and how many were of a file seen before; of `came_later` the first alone."""
    runs = sa.select(schema.runs.c.run_id).where(schema.runs.c.posting_date <= as_of.day)
    known = sa.and_(
        RECEIPT.c.recorded_at <= as_of.known_at, sa.or_(RECEIPT.c.run_id.is_(None), RECEIPT.c.run_id.in_(runs))
    )
    row = conn.execute(sa.select(count(), total(RECEIPT.c.is_duplicate)).where(known)).one()
    return int(row[0]) + len(as_of.came_later), int(row[1])


def files(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read every received file once: hash, size, content, state, reason, how many sets, whether it `came` later."""
    later = sa.case((FILE.c.file_id.in_(as_of.came_later), "later"), else_="")
    return frame(conn, _listed(sa.type_coerce(later, sa.String)).where(as_of.files(), FILE.c.direction == "received"))


def produced(conn: sa.Connection, hashes: Sequence[str]) -> pd.DataFrame:
    """Read files of these hashes that we wrote ourselves, as `files` does; `came`: written here."""
    select = _listed(sa.literal("written here")).where(FILE.c.direction != "received")
    parts = [list(hashes[start : start + IN_LIST]) for start in range(0, max(len(hashes), 1), IN_LIST)]
    return pd.concat([frame(conn, select.where(FILE.c.sha256.in_(part))) for part in parts], ignore_index=True)


def _listed(came: sa.ColumnElement[str]) -> sa.Select[Any]:
    sets = sa.select(T.c.file_id, count().label("sets")).group_by(T.c.file_id).subquery()
    return sa.select(
        FILE.c.sha256,
        FILE.c.bytes,
        FILE.c.content,
        FILE.c.sets.label("kinds"),
        FILE.c.state,
        sa.func.coalesce(FILE.c.reason_code, "").label("reason_code"),
        sa.func.coalesce(sets.c.sets, 0).label("transaction_sets"),
        came.label("came"),
    ).outerjoin(sets, sets.c.file_id == FILE.c.file_id)


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


def _became(as_of: AsOf) -> sa.ColumnElement[str]:
    return sa.case(
        (was_posted(as_of), "posted"),
        (is_replaced(lambda good: was_posted(as_of, good)), "replaced"),
        (R.c.state.in_(["held", "duplicate", "informational"]), R.c.state),
        (R.c.reason_code == CONFLICT, "held"),  # posted in the place of another one since
        else_="waiting",
    )


def remittances(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum remittances by what became of them by that day: posted, held, replaced, duplicate, informational, waiting."""
    state = _became(as_of)
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
    state = state_then(as_of)
    select: Any = sa.select(
        sa.type_coerce(state, sa.String).label("state"),
        count().label("rows"),
        total(C.c.charge_cents).label("charge_cents"),
    )
    return frame(conn, select.where(C.c.file_id.in_(as_of.file_ids())).group_by(state))


def rows_of_tables(conn: sa.Connection, as_of: AsOf) -> list[tuple[str, int, int]]:
    """Count what stands in no transaction set: claims of charges files, lines of bank files (item, rows, cents)."""
    own = sa.select(FILE.c.file_id).where(FILE.c.content == "charges", as_of.files())
    charges = sa.select(count(), total(C.c.charge_cents)).where(C.c.file_id.in_(own))
    BANK = schema.bank_lines
    lines = sa.select(count(), total(BANK.c.amount_cents)).where(BANK.c.file_id.in_(as_of.file_ids()))
    found = []
    for item, select in (("claims of charges files", charges), ("lines of bank files", lines)):
        rows, cents = conn.execute(select).one()
        found.append((item, int(rows), int(cents)))
    return found


def adjustments(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum adjustments by what became of their remittance: kind, code, state, rows, amount_cents.

    Those above and below zero are apart (`sign`): an announcement and its taking do not hide each other.
    """
    became = _became(as_of)  # once: what is grouped by has to be what is shown, to the parameter
    state = sa.type_coerce(became, sa.String)

    def summed(kind: str, code: sa.ColumnElement[str], amount: sa.ColumnElement[int]) -> Any:
        sign = sa.case((amount < 0, "below zero"), else_="")
        columns = (
            *(sa.literal(kind).label("kind"), code.label("code"), state.label("state"), sign.label("sign")),
            *(count().label("rows"), total(amount).label("amount_cents")),
        )
        return sa.select(*columns).group_by(code, became, sign)

    known = R.c.file_id.in_(as_of.file_ids())
    by_group = (
        summed("CAS", A.c.group_code, A.c.amount_cents)
        .select_from(A)
        .join(CP, CP.c.claim_payment_id == A.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(known)
    )
    by_code = (
        summed("PLB", PA.c.reason_code, PA.c.amount_cents)
        .select_from(PA)
        .join(R, R.c.remit_id == PA.c.remit_id)
        .where(known)
    )
    return pd.concat([frame(conn, by_group), frame(conn, by_code)], ignore_index=True)
