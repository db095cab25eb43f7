"""Reversals that took a payment back before their claim was there, and payments of which that is so."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.posting import TAKEN_BACK

P = schema.claim_postings


def pairs(conn: sa.Connection, after: int, limit: int) -> pd.DataFrame:
    """Reversals in force without a claim that took back what waits without one: claim_payment_id, took_back.

    In order of claim_payment_id, behind `after`, at most `limit`.
    """
    taken = P.alias("taken")
    its = (taken.c.claim_payment_id == P.c.reverses_claim_payment_id, taken.c.ended_at.is_(None))
    lost = (taken.c.family_id.is_(None), taken.c.outcome == "unapplied", taken.c.is_superseded == TAKEN_BACK)
    return frame(
        conn,
        sa.select(P.c.claim_payment_id, P.c.reverses_claim_payment_id.label("took_back"))
        .join(taken, sa.and_(*its))
        .where(P.c.family_id.is_(None), P.c.ended_at.is_(None), P.c.outcome == "reversal", *lost)
        .where(P.c.claim_payment_id > after)
        .order_by(P.c.claim_payment_id)
        .limit(limit),
    )
