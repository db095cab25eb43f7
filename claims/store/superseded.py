"""Claims that a later version of them has ended, and voids that are done: where they are, and their last sending."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame

C, S, P = schema.claims, schema.submissions, schema.claim_postings

REPLACEMENT, VOID = "7", "8"
# A payer holds the first claim; a version that it has taken, or has decided.
HELD = ("accepted", "paid", "partly_paid", "denied", "reversed")
DECIDED = ("paid", "partly_paid", "denied", "reversed")
ON_ITS_WAY = ("sent", "acknowledged", "received", "accepted")


def replaced(conn: sa.Connection) -> pd.DataFrame:
    """Claims whose replacement the payer has taken or decided, and whose void it has taken.

    claim_id, submission_id (0: its sending was decided and stays so), event. One that is itself not decided yet still
    waits for its decision until the replacement is decided: the payer may judge both.
    """
    later = C.alias("later")
    is_taken = sa.or_(
        sa.and_(later.c.frequency_code == REPLACEMENT, later.c.life.in_(DECIDED)),
        sa.and_(later.c.frequency_code == REPLACEMENT, later.c.life == "accepted", C.c.life.in_(DECIDED)),
        sa.and_(later.c.frequency_code == VOID, later.c.life.in_(["accepted", "voided"])),
    )
    waits = sa.case((C.c.life == "accepted", _last_submission()), else_=0).label("submission_id")
    event = sa.case((sa.func.max(later.c.frequency_code) == VOID, "voided"), else_="replaced")
    select = (
        sa.select(C.c.claim_id, waits, event.label("event"))
        .join(
            later,
            sa.and_(
                later.c.family_id == C.c.family_id,
                later.c.payer_sequence == C.c.payer_sequence,
                later.c.version > C.c.version,
            ),
        )
        .where(later.c.frequency_code.in_([REPLACEMENT, VOID]), later.c.life.in_([*HELD, "voided"]))
        .where(later.c.origin == "to_send", later.c.state == "stored", later.c.version > sa.literal_column("1"))
        .where(C.c.origin == "to_send", C.c.state == "stored", C.c.life.in_(HELD), is_taken)
        .group_by(C.c.claim_id, C.c.life)
        .order_by(C.c.claim_id)
    )
    return frame(conn, select)


def done_voids(conn: sa.Connection) -> pd.DataFrame:
    """Voids after which nothing comes any more: claim_id, submission_id.

    The payer took its decision back and none of it stands; or it had decided nothing, and has accepted the void.
    """
    own = sa.and_(
        P.c.family_id == C.c.family_id, P.c.ended_at.is_(None), P.c.payer_sequence.in_([C.c.payer_sequence, ""])
    )
    stands = sa.select(sa.literal(1)).where(own, P.c.outcome == "posted", P.c.is_superseded == 0).exists()
    taken_back = sa.select(sa.literal(1)).where(own, P.c.outcome == "reversal").exists()
    decided = sa.select(sa.literal(1)).where(own, P.c.outcome.in_(["posted", "reversal"])).exists()
    select = (
        sa.select(C.c.claim_id, _last_submission().label("submission_id"))
        .where(C.c.frequency_code == VOID, C.c.origin == "to_send", C.c.state == "stored", C.c.life.in_(ON_ITS_WAY))
        .where(C.c.version > sa.literal_column("1"), ~stands)
        .where(sa.or_(taken_back, sa.and_(~decided, C.c.life == "accepted")))
        .order_by(C.c.claim_id)
    )
    return frame(conn, select)


def _last_submission() -> sa.ColumnElement[int]:
    last = sa.select(sa.func.max(S.c.submission_id)).where(S.c.claim_id == C.c.claim_id).scalar_subquery()
    return sa.cast(sa.func.coalesce(last, 0), sa.BigInteger)
