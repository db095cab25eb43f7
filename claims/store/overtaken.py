"""Decisions without cash that wait for a reversal and that the payer has decided anew since, twice: nothing is asked.

Of a denial, a payment without a reversal, and a set that takes the payment back and decides once more, the first is
over whatever comes first: in the order of their days the payment had released it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from claims.store import schema
from claims.store.exceptions import close, closed_as
from claims.store.posting import STANDING
from claims.store.posting_order import posting_order
from claims.store.rows import in_parts

E, P, R, CP = schema.exceptions, schema.claim_postings, schema.remittances, schema.claim_payments
TYPE, WHY = "CORRECTION_WITHOUT_REVERSAL", "overtaken"


def is_overtaken() -> sa.ColumnElement[bool]:
    """Condition on exceptions of this type: what waits there is overtaken."""
    own, last, back, taken = (P.alias(name) for name in ("own", "last", "back", "taken"))
    of_own, of_last, of_taken = (R.alias(name) for name in ("of_own", "of_last", "of_taken"))
    return (
        sa.select(sa.literal(1))
        .select_from(own)
        .join(CP, CP.c.claim_payment_id == own.c.claim_payment_id)
        .join(of_own, of_own.c.remit_id == own.c.remit_id)
        .join(last, sa.and_(last.c.family_id == own.c.family_id, last.c.payer_sequence == own.c.payer_sequence))
        .join(of_last, of_last.c.remit_id == last.c.remit_id)
        .join(back, sa.and_(back.c.remit_id == last.c.remit_id, back.c.family_id == own.c.family_id))
        .join(taken, taken.c.claim_payment_id == back.c.reverses_claim_payment_id)
        .join(of_taken, of_taken.c.remit_id == taken.c.remit_id)
        .where(own.c.claim_payment_id == E.c.claim_payment_id, CP.c.paid_cents == 0)
        .where(*(one.c.ended_at.is_(None) for one in (own, last, back, taken)))
        .where(own.c.outcome == "unapplied", own.c.is_superseded == STANDING)
        .where(last.c.outcome == "posted", last.c.is_superseded == STANDING, back.c.outcome == "reversal")
        .where(taken.c.family_id == own.c.family_id, posting_order(of_own) < posting_order(of_taken))
        .where(posting_order(of_taken) < posting_order(of_last))
        .correlate(E)
        .exists()
    )


def close_overtaken(conn: sa.Connection, posting_date: date) -> int:
    """Close what names decisions that are overtaken; should one be so no more, an undo opens it again."""
    return close(conn, WHY, posting_date, E.c.type_code == TYPE, is_overtaken())


def not_any_more(conn: sa.Connection, family_ids: Sequence[int]) -> list[int]:
    """Those that were closed so, of these claims, and that nothing overtakes any more."""
    found: list[int] = []
    waits = sa.select(P.c.claim_payment_id).where(
        P.c.ended_at.is_(None), P.c.outcome == "unapplied", P.c.reason_code == TYPE
    )
    for part in in_parts(family_ids):
        own = (E.c.type_code == TYPE, E.c.family_id.in_(part), E.c.claim_payment_id.in_(waits))
        found += closed_as(conn, WHY, *own, ~is_overtaken())
    return found
