"""Decisions that the ledger took back for others, which are taken back by now: what of them stands again."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import stands
from claims.store.posting import AGAIN, REDUCTION_RULES, RELEASED, STANDING
from claims.store.rows import frame_of
from claims.store.undone import restate

P, J, L, R = schema.claim_postings, schema.journals, schema.ledger_lines, schema.remittances


def released(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Ledger lines of these families that a decision had released which no longer stands, and nothing holds again.

    release_id (the journal that released them), claim_payment_id (whose they are), claim_payment_id_by, is_whole
    (nothing of that decision stands), sequence_first (of its payer), is_by_earlier (the releasing decision is of an
    earlier day), and the columns of ledger lines.
    """
    taken, own, by, copy, undo, line = (
        *(J.alias("taken"), P.alias("own"), P.alias("by")),
        *(J.alias("copy"), J.alias("undo_of_copy"), L.alias("line_of_copy")),
    )
    of_own, of_by = R.alias("remittance_of_own"), R.alias("remittance_of_by")
    undone = sa.select(sa.literal(1)).where(undo.c.reverses_journal_id == copy.c.journal_id, undo.c.source == "undo")
    held = (
        sa.select(sa.literal(1))
        .select_from(copy)
        .join(line, line.c.journal_id == copy.c.journal_id)
        .where(
            *(copy.c.claim_payment_id == taken.c.claim_payment_id, copy.c.reason_code == AGAIN),
            *(copy.c.journal_id > J.c.journal_id, line.c.line_number == L.c.line_number, ~undone.exists()),
        )
        .correlate(taken, J, L)
    )
    names = [column for column in L.columns if column.name not in ("ledger_line_id", "journal_id", "claim_payment_id")]
    select = (
        sa.select(
            *(J.c.journal_id.label("release_id"), taken.c.claim_payment_id, J.c.claim_id),
            J.c.claim_payment_id.label("claim_payment_id_by"),
            sa.type_coerce(own.c.is_superseded == RELEASED, sa.Boolean).label("is_whole"),
            own.c.payer_sequence.label("sequence_first"),
            sa.type_coerce(of_by.c.payment_date < of_own.c.payment_date, sa.Boolean).label("is_by_earlier"),
            *names,
        )
        .select_from(J)
        .join(taken, taken.c.journal_id == J.c.reverses_journal_id)
        .join(L, L.c.journal_id == taken.c.journal_id)
        .join(own, sa.and_(own.c.claim_payment_id == taken.c.claim_payment_id, own.c.ended_at.is_(None)))
        .join(by, sa.and_(by.c.claim_payment_id == J.c.claim_payment_id, by.c.ended_at.is_(None)))
        .join(of_own, of_own.c.remit_id == own.c.remit_id)
        .join(of_by, of_by.c.remit_id == by.c.remit_id)
        .where(
            *(J.c.reason_code == "release", stands(), by.c.outcome == "posted", by.c.is_superseded != STANDING),
            *(own.c.outcome == "posted", own.c.is_superseded.in_([STANDING, RELEASED]), ~held.exists()),
        )
        .order_by(J.c.journal_id.desc(), L.c.ledger_line_id)
    )
    return frame_of(conn, select, J.c.family_id, family_ids)


def stand(conn: sa.Connection, lines: pd.DataFrame) -> None:
    """Let the decisions whose `lines` are held again stand; what a release in part had left unposted is posted now."""
    select = sa.select(P.c.claim_posting_id, P.c.claim_payment_id, P.c.unposted_cents).where(P.c.ended_at.is_(None))
    rows = frame_of(conn, select, P.c.claim_payment_id, sorted(set(lines["claim_payment_id"].tolist())))
    reduced = lines["amount_cents"].where(lines["rule_id"].isin(REDUCTION_RULES) & ~lines["is_whole"], 0)
    cents = reduced.groupby(lines["claim_payment_id"]).sum().reindex(rows["claim_payment_id"]).to_numpy("int64")
    restate(conn, rows.assign(is_superseded=STANDING, unposted_cents=rows["unposted_cents"] - cents))


def of_remittances(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """What stands again by reversals of these remittances: remit_id, family_id, claim_payment_id."""
    select = sa.select(J.c.remit_id, J.c.family_id, J.c.claim_payment_id).distinct()
    return frame_of(conn, select.where(J.c.reason_code == AGAIN, stands()), J.c.remit_id, remit_ids)
