"""Balances of claim families, and the postings behind a held denial, for people's actions."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import stands
from claims.store.load import frame

J, L, F = schema.journals, schema.ledger_lines, schema.families


def families_of(conn: sa.Connection, claim_number: str) -> list[int]:
    """Family ids that carry a claim number."""
    rows = conn.scalars(sa.select(F.c.family_id).where(F.c.claim_number == claim_number).order_by(F.c.family_id))
    return [int(one) for one in rows]


def balance(conn: sa.Connection, family_id: int, account: str) -> int:
    """Balance of one account for one family (debit positive)."""
    total = conn.scalar(
        sa.select(sa.func.sum(L.c.amount_cents)).where(L.c.family_id == family_id, L.c.account == account)
    )
    return int(total or 0)


def held_denials(conn: sa.Connection, family_id: int) -> pd.DataFrame:
    """What stands on 1110 for a family, by the journal that put it there: origin, line, payer, codes, cents."""
    origin = sa.func.coalesce(J.c.continues_journal_id, J.c.journal_id)
    return frame(
        conn,
        sa.select(
            origin.label("origin_journal_id"),
            J.c.claim_payment_id,
            L.c.line_number,
            L.c.payer_code,
            L.c.payer_sequence,
            L.c.group_code,
            L.c.reason_code,
            sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("amount_cents"),
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(L.c.family_id == family_id, L.c.account == "1110", J.c.reverses_journal_id.is_(None), stands())
        .group_by(
            origin,
            J.c.claim_payment_id,
            L.c.line_number,
            L.c.payer_code,
            L.c.payer_sequence,
            L.c.group_code,
            L.c.reason_code,
        )
        .having(sa.func.sum(L.c.amount_cents) > 0)
        .order_by(origin, L.c.line_number),
    )
