"""Matches and the claims not taken, each with what its payment and its claim say: what its score is held against."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.matching import CLAIM_FACTS, CP, LOOKING, C, F, M, N, R
from claims.store.rows import frame_of

TABLES = {table.name: table for table in (M, N)}
E, AUDIT = schema.exceptions, schema.audit_events


def told(conn: sa.Connection, name: str, rules: Sequence[str], after: int, limit: int) -> pd.DataFrame:
    """Read the next rows of a table (one of `TABLES`) behind `after` that a rule made.

    row_id, claim_payment_id, rule, told_score, told_evidence, and the facts of the claim.
    """
    table = TABLES[name]
    key = next(iter(table.primary_key.columns))
    said = (table.c.score.label("told_score"), table.c.evidence.label("told_evidence"))
    return frame(
        conn,
        sa.select(key.label("row_id"), table.c.claim_payment_id, table.c.rule, *said, *CLAIM_FACTS)
        .join(C, C.c.claim_id == table.c.claim_id)
        .join(F, F.c.file_id == C.c.file_id)
        .where(key > after, table.c.rule.in_(rules))
        .order_by(key)
        .limit(limit),
    )


def payments(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Read claim payments as matching looks at them, with remit_key and ordinal."""
    select = sa.select(*LOOKING, R.c.remit_key, CP.c.ordinal).join(R, R.c.remit_id == CP.c.remit_id)
    return frame_of(conn, select, CP.c.claim_payment_id, claim_payment_ids)


def of_people(conn: sa.Connection) -> pd.DataFrame:
    """Read matches that no rule made: claim_payment_id, claim_id, score, evidence, although, remit_key, ordinal."""
    names = ("claim_payment_id", "claim_id", "score", "evidence", "although")
    return frame(
        conn,
        sa.select(*(M.c[name] for name in names), R.c.remit_key, CP.c.ordinal)
        .join(CP, CP.c.claim_payment_id == M.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(M.c.rule == "by-hand")
        .order_by(M.c.match_id),
    )


def said_by_people(conn: sa.Connection) -> pd.DataFrame:
    """Read what the audit chain says of matches by hand: claim_payment_id, body."""
    subject = sa.literal("exception ") + sa.cast(E.c.exception_id, sa.String)
    select = sa.select(E.c.claim_payment_id, AUDIT.c.body).join(E, AUDIT.c.subject == subject)
    return frame(conn, select.where(AUDIT.c.action == "match.by-hand"))


def scored_without_claim(conn: sa.Connection) -> pd.DataFrame:
    """Read tries that found no claim and name one, or a score, all the same (remit_key, ordinal)."""
    return frame(
        conn,
        sa.select(R.c.remit_key, CP.c.ordinal)
        .join(CP, CP.c.remit_id == R.c.remit_id)
        .join(M, M.c.claim_payment_id == CP.c.claim_payment_id)
        .where(M.c.rule == "none", sa.or_(M.c.score != 0, M.c.family_id.is_not(None), M.c.claim_id.is_not(None))),
    )
