"""What a person needs to match a payment by hand: the payment that waits, the claims of a number, what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.identities import conflict_key
from claims.store.load import frame
from claims.store.matching import CLAIM_FACTS, CP, FAM, LOOKING, POSTINGS, C, F, M, N, R, is_stored
from claims.store.rows import frame_of

BY_HAND, E, T = N.alias("by_hand"), schema.exceptions, schema.transactions
CURRENT, UP = M.alias("current"), schema.undone_postings
# Of a claim: the subscriber where it names no other patient.
_IS_SELF = C.c.patient_last_name == ""
PATIENT = [
    sa.case((_IS_SELF, C.c[f"subscriber_{name}"]), else_=C.c[f"patient_{name}"]).label(f"patient_{name}")
    for name in ("last_name", "first_name")
]


def refused_by_hand(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Families that a person has said a claim payment is not of: claim_payment_id, family_id."""
    select = sa.select(N.c.claim_payment_id, N.c.family_id).where(N.c.why == "by-hand").distinct()
    return frame_of(conn, select, N.c.claim_payment_id, ids)


def waiting(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """One claim payment whose cash waits on 2200, as `looking` gives it, with its patient and its match; or no row."""
    waits = sa.and_(
        POSTINGS.c.claim_payment_id == CP.c.claim_payment_id,
        POSTINGS.c.ended_at.is_(None),
        POSTINGS.c.is_superseded == 0,
        POSTINGS.c.outcome == "unapplied",
    )
    return frame(conn, _with_match().join(POSTINGS, waits).where(CP.c.claim_payment_id == claim_payment_id))


def undone_reversals(conn: sa.Connection, claim_payment_id: int, family_id: int) -> pd.DataFrame:
    """Reversals of a claim payment that are undone and that a rule has put on its claim; columns as of `waiting`."""
    back = sa.select(UP.c.claim_payment_id).join(POSTINGS, POSTINGS.c.claim_posting_id == UP.c.claim_posting_id)
    back = back.where(UP.c.replayed_at.is_(None), POSTINGS.c.outcome == "reversal")
    back = back.where(POSTINGS.c.reverses_claim_payment_id == claim_payment_id)
    by_rule = sa.and_(CURRENT.c.family_id == family_id, CURRENT.c.rule != "by-hand")
    return frame(conn, _with_match().where(CP.c.claim_payment_id.in_(back), by_rule))


def _with_match() -> sa.Select[Any]:
    own = sa.and_(CURRENT.c.claim_payment_id == CP.c.claim_payment_id, CURRENT.c.ended_at.is_(None))
    return (
        sa.select(
            *LOOKING,
            sa.func.coalesce(CURRENT.c.match_id, 0).label("last_match_id"),
            sa.func.coalesce(CURRENT.c.evidence, "").label("last_evidence"),
            CURRENT.c.family_id.label("last_family_id"),
            CURRENT.c.claim_id.label("last_claim_id"),
            sa.func.coalesce(CURRENT.c.rule, "").label("last_rule"),
            sa.func.coalesce(CURRENT.c.actor, "").label("last_actor"),
            sa.func.coalesce(CURRENT.c.although, "").label("last_although"),
            CP.c.patient_last_name,
            CP.c.patient_first_name,
            CP.c.paid_cents,
        )
        .select_from(CP)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(CURRENT, own)
    )


def claims_numbered(conn: sa.Connection, claim_number: str) -> pd.DataFrame:
    """Stored claims of the families with this number, with their facts and patient."""
    return frame(
        conn,
        sa.select(*CLAIM_FACTS, *PATIENT)
        .join(FAM, FAM.c.family_id == C.c.family_id)
        .join(F, F.c.file_id == C.c.file_id)
        .where(FAM.c.claim_number == claim_number, is_stored(C))
        .order_by(C.c.claim_id),
    )


def holding(conn: sa.Connection, claim_number: str) -> pd.DataFrame:
    """Open exceptions that hold claims of this number: exception_id, type_code; none where no claim of it is held.

    A claim is held by itself, beside others of its number, or with its set or file.
    """
    with_set = sa.and_(E.c.type_code == "CLAIM_HELD", E.c.file_id == C.c.file_id, E.c.seg == T.c.seg)
    with_file = sa.and_(E.c.type_code == "FILE_HELD", E.c.file_id == C.c.file_id)
    select = (
        sa.select(E.c.exception_id, E.c.type_code)
        .select_from(C)
        .join(FAM, FAM.c.family_id == C.c.family_id)
        .outerjoin(T, T.c.transaction_id == C.c.transaction_id)
        .join(E, sa.or_(E.c.exception_key == conflict_key(), with_set, with_file))
        .where(FAM.c.claim_number == claim_number, C.c.state == "held", E.c.state == "open")
    )
    return frame(conn, select.distinct().order_by(E.c.exception_id))


def posted_to(conn: sa.Connection, claim_payment_id: int) -> int:
    """Give the claim that a payment is posted to by a match that is in force; 0 when it is to none."""
    posted = sa.select(M.c.claim_id).join(POSTINGS, POSTINGS.c.claim_payment_id == M.c.claim_payment_id)
    own = posted.where(M.c.claim_payment_id == claim_payment_id, M.c.ended_at.is_(None), POSTINGS.c.ended_at.is_(None))
    return int(conn.scalar(own.where(POSTINGS.c.outcome != "unapplied").limit(1)) or 0)


def best_considered(conn: sa.Connection, exception_ids: Sequence[int], types: Sequence[str]) -> pd.DataFrame:
    """Of open exceptions of these types: the claim that came nearest to its payment and was not taken, as last seen.

    exception_id, claim_id, why, evidence, looked_at (how many claims were); without what a person has said it is not
    of, and without exceptions whose payment no claim came near to.
    """
    same = sa.and_(BY_HAND.c.claim_payment_id == N.c.claim_payment_id, BY_HAND.c.family_id == N.c.family_id)
    said = sa.select(sa.literal(1)).where(same, BY_HAND.c.why == "by-hand").correlate(N)
    select = (
        sa.select(E.c.exception_id, N.c.match_candidate_id, N.c.claim_id, N.c.score, N.c.why, N.c.evidence)
        .join(N, N.c.claim_payment_id == E.c.claim_payment_id)
        .join(C, C.c.claim_id == N.c.claim_id)
        .where(E.c.state == "open", E.c.type_code.in_(list(types)), is_stored(C), ~said.exists())
    )
    rows = frame_of(conn, select, E.c.exception_id, exception_ids).sort_values("match_candidate_id")
    last = rows.drop_duplicates(["exception_id", "claim_id"], keep="last")
    last = last.assign(looked_at=last.groupby("exception_id")["claim_id"].transform("size"))
    best = last.sort_values(["score", "match_candidate_id"], ascending=[False, True], kind="stable")
    return best.drop_duplicates("exception_id")[["exception_id", "claim_id", "why", "evidence", "looked_at"]]


def considered(conn: sa.Connection, claim_payment_id: int, most: int) -> pd.DataFrame:
    """Claims that were looked at for a payment and not taken, the best first: those that a person may mean.

    claim_id, claim_number, charge_cents, days and patient of the claim, and score, why, evidence of the last look;
    without what a person has said it is not of.
    """
    said = sa.select(N.c.family_id).where(N.c.claim_payment_id == claim_payment_id, N.c.why == "by-hand")
    last = (
        sa.select(sa.func.max(N.c.match_candidate_id))
        .where(N.c.claim_payment_id == claim_payment_id, N.c.family_id.not_in(said))
        .group_by(N.c.claim_id)
    )
    names = ("claim_id", "claim_number", "charge_cents", "statement_from_date", "statement_to_date")
    return frame(
        conn,
        sa.select(*(C.c[name] for name in names), *PATIENT, N.c.score, N.c.why, N.c.evidence)
        .join(C, C.c.claim_id == N.c.claim_id)
        .where(N.c.match_candidate_id.in_(last), is_stored(C))
        .order_by(N.c.score.desc(), N.c.match_candidate_id)
        .limit(most),
    )
