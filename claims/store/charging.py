"""Claims whose charges are not in the ledger yet, and the ones that are but should not be."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame

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


def other_versions(conn: sa.Connection) -> pd.DataFrame:
    """Stored replacements and voids (frequency 7, 8) of charged families, without an exception that names them yet."""
    named = (
        sa.select(sa.literal(1))
        .where(schema.exceptions.c.claim_id == C.c.claim_id, schema.exceptions.c.type_code == "CLAIM_VERSION_OPEN")
        .exists()
    )
    charged = sa.select(sa.literal(1)).where(J.c.idempotency_key.like("chg:" + C.c.claim_key + ":%")).exists()
    return frame(
        conn,
        sa.select(C.c.claim_id, C.c.family_id, C.c.claim_key, C.c.body_hash, C.c.file_id, C.c.seg, C.c.charge_cents)
        .where(
            C.c.state == "stored",
            C.c.frequency_code.in_(["7", "8"]),
            ~named,
            ~charged,
            _unreversed_charge(C.c.family_id),
        )
        .order_by(C.c.claim_key),
    )


def charge_lines_of_held_claims(conn: sa.Connection) -> pd.DataFrame:
    """Ledger lines of charges that are in force although their claim is held by now, to be negated."""
    later = J.alias("later")
    return frame(
        conn,
        sa.select(
            J.c.journal_id,
            J.c.idempotency_key.label("journal_key"),
            J.c.family_id,
            L.c.account,
            L.c.amount_cents,
            L.c.payer_code,
            L.c.payer_sequence,
            L.c.line_number,
        )
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(
            J.c.source == "charge",
            J.c.reverses_journal_id.is_(None),
            ~sa.select(sa.literal(1)).where(later.c.reverses_journal_id == J.c.journal_id).exists(),
            J.c.family_id.in_(sa.select(C.c.family_id).where(C.c.state == "held", C.c.reason_code == "claim-conflict")),
            ~sa.select(sa.literal(1)).where(C.c.family_id == J.c.family_id, C.c.state == "stored").exists(),
        )
        .order_by(J.c.journal_id, L.c.ledger_line_id),
    )
