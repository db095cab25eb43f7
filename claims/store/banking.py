"""Bank lines, the remittances whose money they may be, and the ties between the two."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.load import frame
from claims.store.rows import insert_keyed

B, D, R, L, F = schema.bank_lines, schema.deposit_matches, schema.remittances, schema.ledger_lines, schema.files


def known_lines(conn: sa.Connection, keys: list[str]) -> set[str]:
    """Which of these line keys are stored already."""
    known: set[str] = set()
    for start in range(0, len(keys), 900):
        part = keys[start : start + 900]
        known.update(str(row[0]) for row in conn.execute(sa.select(B.c.line_key).where(B.c.line_key.in_(part))))
    return known


def open_lines(conn: sa.Connection) -> pd.DataFrame:
    """Bank lines not tied to a remittance yet; unapplied_cents is what they put on 2200 so far (credit as positive)."""
    tied = sa.select(D.c.bank_line_id).where(D.c.ended_at.is_(None))
    on_2200 = (
        sa.select(L.c.bank_line_id, (-sa.func.sum(L.c.amount_cents)).label("cents"))
        .where(L.c.account == "2200", L.c.bank_line_id.is_not(None))
        .group_by(L.c.bank_line_id)
        .subquery()
    )
    return frame(
        conn,
        sa.select(
            B.c.bank_line_id,
            B.c.file_id,
            B.c.row_number,
            B.c.line_key,
            B.c.bank_date,
            B.c.amount_cents,
            B.c.trace_number,
            B.c.payer_name,
            B.c.reference,
            sa.cast(sa.func.coalesce(on_2200.c.cents, 0), sa.BigInteger).label("unapplied_cents"),
        )
        .outerjoin(on_2200, on_2200.c.bank_line_id == B.c.bank_line_id)
        .where(B.c.bank_line_id.not_in(tied))
        .order_by(B.c.bank_date, B.c.line_key),
    )


def open_remittances(conn: sa.Connection) -> pd.DataFrame:
    """Posted remittances whose clearing account is not zero: remit_id, key, trace, payer, date and the open cents."""
    open_ = (
        sa.select(L.c.remit_id, sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("open_cents"))
        .where(L.c.account == "1050", L.c.remit_id.is_not(None))
        .group_by(L.c.remit_id)
        .having(sa.func.sum(L.c.amount_cents) != 0)
        .subquery()
    )
    return frame(
        conn,
        sa.select(
            R.c.remit_id,
            R.c.remit_key,
            R.c.trace_number,
            R.c.payer_identifier,
            R.c.payer_name,
            R.c.payer_code,
            R.c.payment_date,
            R.c.payment_cents,
            R.c.file_id,
            R.c.seg,
            open_.c.open_cents,
        )
        .join(open_, open_.c.remit_id == R.c.remit_id)
        .where(R.c.state == "posted")
        .order_by(R.c.payment_date, R.c.remit_key),
    )


def held_remittances(conn: sa.Connection) -> pd.DataFrame:
    """Trace numbers and amounts of remittances that are held."""
    return frame(conn, sa.select(R.c.trace_number, R.c.payment_cents).where(R.c.state == "held"))


def save_ties(conn: sa.Connection, ties: pd.DataFrame) -> None:
    """Write deposit matches (bank_line_id, remit_id, amount_cents, rule, journal_key -> journal_id)."""
    keys = ties["journal_key"].tolist()
    ids: dict[str, int] = {}
    journals = schema.journals
    for start in range(0, len(keys), 900):
        found = conn.execute(
            sa.select(journals.c.idempotency_key, journals.c.journal_id).where(
                journals.c.idempotency_key.in_(keys[start : start + 900])
            )
        )
        ids.update({str(key): int(journal_id) for key, journal_id in found})
    rows = ties.assign(journal_id=ties["journal_key"].map(ids).astype("int64"), recorded_at=clock.now())
    insert_keyed(conn, D, rows)
