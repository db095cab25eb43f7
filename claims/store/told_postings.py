"""Postings that the timelines of their claims do not show yet, with what the payer decided."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema, stands_again, step_marks
from claims.store.load import frame
from claims.store.next_remittances import next_remittances
from claims.store.posting import STANDING
from claims.store.posting_order import payment_day, posting_order
from claims.store.rows import frame_of

P, CP, R, M, C = (
    schema.claim_postings,
    schema.claim_payments,
    schema.remittances,
    schema.matches,
    schema.claims,
)
A, CLASS, S = schema.adjustments, schema.classifications, schema.submissions


def remittances(conn: sa.Connection, claims_at_most: int) -> list[int]:
    """Give the next remittances with postings that no timeline shows, in posting order."""
    return next_remittances(conn, _not_told(), claims_at_most)


def _not_told() -> sa.ColumnElement[bool]:
    return sa.and_(P.c.ended_at.is_(None), P.c.life_at.is_(None))


def of_remittances(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Read decisions and reversals of matched claims, in posting order; what a remittance takes back itself, first.

    has_denial, and patient_cents of what is not denied, say how a decision ended; submission_id is the last of the
    claim, 0 where there is none; is_own: by the payer that the claim was sent to; is_overtaken: a later decision of
    that payer stands and was told before; is_of_held: it takes back what was never posted; is_of_replaced: it takes
    back what the payer decided otherwise since, or what another decision waited for, and that one stands; is_part: it
    decides a part of a split claim (`parts`), on its turn.
    """
    decided = M.alias("decided")
    of_reversal = (P.c.outcome == "reversal", decided.c.ended_at.is_(None))
    last = sa.select(sa.func.max(S.c.submission_id)).where(S.c.claim_id == C.c.claim_id).scalar_subquery()
    is_own = sa.or_(P.c.payer_sequence == "", P.c.payer_sequence == C.c.payer_sequence)
    turn = posting_order(R)
    return frame(
        conn,
        sa.select(
            P.c.claim_posting_id,
            sa.type_coerce(_told_later(turn), sa.Boolean).label("is_overtaken"),
            sa.type_coerce(sa.and_(P.c.outcome == "reversal", ~_was_posted()), sa.Boolean).label("is_of_held"),
            sa.type_coerce(sa.and_(P.c.outcome == "reversal", _stands_since(turn)), sa.Boolean).label("is_of_replaced"),
            *(P.c.outcome, P.c.remit_id),
            sa.func.coalesce(P.c.reverses_claim_payment_id, 0).label("reverses_claim_payment_id"),
            P.c.is_superseded,
            C.c.claim_id,
            sa.cast(sa.func.coalesce(last, 0), sa.BigInteger).label("submission_id"),
            sa.type_coerce(is_own, sa.Boolean).label("is_own"),
            CP.c.status_code,
            CP.c.paid_cents,
            CP.c.file_id,
            CP.c.seg,
            CP.c.offset,
            CP.c.length,
            R.c.payment_date,
            turn.label("turn"),
            _is_part(),
            C.c.payer_sequence,
            P.c.claim_payment_id,
            *_how_decided(),
        )
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == P.c.remit_id)
        .join(M, sa.and_(M.c.claim_payment_id == P.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(decided, sa.and_(decided.c.claim_payment_id == P.c.reverses_claim_payment_id, *of_reversal))
        .join(C, C.c.claim_id == sa.func.coalesce(sa.func.nullif(decided.c.claim_id, 0), M.c.claim_id))
        .where(P.c.remit_id.in_(remit_ids), _not_told(), P.c.outcome.in_(["posted", "reversal"]))
        .order_by(
            payment_day(),
            R.c.remit_key,
            P.c.is_superseded.desc(),
            P.c.outcome.desc(),  # reversal before posted
            CP.c.ordinal,
        ),
    )


def parts(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read what stands of the decisions on parts of these claims, by the payer that each was sent to.

    claim_id, claim_payment_id, turn, is_told, has_denial, paid_cents, patient_cents.
    """
    select = (
        sa.select(
            C.c.claim_id,
            CP.c.claim_payment_id,
            posting_order(R).label("turn"),
            sa.type_coerce(P.c.life_at.is_not(None), sa.Boolean).label("is_told"),
            CP.c.paid_cents,
            *_how_decided(),
        )
        .join(M, sa.and_(M.c.claim_id == C.c.claim_id, M.c.ended_at.is_(None)))
        .join(P, sa.and_(P.c.claim_payment_id == M.c.claim_payment_id, P.c.ended_at.is_(None)))
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == P.c.remit_id)
        .where(P.c.outcome == "posted", P.c.is_superseded == STANDING, CP.c.charge_cents < C.c.charge_cents)
        .where(sa.or_(P.c.payer_sequence == "", P.c.payer_sequence == C.c.payer_sequence))
    )
    return frame_of(conn, select, C.c.claim_id, claim_ids)


def again(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Read the decisions that stand again by reversals of these remittances, by the payer each was sent to.

    claim_id, remit_id (of the reversal), has_denial, paid_cents, patient_cents.
    """
    there = stands_again.of_remittances(conn, remit_ids)
    select = (
        sa.select(C.c.claim_id, CP.c.claim_payment_id, CP.c.paid_cents, *_how_decided())
        .join(M, sa.and_(M.c.claim_id == C.c.claim_id, M.c.ended_at.is_(None)))
        .join(CP, CP.c.claim_payment_id == M.c.claim_payment_id)
        .join(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .where(P.c.payer_sequence == C.c.payer_sequence)
    )
    rows = frame_of(conn, select, CP.c.claim_payment_id, there["claim_payment_id"].tolist())
    return rows.merge(there[["claim_payment_id", "remit_id"]], on="claim_payment_id")


def _is_part() -> sa.ColumnElement[bool]:
    """Tell that the payer decided less than the claim charges: the rest stands in claim payments of their own."""
    return sa.type_coerce(sa.func.abs(CP.c.charge_cents) < C.c.charge_cents, sa.Boolean).label("is_part")


def _how_decided() -> tuple[sa.ColumnElement[bool], sa.ColumnElement[int]]:
    """Whether something is denied, and what is the patient's of what is not."""
    denied = (
        sa.select(CLASS.c.adjustment_id)
        .where(CLASS.c.claim_payment_id == CP.c.claim_payment_id, CLASS.c.counts_as_denial == 1)
        .exists()
    )
    share = (
        sa.select(sa.func.coalesce(sa.func.sum(A.c.amount_cents), 0))
        .join(CLASS, CLASS.c.adjustment_id == A.c.adjustment_id)
        .where(A.c.claim_payment_id == CP.c.claim_payment_id, A.c.group_code == "PR", CLASS.c.counts_as_denial == 0)
        .scalar_subquery()
    )
    patient = sa.cast(share, sa.BigInteger).label("patient_cents")
    return sa.type_coerce(denied, sa.Boolean).label("has_denial"), patient


def _was_posted() -> sa.Exists:
    """Tell that the decision which the posting `P` takes back stands in the books."""
    first = P.alias("first")
    return (
        sa.select(sa.literal(1))
        .where(
            first.c.claim_payment_id == P.c.reverses_claim_payment_id,
            first.c.ended_at.is_(None),
            first.c.outcome == "posted",
        )
        .correlate(P)
        .exists()
    )


def _told_later(turn: sa.ColumnElement[str]) -> sa.Exists:
    """Tell that the timeline of the claim `C` shows a decision in force that its payer made after `turn`.

    What a remittance decides, it decides after what it takes back.
    """
    its_turn = posting_order(_OF_OTHER)
    later = sa.or_(its_turn > turn, sa.and_(its_turn == turn, P.c.outcome == "reversal"))
    return _other_stands(_is_told(), later).correlate(P, R, C).exists()


def _stands_since(turn: sa.ColumnElement[str]) -> sa.Exists:
    """Tell that a decision of the claim `C` stands that its payer made after the one that the posting `P` takes back.

    It was told before, or is told now, before the reversal. An older one that was held while that stood counts too: the
    reversal let it be posted, as it would have been had it come first.
    """
    its_turn, taken, of_taken = posting_order(_OF_OTHER), CP.alias("taken"), R.alias("of_taken")
    first = sa.select(posting_order(of_taken)).join(taken, taken.c.remit_id == of_taken.c.remit_id)
    first = first.where(taken.c.claim_payment_id == P.c.reverses_claim_payment_id).correlate(P)
    is_told = sa.or_(_is_told(), its_turn < turn)
    former = P.alias("former")
    waited = sa.select(sa.literal(1)).where(
        former.c.claim_payment_id == _OTHER.c.claim_payment_id,
        former.c.ended_at == _OTHER.c.recorded_at,
        former.c.reason_code == "CORRECTION_WITHOUT_REVERSAL",
    )
    is_other = sa.or_(its_turn > first.scalar_subquery(), waited.correlate(_OTHER).exists())
    return _other_stands(is_told, is_other).correlate(P, R, C).exists()


_OTHER, _OF_OTHER, _MATCH = P.alias("other"), R.alias("of_other"), M.alias("match_of_other")


def _is_told() -> sa.ColumnElement[bool]:
    """Tell that a timeline shows another decision.

    Not `IS NOT NULL`: PostgreSQL looked at the table before a batch of decisions was told, takes such rows for very
    few, and would begin with them, for each decision of the next batch.
    """
    return sa.func.coalesce(_OTHER.c.life_at, "") != ""


def _other_stands(*conditions: sa.ColumnElement[bool]) -> sa.Select[int]:
    """Select what stands of the decisions of the payer of the claim `C`."""
    return (
        sa.select(sa.literal(1))
        .select_from(_OTHER)
        .join(_MATCH, sa.and_(_MATCH.c.claim_payment_id == _OTHER.c.claim_payment_id, _MATCH.c.ended_at.is_(None)))
        .join(_OF_OTHER, _OF_OTHER.c.remit_id == _OTHER.c.remit_id)
        .where(
            _OTHER.c.family_id == P.c.family_id,
            _MATCH.c.claim_id == C.c.claim_id,
            _OTHER.c.ended_at.is_(None),
            _OTHER.c.outcome == "posted",
            _OTHER.c.is_superseded == STANDING,
            _OTHER.c.payer_sequence == C.c.payer_sequence,
            *conditions,
        )
    )


def mark(conn: sa.Connection, remit_ids: Sequence[int]) -> None:
    """Note that the timelines show the postings of these remittances."""
    step_marks.mark(conn, step_marks.LIFE, clock.now(), P.c.remit_id.in_(remit_ids), _not_told())
