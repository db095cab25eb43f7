"""What patients paid, or are paid, and refunds to payers, that no bank line has taken up yet."""

from __future__ import annotations

import json

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.banking import REFUSED
from claims.store.load import frame

PP, RF, L, D = schema.patient_payments, schema.patient_refunds, schema.ledger_lines, schema.deposit_matches
J, MR = schema.journals, schema.money_requests


def _cents() -> sa.Subquery:
    return (
        sa.select(L.c.reference, sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("cents"))
        .where(L.c.account == "1000", L.c.payer_code == "", L.c.reference != "", L.c.bank_line_id.is_(None))
        .group_by(L.c.reference)
        .having(sa.func.sum(L.c.amount_cents) != 0)
        .subquery()
    )


def in_hand(conn: sa.Connection) -> pd.DataFrame:
    """Payments and refunds: payment_key, amount_cents, paid_on, method, reference, batch_reference, owner.

    A payment that was taken back after the bank had it stands with what will go out, on the day of that. `owner`: our
    number of the payment, or ``refund:`` and that of the refund; of a refund to a payer ``payer-refund:`` and that of
    the request for it. `reference` of a refund to a payer: the number of the cheque.
    """
    sums = _cents()
    paid = sa.select(
        PP.c.payment_key,
        sums.c.cents.label("amount_cents"),
        sa.case((PP.c.state == "void", PP.c.void_date), else_=PP.c.paid_date).label("paid_on"),
        PP.c.method,
        PP.c.reference,
        PP.c.batch_reference,
        sa.cast(PP.c.patient_payment_id, sa.Text).label("owner"),
    ).join(sums, sums.c.reference == PP.c.payment_key)
    # Of two rows that contradict each other one is in the books.
    paid = paid.where(sa.or_(PP.c.state.in_(["applied", "unapplied"]), PP.c.void_date.is_not(None)))
    back = sa.select(
        RF.c.refund_key.label("payment_key"),
        sums.c.cents.label("amount_cents"),
        RF.c.paid_date.label("paid_on"),
        sa.func.coalesce(RF.c.method, "").label("method"),
        sa.func.coalesce(RF.c.reference, "").label("reference"),
        sa.literal("").label("batch_reference"),
        (sa.literal("refund:") + sa.cast(RF.c.patient_refund_id, sa.Text)).label("owner"),
    ).join(sums, sums.c.reference == RF.c.refund_key)
    to_payer = (
        sa.select(
            sums.c.reference.label("payment_key"),
            sums.c.cents.label("amount_cents"),
            J.c.effective_date.label("paid_on"),
            sa.literal("cheque").label("method"),
            MR.c.parameters.label("reference"),
            sa.literal("").label("batch_reference"),
            (sa.literal("payer-refund:") + sa.cast(MR.c.money_request_id, sa.Text)).label("owner"),
        )
        .join(J, J.c.idempotency_key == sa.literal("act:") + sums.c.reference + sa.literal(":0"))
        .join(MR, MR.c.request_key == sums.c.reference)
        .where(J.c.source == "refund")
    )
    refunds = frame(conn, to_payer)
    cheques = [str(json.loads(text)["cheque"]) for text in refunds["reference"].tolist()]
    refunds["reference"] = pd.Series(cheques, index=refunds.index, dtype="str")
    rows = pd.concat([*(frame(conn, one) for one in (paid, back)), refunds], ignore_index=True)
    return rows.drop_duplicates("payment_key").sort_values(["paid_on", "payment_key"], ignore_index=True)


def refused_lines(conn: sa.Connection) -> list[int]:
    """Bank lines that a person took from patients' money: the rules leave them alone."""
    select = sa.select(D.c.bank_line_id).where(
        D.c.ended_reason == REFUSED, D.c.remit_id.is_(None), D.c.returns_line_id.is_(None)
    )
    return [int(one) for one in conn.scalars(select.distinct())]
