"""Exceptions that settle themselves: balances that have become what they should be close what named them."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from claims.store import schema
from claims.store.exceptions import close

E, L, M = schema.exceptions, schema.ledger_lines, schema.matches


TYPES = ("CREDIT_BALANCE", "SECONDARY_SHORT")


def is_settled() -> sa.ColumnElement[bool]:
    """Condition on exceptions of these types: nothing is in credit any more, or nothing is left open."""
    turn = (
        sa.select(M.c.payer_sequence)
        .where(M.c.claim_payment_id == E.c.claim_payment_id, M.c.ended_at.is_(None))
        .correlate(E)
        .scalar_subquery()
    )
    by_turn = sa.select(sa.func.sum(L.c.amount_cents)).where(
        L.c.family_id == E.c.family_id, L.c.account == "1100", L.c.payer_sequence == turn
    )
    left = sa.func.coalesce(by_turn.correlate(E).scalar_subquery(), 0)
    line = (
        sa.select(sa.literal(1))
        .where(L.c.family_id == E.c.family_id, L.c.account == "1100", L.c.payer_sequence == turn)
        .group_by(L.c.line_number)
        .having(sa.func.sum(L.c.amount_cents) < 0)
        .correlate(E)
    )
    is_whole = (
        sa.select(sa.literal(1))
        .where(L.c.family_id == E.c.family_id, L.c.account == "1100", L.c.line_number == 0)
        .correlate(E)
    )
    no_credit = sa.and_(left >= 0, sa.or_(~line.exists(), is_whole.exists()))
    # Of what no decision of that payer made, or of a charge that moved: the whole claim is looked at.
    of_claim = sa.and_(L.c.family_id == E.c.family_id, L.c.account == "1100")
    in_credit = sa.select(sa.literal(1)).where(of_claim).having(sa.func.sum(L.c.amount_cents) < 0).correlate(E)
    any_credit = in_credit.group_by(L.c.payer_sequence).exists()
    any_line = in_credit.group_by(L.c.payer_sequence, L.c.line_number).exists()
    nowhere = sa.and_(~any_credit, sa.or_(~any_line, is_whole.exists()))
    no_credit = sa.case((E.c.claim_payment_id.is_(None), nowhere), else_=no_credit)
    return sa.or_(
        sa.and_(E.c.type_code == "CREDIT_BALANCE", no_credit), sa.and_(E.c.type_code == "SECONDARY_SHORT", left <= 0)
    )


def close_settled(conn: sa.Connection, posting_date: date) -> int:
    """Close CREDIT_BALANCE where nothing is in credit any more, and SECONDARY_SHORT where nothing is left open."""
    return close(conn, "settled", posting_date, E.c.type_code.in_(TYPES), is_settled())
