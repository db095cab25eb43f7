"""Claims whose charges are not in the ledger yet, and the ones that are but should not be."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import frame_of

C, F, J, L = schema.claims, schema.files, schema.journals, schema.ledger_lines


def _unreversed_charge(family_id: sa.ColumnElement[int]) -> sa.Exists:
    later = J.alias("later")
    return (
        sa.select(sa.literal(1))
        .where(
            J.c.family_id == family_id,
            J.c.source == "charge",
            J.c.reverses_journal_id.is_(None),
            ~sa.select(sa.literal(1)).where(later.c.reverses_journal_id == J.c.journal_id).exists(),
        )
        .exists()
    )


def uncharged_claims(conn: sa.Connection) -> pd.DataFrame:
    """Stored claims of families without a charge: the claim's columns, sha256, in order of family and place."""
    return frame(
        conn,
        sa.select(
            C.c.claim_id,
            C.c.family_id,
            C.c.claim_key,
            C.c.body_hash,
            C.c.frequency_code,
            C.c.version,
            C.c.payer_code,
            C.c.payer_sequence,
            C.c.statement_from_date,
            C.c.charge_cents,
            F.c.sha256,
            C.c.file_id,
            C.c.seg,
        )
        .join(F, F.c.file_id == C.c.file_id)
        .where(C.c.state == "stored", ~_unreversed_charge(C.c.family_id))
        .order_by(C.c.family_id, F.c.sha256, C.c.seg),
    )


def generations(conn: sa.Connection, claim_ids: pd.Series) -> pd.Series:
    """How many times the charge of each claim was taken back before."""
    select = (
        sa.select(J.c.claim_id, sa.func.count().label("times"))
        .where(J.c.source == "charge", J.c.reverses_journal_id.is_not(None))
        .group_by(J.c.claim_id)
    )
    rows = frame_of(conn, select, J.c.claim_id, claim_ids.tolist())
    times = rows.set_index("claim_id")["times"]
    return pd.Series(times.reindex(claim_ids, fill_value=0).to_numpy(), index=claim_ids.index, dtype="int64")


def lines_of(conn: sa.Connection, select_claims: list[int]) -> pd.DataFrame:
    """Service lines of claims: claim_id, line_number, charge_cents."""
    lines = schema.service_lines
    parts = [
        frame(
            conn,
            sa.select(lines.c.claim_id, lines.c.line_number, lines.c.charge_cents)
            .where(lines.c.claim_id.in_(select_claims[start : start + 900]))
            .order_by(lines.c.claim_id, lines.c.line_number),
        )
        for start in range(0, len(select_claims), 900)
    ]
    return pd.concat(parts, ignore_index=True)


def _in_force(journals: sa.Table | sa.Alias) -> sa.ColumnElement[bool]:
    later = J.alias("later")
    return ~sa.select(sa.literal(1)).where(later.c.reverses_journal_id == journals.c.journal_id).exists()


def _charged(claim_id: sa.ColumnElement[int]) -> sa.Exists:
    return (
        sa.select(sa.literal(1))
        .where(J.c.claim_id == claim_id, J.c.source == "charge", J.c.reverses_journal_id.is_(None), _in_force(J))
        .exists()
    )


def other_versions(conn: sa.Connection) -> pd.DataFrame:
    """Stored claims of charged families that are not the charged one, unless an exception names them already.

    With charged_sequence and charged_cents, the payer sequence that the family's charge stands on and what it is: a
    claim for a later payer is no second charge, nor is a version of ours (follows_claim_id) with the same total.
    """
    named = (
        sa.select(sa.literal(1))
        .where(
            schema.exceptions.c.claim_id == C.c.claim_id,
            schema.exceptions.c.type_code.in_(["CLAIM_VERSION_OPEN", "CLAIM_NOT_CHARGED"]),
        )
        .exists()
    )
    sequence = (
        sa.select(sa.func.min(L.c.payer_sequence))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(J.c.family_id == C.c.family_id, J.c.source == "charge", L.c.account == "1100", _in_force(J))
        .scalar_subquery()
    )
    charged = (
        sa.select(sa.func.sum(L.c.amount_cents))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(J.c.family_id == C.c.family_id, J.c.source == "charge", L.c.account == "1100", _in_force(J))
        .where(J.c.reverses_journal_id.is_(None))
        .scalar_subquery()
    )
    others = C.alias("others")
    several = sa.select(others.c.family_id).where(others.c.state == "stored").group_by(others.c.family_id)
    several = several.having(sa.func.count() > 1)
    return frame(
        conn,
        sa.select(
            C.c.claim_id,
            C.c.family_id,
            C.c.claim_key,
            C.c.body_hash,
            C.c.file_id,
            C.c.seg,
            C.c.charge_cents,
            C.c.frequency_code,
            C.c.payer_sequence,
            sa.func.coalesce(C.c.follows_claim_id, 0).label("follows_claim_id"),
            sa.func.coalesce(sequence, "").label("charged_sequence"),
            sa.func.coalesce(charged, 0).label("charged_cents"),
        )
        .where(C.c.state == "stored", C.c.family_id.in_(several), ~named, ~_charged(C.c.claim_id))
        .where(_unreversed_charge(C.c.family_id))
        .order_by(C.c.claim_key),
    )


def charge_lines_of_held_claims(conn: sa.Connection) -> pd.DataFrame:
    """Ledger lines of charges in force whose own claim is held by now, to be negated."""
    return frame(
        conn,
        sa.select(
            J.c.journal_id,
            J.c.idempotency_key.label("journal_key"),
            J.c.family_id,
            J.c.claim_id,
            L.c.account,
            L.c.amount_cents,
            L.c.payer_code,
            L.c.payer_sequence,
            L.c.line_number,
        )
        .join(L, L.c.journal_id == J.c.journal_id)
        .join(C, C.c.claim_id == J.c.claim_id)
        .where(
            J.c.source == "charge",
            J.c.reverses_journal_id.is_(None),
            _in_force(J),
            C.c.state == "held",
            C.c.reason_code == "claim-conflict",
        )
        .order_by(J.c.journal_id, L.c.ledger_line_id),
    )
