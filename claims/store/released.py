"""Which earlier decisions a decision took back without a reversal (E12): its release journals name all of theirs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import stands
from claims.store.rows import frame_of

J, L = schema.journals, schema.ledger_lines
_BACK, _TAKEN, _LEFT, _UNDO = J.alias("release"), J.alias("released"), J.alias("left"), J.alias("undo_of_release")


def released(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """What these decisions took back, as it is in force: claim_payment_id, target_id, line_number, is_whole.

    A row for each line that was taken back of the earlier decision `target_id`; is_whole: nothing of that one is left.
    """
    of_target = sa.and_(_LEFT.c.claim_payment_id == _TAKEN.c.claim_payment_id, _LEFT.c.source.in_(["835", "apply"]))
    is_left = sa.select(sa.literal(1)).where(of_target, _LEFT.c.reverses_journal_id.is_(None), stands(_LEFT)).exists()
    select = (
        sa.select(
            *(_BACK.c.claim_payment_id, _TAKEN.c.claim_payment_id.label("target_id"), L.c.line_number),
            sa.type_coerce(~is_left, sa.Boolean).label("is_whole"),
        )
        .join(_TAKEN, _TAKEN.c.journal_id == _BACK.c.reverses_journal_id)
        .join(L, L.c.journal_id == _BACK.c.journal_id)
        .where(_BACK.c.reason_code == "release", stands(_BACK))
        .distinct()
    )
    return frame_of(conn, select, _BACK.c.claim_payment_id, claim_payment_ids)


def targets(conn: sa.Connection, claim_payment_ids: Sequence[int], before_run: int = 0) -> pd.DataFrame:
    """Pairs of decisions in force, or in force before a run: claim_payment_id, target_id that it took back."""
    undone = sa.select(sa.literal(1)).where(_UNDO.c.reverses_journal_id == _BACK.c.journal_id)
    stood = sa.and_(_BACK.c.run_id < before_run, ~undone.where(_UNDO.c.run_id < before_run).exists())
    select = (
        sa.select(_BACK.c.claim_payment_id, _TAKEN.c.claim_payment_id.label("target_id"))
        .join(_TAKEN, _TAKEN.c.journal_id == _BACK.c.reverses_journal_id)
        .where(_BACK.c.reason_code == "release", stood if before_run else stands(_BACK))
        .distinct()
    )
    return frame_of(conn, select, _BACK.c.claim_payment_id, claim_payment_ids)
