"""What insurers owe of claims, denied or not (1100 and 1110), and the open cases of these claims."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import frame_of

CASE, P, L = schema.denial_cases, schema.claim_postings, schema.ledger_lines
RECEIVABLE = ("1100", "1110")


def open_cases(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Read the open cases of families with what they are worth; is_held: the decision they stand on is not posted."""
    held = sa.select(sa.literal(1)).where(
        P.c.claim_payment_id == CASE.c.claim_payment_id, P.c.ended_at.is_(None), P.c.outcome == "unapplied"
    )
    names = ("case_id", "version", "family_id", "payer_sequence", "line_number", "extent", "worth_cents")
    select = sa.select(
        *(CASE.c[name] for name in (*names, "at_risk_cents")), sa.case((held.exists(), 1), else_=0).label("is_held")
    ).where(CASE.c.state != "closed")
    rows = frame_of(conn, select, CASE.c.family_id, family_ids)
    return rows.assign(is_held=rows["is_held"] == 1)


def by_line(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Add up what is open by family_id, payer_sequence and line_number: amount_cents, where it is not zero."""
    keys = (L.c.family_id, L.c.payer_sequence, L.c.line_number)
    amount = sa.func.sum(L.c.amount_cents)
    select = sa.select(*keys, sa.cast(amount, sa.BigInteger).label("amount_cents"))
    select = select.where(L.c.account.in_(RECEIVABLE)).group_by(*keys).having(amount != 0)
    return frame_of(conn, select, L.c.family_id, family_ids)
