"""Selects that recount what became of claim payments (L5, L10): each gives the rows that break it, so none is good."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.posting import RELEASED

J, L, R, P, CP, M = (
    schema.journals,
    schema.ledger_lines,
    schema.remittances,
    schema.claim_postings,
    schema.claim_payments,
    schema.matches,
)


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def undone_reversals(conn: sa.Connection) -> pd.DataFrame:
    """L5: decisions that a reversal took back and that still stand (remit_key, ordinal), or were of another family."""
    first, own = P.alias("first"), P.alias("own")
    stands = sa.and_(first.c.outcome == "posted", first.c.is_superseded == 0)
    other_family = sa.and_(
        M.c.family_id.is_not(None), first.c.family_id.is_not(None), M.c.family_id != first.c.family_id
    )
    return frame(
        conn,
        sa.select(R.c.remit_key, CP.c.ordinal)
        .select_from(own)
        .join(first, first.c.claim_payment_id == own.c.reverses_claim_payment_id)
        .join(CP, CP.c.claim_payment_id == own.c.claim_payment_id)
        .join(R, R.c.remit_id == own.c.remit_id)
        .outerjoin(M, sa.and_(M.c.claim_payment_id == own.c.claim_payment_id, M.c.ended_at.is_(None)))
        .where(own.c.outcome == "reversal", own.c.ended_at.is_(None), first.c.ended_at.is_(None))
        .where(sa.or_(stands, other_family)),
    )


def unlike_releases(conn: sa.Connection) -> pd.DataFrame:
    """L5: decisions taken back without a reversal that no journal in force takes back (remit_key, ordinal).

    Also those that name one as taken back whose journals theirs do not take back.
    """
    by, other = P.alias("by"), P.alias("other")
    back, taken = J.alias("release"), J.alias("released")
    pair = sa.select(sa.literal(1)).select_from(back).join(taken, taken.c.journal_id == back.c.reverses_journal_id)
    pair = pair.where(back.c.reason_code == "release", stands(back))
    of_other = pair.where(taken.c.claim_payment_id == other.c.claim_payment_id).correlate(other)
    own, target = back.c.claim_payment_id, taken.c.claim_payment_id
    named = pair.where(own == by.c.claim_payment_id, target == by.c.reverses_claim_payment_id).correlate(by)
    both = sa.union_all(
        sa.select(other.c.claim_payment_id).where(
            other.c.ended_at.is_(None), other.c.is_superseded == RELEASED, ~of_other.exists()
        ),
        sa.select(by.c.claim_payment_id).where(
            *(by.c.ended_at.is_(None), by.c.outcome == "posted", by.c.reverses_claim_payment_id.is_not(None)),
            ~named.exists(),
        ),
    ).subquery()
    select = sa.select(R.c.remit_key, CP.c.ordinal).select_from(both)
    select = select.join(CP, CP.c.claim_payment_id == both.c.claim_payment_id)
    return frame(conn, select.join(R, R.c.remit_id == CP.c.remit_id))


def unequal_reversals(conn: sa.Connection) -> pd.DataFrame:
    """L5: journals that take another back and are not its exact negation, or not alone (idempotency_key, off_cents).

    Only the cash side may stand on 2200 instead of 1050: that of a reversal that came before its original.
    """
    account = sa.case((L.c.account == "1050", "2200"), else_=L.c.account).label("account")
    facts = (account, L.c.line_number, L.c.payer_code, L.c.payer_sequence, L.c.adjustment_id, L.c.amount_cents)
    own = sa.select(J.c.journal_id.label("pair_id"), *facts).join(L, L.c.journal_id == J.c.journal_id)
    taken = sa.select(J.c.journal_id.label("pair_id"), *facts).join(L, L.c.journal_id == J.c.reverses_journal_id)
    both = sa.union_all(own.where(J.c.reverses_journal_id.is_not(None)), taken).subquery()
    keys = (both.c.pair_id, both.c.account, both.c.line_number, both.c.payer_code, both.c.payer_sequence)
    sums = (
        sa.select(both.c.pair_id, sa.func.abs(sa.func.sum(both.c.amount_cents)).label("cents"))
        .group_by(*keys, both.c.adjustment_id)
        .having(sa.func.sum(both.c.amount_cents) != 0)
        .subquery()
    )
    again, other, undone = J.alias("again"), J.alias("other"), J.alias("undone")
    twice = (
        sa.select(again.c.idempotency_key, sa.literal(0, sa.BigInteger).label("off_cents"))
        .join(other, other.c.reverses_journal_id == again.c.reverses_journal_id)
        .outerjoin(undone, undone.c.reverses_journal_id.in_([again.c.journal_id, other.c.journal_id]))
        .where(other.c.journal_id < again.c.journal_id, undone.c.journal_id.is_(None))
    )
    off = (
        sa.select(J.c.idempotency_key, _sum(sums.c.cents).label("off_cents"))
        .join(sums, sums.c.pair_id == J.c.journal_id)
        .group_by(J.c.idempotency_key)
    )
    return pd.concat([frame(conn, off), frame(conn, twice)], ignore_index=True)


def misplaced_cash(conn: sa.Connection) -> pd.DataFrame:
    """L10: claim payments whose cash in the journals is not what their posting in force says (remit_key, ordinal).

    What was posted moved clearing by CLP04 and left nothing on 2200; what waits left all of it there.
    """
    on = {account: _sum(sa.case((L.c.account == account, L.c.amount_cents), else_=0)) for account in ("1050", "2200")}
    cash = (
        sa.select(J.c.claim_payment_id, on["1050"].label("clearing"), on["2200"].label("unapplied"))
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(L.c.account.in_(["1050", "2200"]), J.c.claim_payment_id.is_not(None))
        .group_by(J.c.claim_payment_id)
        .subquery()
    )
    waits = sa.case((P.c.outcome == "unapplied", CP.c.paid_cents), else_=0)
    return frame(
        conn,
        sa.select(R.c.remit_key, CP.c.ordinal)
        .select_from(P)
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(cash, cash.c.claim_payment_id == P.c.claim_payment_id)
        .where(
            P.c.ended_at.is_(None),
            P.c.is_superseded == 0,
            P.c.outcome != "reversal",
            sa.or_(
                sa.func.coalesce(cash.c.clearing, 0) != CP.c.paid_cents, sa.func.coalesce(cash.c.unapplied, 0) != -waits
            ),
        ),
    )
