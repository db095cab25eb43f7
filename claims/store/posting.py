"""What posting reads: remittances ready to post, payments that wait, open balances and earlier decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.bulk import bulk_insert
from claims.store.engine import is_postgresql
from claims.store.load import frame
from claims.store.posting_order import payment_day, posting_order
from claims.store.rows import frame_of

CP, SP, A, REM = schema.claim_payments, schema.service_payments, schema.adjustments, schema.remarks
R, F, M, LM, P = schema.remittances, schema.families, schema.matches, schema.line_matches, schema.claim_postings
J, L, PA = schema.journals, schema.ledger_lines, schema.provider_adjustments

# Reasons under which cash waits on 2200 and every reconcile looks again.
RETRIED = (
    "UNMATCHED_CLAIM",
    "AMBIGUOUS_CLAIM",
    "CHARGE_DIFFERS",
    "PAYEE_DIFFERS",
    "CORRECTION_WITHOUT_REVERSAL",
    "EARLIER_PAYER_MISSING",
    "REVERSAL_ORPHAN",
    "POSTED_ON_UNDONE",
)
# Rules of a journal that only puts the cash of a claim payment on 2200.
CASH_RULES = ("C22", "C30", "C31", "C32", "C34")
REDUCTION_RULES = ("C02", "C03", "C04")  # what a payer takes off a charge, as `ledger.open_test` says
ON_UNDONE = "POSTED_ON_UNDONE"  # it was posted, on top of something that was undone
BY_HAND = "by-hand"  # the rule of a match that a person made
UNDONE = "UNDONE"  # an open exception of this type holds a claim payment back until a replay

AGAIN = "stands_again"  # the reason of a journal that holds again what was released
STANDING, TAKEN_BACK, RELEASED = 0, 1, 2  # words of claim_postings.is_superseded


@dataclass(frozen=True)
class Scope:
    """The claim payments of one posting batch, as a select of their ids."""

    ids: sa.Select[tuple[int]]


def ready_remittances(conn: sa.Connection, claims_at_most: int, after: tuple[str, str] | None = None) -> pd.DataFrame:
    """The next remittances to post, by payment date and key, holding together at most so many claims (one at least)."""
    day = payment_day()
    rows = frame(
        conn,
        sa.select(
            R.c.remit_id,
            R.c.remit_key,
            R.c.claim_count,
            R.c.payment_cents,
            R.c.payment_date,
            R.c.payer_code,
            R.c.generation,
            R.c.file_id,
            R.c.seg,
            day.label("payment_day"),
        )
        .where(R.c.state == "ready", sa.true() if after is None else sa.tuple_(day, R.c.remit_key) > sa.tuple_(*after))
        .order_by(day, R.c.remit_key)
        .limit(800),
    )
    fits = (rows["claim_count"].cumsum() <= claims_at_most) | (rows.index == 0)
    return rows[fits].reset_index(drop=True)


def of_remittances(remit_ids: Sequence[int]) -> Scope:
    """Scope of all claim payments of some remittances."""
    return Scope(sa.select(CP.c.claim_payment_id).where(CP.c.remit_id.in_([int(one) for one in remit_ids])))


@contextmanager
def not_posted(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> Iterator[Scope]:
    """Scope of those claim payments among these that nothing was done with yet, or whose cash waits.

    The ids stand in a table of this transaction while the scope is open: it is part of many selects, and a remittance
    may hold more claims than a statement takes values.
    """
    done = sa.select(P.c.claim_payment_id).where(P.c.ended_at.is_(None), P.c.outcome != "unapplied")
    id_of = sa.Column("claim_payment_id", CP.c.claim_payment_id.type, primary_key=True)
    given = sa.Table("given_claim_payments", sa.MetaData(), id_of, prefixes=["TEMPORARY"])
    given.create(conn)
    ids = pd.DataFrame({"claim_payment_id": pd.Series(list(claim_payment_ids), dtype="int64").drop_duplicates()})
    bulk_insert(conn, given, ids)
    if is_postgresql(conn):
        conn.execute(sa.text("ANALYZE given_claim_payments"))  # else it is planned as if it were small
    yield Scope(sa.select(given.c.claim_payment_id).where(given.c.claim_payment_id.not_in(done)))
    given.drop(conn)


def of_waiting(after: int, limit: int) -> Scope:
    """Scope of claim payments whose cash waits on 2200 for a reason that may have gone; what was undone stays out."""
    E = schema.exceptions
    held = sa.select(E.c.claim_payment_id).where(
        E.c.type_code == UNDONE, E.c.state == "open", E.c.claim_payment_id.is_not(None)
    )
    return Scope(
        sa.select(P.c.claim_payment_id)
        .where(
            P.c.ended_at.is_(None),
            P.c.is_superseded == 0,
            P.c.outcome == "unapplied",
            P.c.reason_code.in_(RETRIED),
            P.c.claim_payment_id > after,
            P.c.claim_payment_id.not_in(held),
        )
        .order_by(P.c.claim_payment_id)
        .limit(limit)
    )


def claim_payments(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Claim payments with their remittance, match and waiting reason, in posting order (a remittance's 22s first)."""
    day = payment_day()
    return frame(
        conn,
        sa.select(
            CP.c.claim_payment_id,
            CP.c.remit_id,
            CP.c.file_id,
            CP.c.seg,
            CP.c.ordinal,
            CP.c.claim_number_normal,
            CP.c.payer_claim_number,
            CP.c.original_reference,
            CP.c.member_id,
            CP.c.status_code,
            CP.c.charge_cents,
            CP.c.paid_cents,
            CP.c.patient_responsibility_cents,
            CP.c.filing_indicator_code,
            R.c.remit_key,
            R.c.generation,
            R.c.payment_date,
            posting_order().label("posting_order"),
            R.c.payer_code,
            R.c.payee_identifier,
            M.c.family_id,
            sa.func.coalesce(M.c.payer_code, "").label("claim_payer_code"),
            sa.func.coalesce(M.c.payer_sequence, "").label("payer_sequence"),
            sa.func.coalesce(M.c.next_sequence, "").label("next_sequence"),
            sa.func.coalesce(M.c.next_payer_code, "").label("next_payer_code"),
            sa.func.coalesce(M.c.evidence, "").label("evidence"),
            sa.type_coerce(sa.func.coalesce(M.c.rule, "") == BY_HAND, sa.Boolean).label("is_by_hand"),
            sa.func.coalesce(P.c.reason_code, "").label("waiting_reason"),
            sa.func.coalesce(P.c.claim_posting_id, 0).label("last_posting_id"),
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .where(CP.c.claim_payment_id.in_(scope.ids))
        .order_by(day, R.c.remit_key, sa.case((CP.c.status_code == "22", 0), else_=1), CP.c.ordinal),
    )


def service_payments(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Service payments of the scope with the line number that their match gave them (0 = none)."""
    return frame(
        conn,
        sa.select(
            SP.c.service_payment_id,
            SP.c.claim_payment_id,
            SP.c.seg,
            SP.c.procedure_code,
            SP.c.charge_cents,
            SP.c.paid_cents,
            sa.func.coalesce(LM.c.line_number, 0).label("line_number"),
            sa.func.coalesce(LM.c.rule, "").label("line_rule"),
        )
        .outerjoin(M, sa.and_(M.c.claim_payment_id == SP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(LM, sa.and_(LM.c.match_id == M.c.match_id, LM.c.service_payment_id == SP.c.service_payment_id))
        .where(SP.c.claim_payment_id.in_(scope.ids))
        .order_by(SP.c.claim_payment_id, SP.c.ordinal),
    )


def adjustments(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Adjustments of the scope in file order."""
    return frame(
        conn,
        sa.select(
            A.c.adjustment_id,
            A.c.claim_payment_id,
            A.c.service_payment_id,
            A.c.seg,
            A.c.ordinal,
            A.c.group_code,
            A.c.reason_code,
            A.c.amount_cents,
        )
        .where(A.c.claim_payment_id.in_(scope.ids))
        .order_by(A.c.claim_payment_id, A.c.seg, A.c.ordinal),
    )


def remarks(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Remark codes of the scope in file order."""
    return frame(
        conn,
        sa.select(REM.c.claim_payment_id, REM.c.service_payment_id, REM.c.seg, REM.c.ordinal, REM.c.remark_code)
        .where(REM.c.claim_payment_id.in_(scope.ids))
        .order_by(REM.c.claim_payment_id, REM.c.seg, REM.c.ordinal),
    )


def families_of(scope: Scope) -> sa.Select[tuple[int]]:
    """Select the families that the scope is matched to."""
    return sa.select(M.c.family_id).where(
        M.c.claim_payment_id.in_(scope.ids), M.c.ended_at.is_(None), M.c.family_id.is_not(None)
    )


def receivables(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Open 1100 of the families in scope: family_id, payer_sequence, line_number, amount_cents."""
    return frame(
        conn,
        sa.select(
            L.c.family_id,
            L.c.payer_sequence,
            L.c.line_number,
            sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("amount_cents"),
        )
        .where(L.c.account == "1100", L.c.family_id.in_(families_of(scope)))
        .group_by(L.c.family_id, L.c.payer_sequence, L.c.line_number),
    )


def open_receivables(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Open 1100 of families, as `receivables` gives it."""
    keys = (L.c.family_id, L.c.payer_sequence, L.c.line_number)
    amount = sa.cast(sa.func.sum(L.c.amount_cents), sa.BigInteger).label("amount_cents")
    select = sa.select(*keys, amount).where(L.c.account == "1100").group_by(*keys)
    return frame_of(conn, select, L.c.family_id, family_ids)


def provider_adjustments(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """PLB amounts of remittances in posting order."""
    day = payment_day()
    return frame(
        conn,
        sa.select(
            PA.c.provider_adjustment_id,
            PA.c.remit_id,
            PA.c.file_id,
            PA.c.seg,
            PA.c.ordinal,
            PA.c.reason_code,
            PA.c.reference,
            PA.c.amount_cents,
            R.c.payer_code,
            R.c.payee_identifier,
            R.c.remit_key,
            R.c.generation,
            R.c.payment_date,
        )
        .join(R, R.c.remit_id == PA.c.remit_id)
        .where(PA.c.remit_id.in_([int(one) for one in remit_ids]))
        .order_by(day, R.c.remit_key, PA.c.ordinal),
    )
