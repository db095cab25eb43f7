"""What payers have decided on claims of ours, as it stands in force, for whoever bills the next payer."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import frame_of

C, F, B = schema.claims, schema.files, schema.claim_payers
CP, SP, R, M, LM = (
    schema.claim_payments,
    schema.service_payments,
    schema.remittances,
    schema.matches,
    schema.line_matches,
)
P, L = schema.claim_postings, schema.ledger_lines
A, REM = schema.adjustments, schema.remarks

DECIDED = ("paid", "partly_paid", "denied")
# What a claim for the next payer must be for another to be made; one that a person gave up, only when a person asks.
ENDED, GIVEN_UP = ("replaced", "voided"), "withdrawn"
VOID, REPLACING = "8", ("7", "8")  # CLM05-3
# With a payer, or on the way there.
SENT = ("batched", "sent", "acknowledged", "received", "accepted", *DECIDED, "reversed")
FORWARDED = ("19", "20", "21")  # CLP02: the payer has sent the claim on by itself
TAKEN_BACK = "22"
NO_DECISION = (TAKEN_BACK, "23", "25")

RANKS = {letter: place for place, letter in enumerate("PSTABCDEFGH")}


def _rank(column: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    return sa.case(*((column == letter, place) for letter, place in RANKS.items()), else_=99)


def waiting_for_next(
    conn: sa.Connection, claim_ids: Sequence[int] | None = None, *, is_asked: bool = False
) -> pd.DataFrame:
    """Claims of ours, decided, whose family owes something that a later payer named on the claim is to pay.

    claim_id, family_id, version, file_id, sha256, seg, offset, length, kind, claim_number, charge_cents, payer_code,
    payer_sequence, next_payer_code, next_sequence, open_cents (on the next payer's account), is_forwarded (the payer
    sent the claim on by itself). Of a family and payer only the version in force goes on, and none that is voided. A
    claim that was made for that payer already stays out, unless it was replaced or voided; one that was given up too,
    unless a person has asked for these (`is_asked`). Of `claim_ids` nothing needs to be open.
    """
    made = C.alias("made")
    own_rank, other_rank = _rank(C.c.payer_sequence), _rank(B.c.payer_sequence)
    following = (
        sa.select(B.c.claim_id, sa.func.min(other_rank).label("rank"))
        .join(C, C.c.claim_id == B.c.claim_id)
        .where(C.c.origin == "to_send", C.c.life.in_(DECIDED), other_rank > own_rank)
        .group_by(B.c.claim_id)
        .subquery()
    )
    owed = (
        sa.select(sa.func.coalesce(sa.func.sum(L.c.amount_cents), 0))
        .where(L.c.family_id == C.c.family_id, L.c.account == "1100", L.c.payer_sequence == B.c.payer_sequence)
        .correlate(C, B)
        .scalar_subquery()
    )
    exists = (
        sa.select(sa.literal(1))
        .where(
            made.c.family_id == C.c.family_id,
            made.c.payer_sequence == B.c.payer_sequence,
            made.c.life.not_in([*ENDED, GIVEN_UP] if is_asked else ENDED),
        )
        .exists()
    )
    select = (
        sa.select(
            *(C.c.claim_id, C.c.family_id, C.c.version, C.c.file_id, F.c.sha256, C.c.seg, C.c.offset, C.c.length),
            *(C.c.kind, C.c.claim_number, C.c.charge_cents, C.c.payer_code, C.c.payer_sequence),
            B.c.payer_code.label("next_payer_code"),
            B.c.payer_sequence.label("next_sequence"),
            sa.cast(owed, sa.BigInteger).label("open_cents"),
            sa.case((_is_forwarded(), 1), else_=0).label("is_forwarded"),
        )
        .join(F, F.c.file_id == C.c.file_id)
        .join(following, following.c.claim_id == C.c.claim_id)
        .join(B, sa.and_(B.c.claim_id == C.c.claim_id, other_rank == following.c.rank))
        .where(C.c.state == "stored", C.c.frequency_code != VOID, ~exists, ~_overtaken())
        .order_by(C.c.claim_id)
    )
    if claim_ids is not None:
        return frame_of(conn, select, C.c.claim_id, claim_ids)
    return frame(conn, select.where(owed > 0))


def to_bill(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Find those of some claims that a payer not named on them can be billed for: decided, in force, gone no further.

    claim_id, family_id, version, file_id, sha256, seg, offset, length, kind, claim_number, charge_cents, payer_code,
    payer_sequence, is_forwarded.
    """
    rank, its = _rank(C.c.payer_sequence), _rank(B.c.payer_sequence)
    named = sa.select(sa.literal(1)).where(B.c.claim_id == C.c.claim_id, its > rank).correlate(C).exists()
    made = C.alias("made")
    gone_on = (
        sa.select(sa.literal(1))
        .where(made.c.family_id == C.c.family_id, made.c.life.not_in([*ENDED, GIVEN_UP]))
        .where(_rank(made.c.payer_sequence) > rank)
        .correlate(C)
        .exists()
    )
    select = (
        sa.select(
            *(C.c.claim_id, C.c.family_id, C.c.version, C.c.file_id, F.c.sha256, C.c.seg, C.c.offset, C.c.length),
            *(C.c.kind, C.c.claim_number, C.c.charge_cents, C.c.payer_code, C.c.payer_sequence),
            sa.case((_is_forwarded(), 1), else_=0).label("is_forwarded"),
        )
        .join(F, F.c.file_id == C.c.file_id)
        .where(C.c.origin == "to_send", C.c.state == "stored", C.c.life.in_(DECIDED), C.c.frequency_code != VOID)
        .where(~named, ~gone_on, ~_overtaken())
    )
    return frame_of(conn, select, C.c.claim_id, claim_ids)


def named_payers(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read the other payers that are named on claims: claim_id, payer_code, payer_sequence, is_later (than its own)."""
    select = sa.select(
        C.c.claim_id, B.c.payer_code, B.c.payer_sequence,
        sa.case((_rank(B.c.payer_sequence) > _rank(C.c.payer_sequence), 1), else_=0).label("is_later"),
    ).join(B, B.c.claim_id == C.c.claim_id)  # fmt: skip
    return frame_of(conn, select, C.c.claim_id, claim_ids)


def _is_forwarded() -> sa.Exists:
    """Tell of a claim that its payer has sent it on by itself."""
    return (
        sa.select(sa.literal(1))
        .select_from(_in_force())
        .where(
            P.c.family_id == C.c.family_id,
            P.c.payer_sequence == C.c.payer_sequence,
            sa.or_(CP.c.status_code.in_(FORWARDED), CP.c.is_crossover == 1),
            *_standing(),
        )
        .correlate(C)
        .exists()
    )


def _overtaken() -> sa.Exists:
    """Tell of a claim that a later version of it is with the payer, or on the way there, and was not refused.

    A replacement or void is later than what it names, also where both came in as version 1.
    """
    later = C.alias("later")
    own, its = (sa.case((of.c.frequency_code.in_(REPLACING), 1), else_=0) for of in (C, later))
    return (
        sa.select(sa.literal(1))
        .where(
            later.c.family_id == C.c.family_id,
            later.c.payer_sequence == C.c.payer_sequence,
            later.c.state == "stored",
            later.c.origin == "to_send",
            later.c.life.in_(SENT),
            sa.or_(
                later.c.version > C.c.version,
                sa.and_(later.c.version == C.c.version, its > own),
                sa.and_(later.c.version == C.c.version, its == own, later.c.claim_id > C.c.claim_id),
            ),
        )
        .correlate(C)
        .exists()
    )


def _in_force() -> sa.Join:
    return P.join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)


def _standing() -> list[sa.ColumnElement[bool]]:
    """Name what makes a posting count: not ended, not taken back, a decision of the payer."""
    return [
        P.c.ended_at.is_(None),
        P.c.is_superseded == 0,
        P.c.outcome == "posted",
        CP.c.status_code.not_in(NO_DECISION),
    ]


def later_claims(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read claims of ours to payers after those of some claims: claim_id, later_claim_id, life; the last one last."""
    later = C.alias("later")
    is_later = _rank(later.c.payer_sequence) > _rank(C.c.payer_sequence)
    select = (
        sa.select(C.c.claim_id, later.c.claim_id.label("later_claim_id"), later.c.life)
        .join(later, sa.and_(later.c.family_id == C.c.family_id, is_later))
        .where(later.c.origin == "to_send", later.c.state != "duplicate", later.c.life.not_in([*ENDED, GIVEN_UP]))
    )
    return frame_of(conn, select, C.c.claim_id, claim_ids).sort_values("later_claim_id", ignore_index=True)


def decisions(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Claim payments in force for claims, by the payer each claim was sent to: those whose match names that version.

    claim_id, claim_payment_id, paid_cents, paid_date (ISO; DTM*405, else BPR16), payer_claim_number.
    """
    select = (
        sa.select(
            C.c.claim_id,
            CP.c.claim_payment_id,
            CP.c.paid_cents,
            sa.func.coalesce(R.c.production_date, R.c.payment_date).label("paid_date"),
            CP.c.payer_claim_number,
        )
        .select_from(_in_force())
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(M, sa.and_(M.c.claim_payment_id == P.c.claim_payment_id, M.c.ended_at.is_(None)))
        .join(C, sa.and_(C.c.claim_id == M.c.claim_id, C.c.payer_sequence == P.c.payer_sequence))
        .where(*_standing())
        .order_by(C.c.claim_id, R.c.payment_date, CP.c.claim_payment_id)
    )
    return frame_of(conn, select, C.c.claim_id, claim_ids)


def of_families(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Claim payments in force for families, whichever payer decided, the earliest first.

    family_id, payer_sequence, status_code, is_crossover, paid_cents, share_cents (PR: left to the patient), paid_date
    (ISO). A decision that was taken back has status 22 and no amounts.
    """
    day = sa.func.coalesce(R.c.production_date, R.c.payment_date).label("paid_date")
    share = (
        sa.select(sa.func.coalesce(sa.func.sum(A.c.amount_cents), 0))
        .where(A.c.claim_payment_id == CP.c.claim_payment_id, A.c.group_code == "PR")
        .scalar_subquery()
    )
    is_back = sa.or_(P.c.is_superseded != 0, P.c.outcome == "reversal")
    select = (
        sa.select(
            *(P.c.family_id, P.c.payer_sequence, CP.c.is_crossover, day),
            sa.case((is_back, TAKEN_BACK), else_=CP.c.status_code).label("status_code"),
            sa.case((is_back, 0), else_=CP.c.paid_cents).label("paid_cents"),
            sa.cast(sa.case((is_back, 0), else_=share), sa.BigInteger).label("share_cents"),
        )
        .select_from(_in_force())
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(sa.or_(sa.and_(*_standing()), sa.and_(P.c.ended_at.is_(None), is_back)))
        .order_by(R.c.payment_date, CP.c.claim_payment_id)
    )
    return frame_of(conn, select, P.c.family_id, family_ids)


def decided_lines(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Service payments of claim payments with the number of our line (0: none fits), in file order."""
    select = (
        sa.select(
            *(SP.c.service_payment_id, SP.c.claim_payment_id, SP.c.procedure_qualifier, SP.c.procedure_code),
            *(SP.c.modifiers, SP.c.revenue_code, SP.c.paid_cents, SP.c.paid_units_milli),
            SP.c.submitted_procedure_code,
            sa.func.coalesce(LM.c.line_number, 0).label("line_number"),
        )
        .outerjoin(M, sa.and_(M.c.claim_payment_id == SP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(LM, sa.and_(LM.c.match_id == M.c.match_id, LM.c.service_payment_id == SP.c.service_payment_id))
        .order_by(SP.c.claim_payment_id, SP.c.ordinal)
    )
    return frame_of(conn, select, SP.c.claim_payment_id, claim_payment_ids)


def decided_adjustments(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Adjustments of claim payments in file order; service_payment_id 0: of the claim."""
    select = sa.select(
        A.c.claim_payment_id,
        sa.func.coalesce(A.c.service_payment_id, 0).label("service_payment_id"),
        *(A.c.group_code, A.c.reason_code, A.c.amount_cents, A.c.quantity_milli),
    ).order_by(A.c.claim_payment_id, A.c.seg, A.c.ordinal)
    return frame_of(conn, select, A.c.claim_payment_id, claim_payment_ids)


def decided_remarks(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Remark codes of the claim itself (MOA, MIA) in file order."""
    select = (
        sa.select(REM.c.claim_payment_id, REM.c.remark_code)
        .where(REM.c.service_payment_id.is_(None))
        .order_by(REM.c.claim_payment_id, REM.c.seg, REM.c.ordinal)
    )
    return frame_of(conn, select, REM.c.claim_payment_id, claim_payment_ids)


def with_next_claim(conn: sa.Connection, types: Sequence[str]) -> list[int]:
    """Claims with an open exception of these types for which a claim was made for the next payer, and not ended."""
    e, made = schema.exceptions, C.alias("made")
    select = (
        sa.select(e.c.claim_id)
        .distinct()
        .join(made, made.c.follows_claim_id == e.c.claim_id)
        .where(e.c.state == "open", e.c.type_code.in_(types))
        .where(made.c.purpose == "next_payer", made.c.life.not_in(ENDED))
    )
    return [int(claim_id) for claim_id in conn.execute(select).scalars()]


def told_before_a_change(conn: sa.Connection) -> pd.DataFrame:
    """Claims with a payer after another, sent, in whose family an earlier payer was posted after they were made.

    claim_id, family_id, file_id, sha256, seg, charge_cents.
    """
    # By the numbers of their events, for a clock may go back; the claim's first one is that it was made.
    own, told = schema.claim_events.alias("own"), schema.claim_events.alias("told")
    made = sa.select(sa.func.min(own.c.event_id)).where(own.c.claim_id == C.c.claim_id).correlate(C).scalar_subquery()
    known = (
        sa.select(sa.literal(1))
        .where(told.c.event_key == sa.literal("posting:") + sa.cast(P.c.claim_posting_id, sa.String))
        .where(told.c.event_id < made)
        .correlate(P, C)
        .exists()
    )
    changed = (
        sa.select(sa.literal(1))
        .where(
            P.c.family_id == C.c.family_id,
            P.c.ended_at.is_(None),
            P.c.outcome.in_(["posted", "reversal"]),
            ~known,
            _rank(P.c.payer_sequence) < _rank(C.c.payer_sequence),
        )
        .correlate(C)
        .exists()
    )
    select = (
        sa.select(C.c.claim_id, C.c.family_id, C.c.file_id, F.c.sha256, C.c.seg, C.c.charge_cents)
        .join(F, F.c.file_id == C.c.file_id)
        .where(C.c.origin == "to_send", C.c.state == "stored", C.c.payer_sequence.in_(list(RANKS)[1:]))
        .where(C.c.life.in_(SENT), changed)
        .order_by(C.c.claim_id)
    )
    return frame(conn, select)
