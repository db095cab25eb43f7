"""Ties to the bank that an undo took apart: a replay makes them again."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import frame_of

D, J, UR = schema.deposit_matches, schema.journals, schema.undone_remittances


def taken_apart(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Ties that the undo of these remittances, not replayed yet, took apart, in the order in which they were made.

    bank_line_id, remit_id, returns_line_id (0: no return), amount_cents, fee_cents, rule, score, evidence.
    """
    back = J.alias("back")
    select = (
        sa.select(
            *(D.c.deposit_match_id, D.c.bank_line_id, D.c.remit_id, D.c.amount_cents, D.c.fee_cents),
            *(D.c.rule, D.c.score, D.c.evidence, sa.func.coalesce(D.c.returns_line_id, 0).label("returns_line_id")),
        )
        .join(back, back.c.reverses_journal_id == D.c.journal_id)
        .join(UR, sa.and_(UR.c.remit_id == D.c.remit_id, UR.c.run_id == back.c.run_id))
        .where(D.c.ended_at.is_not(None), UR.c.replayed_at.is_(None))
    )
    return frame_of(conn, select, D.c.remit_id, remit_ids).sort_values("deposit_match_id", ignore_index=True)
