"""What a person needs to match a payment by hand: the payment that waits, the claims of a number, what was refused."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store.load import frame
from claims.store.matching import CLAIM_FACTS, CP, FAM, LOOKING, POSTINGS, C, F, M, N, R, is_stored
from claims.store.rows import frame_of


def refused_by_hand(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Families that a person has said a claim payment is not of: claim_payment_id, family_id."""
    select = sa.select(N.c.claim_payment_id, N.c.family_id).where(N.c.why == "by-hand").distinct()
    return frame_of(conn, select, N.c.claim_payment_id, ids)


def waiting(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """One claim payment whose cash waits on 2200, as `looking` gives it, with family_id of its match; or no row."""
    current = M.alias("current")
    waits = sa.and_(
        POSTINGS.c.claim_payment_id == CP.c.claim_payment_id,
        POSTINGS.c.ended_at.is_(None),
        POSTINGS.c.is_superseded == 0,
        POSTINGS.c.outcome == "unapplied",
    )
    return frame(
        conn,
        sa.select(
            *LOOKING,
            sa.func.coalesce(current.c.match_id, 0).label("last_match_id"),
            sa.func.coalesce(current.c.evidence, "").label("last_evidence"),
            current.c.family_id.label("last_family_id"),
            current.c.claim_id.label("last_claim_id"),
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(POSTINGS, waits)
        .outerjoin(current, sa.and_(current.c.claim_payment_id == CP.c.claim_payment_id, current.c.ended_at.is_(None)))
        .where(CP.c.claim_payment_id == claim_payment_id),
    )


def claims_numbered(conn: sa.Connection, claim_number: str) -> pd.DataFrame:
    """Stored claims of the families with this number, with their facts."""
    return frame(
        conn,
        sa.select(*CLAIM_FACTS)
        .join(FAM, FAM.c.family_id == C.c.family_id)
        .join(F, F.c.file_id == C.c.file_id)
        .where(FAM.c.claim_number == claim_number, is_stored(C))
        .order_by(C.c.claim_id),
    )


def posted_to(conn: sa.Connection, claim_payment_id: int) -> int:
    """Give the claim that a payment is posted to by a match that is in force; 0 when it is to none."""
    posted = sa.select(M.c.claim_id).join(POSTINGS, POSTINGS.c.claim_payment_id == M.c.claim_payment_id)
    own = posted.where(M.c.claim_payment_id == claim_payment_id, M.c.ended_at.is_(None), POSTINGS.c.ended_at.is_(None))
    return int(conn.scalar(own.where(POSTINGS.c.outcome != "unapplied").limit(1)) or 0)
