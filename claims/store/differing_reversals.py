"""Reversals whose cash is not that of the decision they take back: what of it waits on unapplied cash (rule C21)."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import stands
from claims.store.load import frame

J, L, R, E, CP = (
    schema.journals,
    schema.ledger_lines,
    schema.remittances,
    schema.exceptions,
    schema.claim_payments,
)
TYPE = "REVERSAL_MISMATCH"
RULE = "E31"  # by which a person says the account
BOOKED = "reversal-difference-booked"  # the reason of the journals by which a person says the account
UNAPPLIED = "2200"


def of_exception(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Give what waits of the reversal that an exception is of: one row, or none where its cash agrees or was booked.

    claim_payment_id, remit_id, payer_code, reference (the number under which the payer takes it: its own of the claim,
    else ours), amount_cents (above zero, a debit of 2200: the payer took more than it had paid) and
    continues_journal_id, the journal that put it there.
    """
    number = sa.case((CP.c.payer_claim_number != "", CP.c.payer_claim_number), else_=CP.c.claim_number)
    own = (CP.c.claim_payment_id, CP.c.remit_id, R.c.payer_code, number.label("reference"))
    rows = frame(
        conn,
        sa.select(*own, sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("amount_cents"))
        .select_from(E)
        .join(CP, CP.c.claim_payment_id == E.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(L, sa.and_(L.c.remit_id == CP.c.remit_id, L.c.claim_payment_id == CP.c.claim_payment_id))
        .where(E.c.exception_id == exception_id, E.c.type_code == TYPE, L.c.account == UNAPPLIED)
        .group_by(*own)
        .having(sa.func.sum(L.c.amount_cents) != 0),
    )
    put = sa.select(sa.func.max(J.c.journal_id)).join(L, L.c.journal_id == J.c.journal_id)
    put = put.where(L.c.account == UNAPPLIED, J.c.source.in_(["835", "apply"]), J.c.reverses_journal_id.is_(None))
    ids = rows[["remit_id", "claim_payment_id"]].itertuples(index=False)
    journals = [conn.scalar(put.where(*_own(int(remit), int(payment)), stands())) for remit, payment in ids]
    return rows.assign(continues_journal_id=pd.Series(journals, rows.index, dtype="Int64").fillna(0).astype("int64"))


def moved_last(conn: sa.Connection, remit_id: int, claim_payment_id: int) -> date:
    """Give the accounting day on which cash of a claim payment was moved on 2200 last."""
    select = sa.select(sa.func.max(J.c.posting_date)).join(L, L.c.journal_id == J.c.journal_id)
    own = (*_own(remit_id, claim_payment_id), L.c.account == UNAPPLIED)
    day: date = conn.execute(select.where(*own)).scalar_one()
    return day


def _own(remit_id: int, claim_payment_id: int) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    # By the remittance too: an index finds its lines.
    return L.c.remit_id == remit_id, L.c.claim_payment_id == claim_payment_id
