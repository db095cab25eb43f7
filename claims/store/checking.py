"""Selects that recount the books: each gives the rows that break an invariant, so none is good."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.banking import OUT
from claims.store.in_force import Origin
from claims.store.load import frame

J, L, R, P, CP, A = (
    schema.journals,
    schema.ledger_lines,
    schema.remittances,
    schema.claim_postings,
    schema.claim_payments,
    schema.adjustments,
)
CL, M = schema.classifications, schema.matches
B, D, E = schema.bank_lines, schema.deposit_matches, schema.exceptions


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def unbalanced_journals(conn: sa.Connection) -> pd.DataFrame:
    """L1: journals whose lines do not sum to zero (idempotency_key, off_cents)."""
    return frame(
        conn,
        sa.select(J.c.idempotency_key, _sum(L.c.amount_cents).label("off_cents"))
        .outerjoin(L, L.c.journal_id == J.c.journal_id)
        .group_by(J.c.idempotency_key)
        .having(sa.or_(sa.func.sum(L.c.amount_cents) != 0, sa.func.count(L.c.ledger_line_id) < 2)),
    )


def unclear_remittances(conn: sa.Connection) -> pd.DataFrame:
    """L2: posted remittances whose own posting does not move clearing by BPR02 (remit_key, off_cents)."""
    later = J.alias("later")
    own = (
        sa.select(L.c.remit_id, _sum(L.c.amount_cents).label("cents"))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(L.c.account == "1050", J.c.source == "835", J.c.remit_id == L.c.remit_id)
        .where(
            ~sa.select(sa.literal(1))
            .where(later.c.reverses_journal_id == J.c.journal_id, later.c.source == "undo")
            .exists()
        )
        .where(J.c.source != "undo")
        .group_by(L.c.remit_id)
        .subquery()
    )
    off = R.c.payment_cents - sa.func.coalesce(own.c.cents, 0)
    return frame(
        conn,
        sa.select(R.c.remit_key, sa.cast(off, sa.BigInteger).label("off_cents"))
        .outerjoin(own, own.c.remit_id == R.c.remit_id)
        .where(R.c.state == "posted", off != 0),
    )


def moving_undone(conn: sa.Connection) -> pd.DataFrame:
    """L2: undone remittances whose journals still move an account (remit_key, account, off_cents)."""
    return frame(
        conn,
        sa.select(R.c.remit_key, L.c.account, _sum(L.c.amount_cents).label("off_cents"))
        .join(J, J.c.remit_id == R.c.remit_id)
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(R.c.state == "undone", J.c.source != "bank")
        .group_by(R.c.remit_key, L.c.account)
        .having(sa.func.sum(L.c.amount_cents) != 0)
        .order_by(R.c.remit_key, L.c.account),
    )


def unsettled_remittances(conn: sa.Connection) -> pd.DataFrame:
    """L3: posted remittances whose clearing is not what their deposits leave open (remit_key, off_cents).

    So one whose money has come in full has nothing on 1050. One that is partly paid, or whose deposit was taken back,
    must be named by an open exception too. Never is more taken off clearing than was put there, and nothing is left of
    a remittance that is undone.
    """
    bank = sa.case((J.c.source == "bank", L.c.amount_cents), else_=0)
    cleared = (
        sa.select(L.c.remit_id, _sum(L.c.amount_cents).label("open"), _sum(bank).label("bank"))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(L.c.account == "1050", L.c.remit_id.is_not(None))
        .group_by(L.c.remit_id)
        .subquery()
    )
    tied = (
        sa.select(D.c.remit_id, _sum(D.c.amount_cents).label("cents"))
        .where(D.c.ended_at.is_(None), D.c.remit_id.is_not(None))
        .group_by(D.c.remit_id)
        .subquery()
    )
    told = (
        sa.select(sa.literal(1))
        .where(E.c.remit_id == R.c.remit_id, E.c.state == "open")
        .where(E.c.type_code.in_(["DEPOSIT_SHORT", "DEPOSIT_RETURNED", "REMIT_WITHOUT_DEPOSIT"]))
    )
    open_, bank_cents = sa.func.coalesce(cleared.c.open, 0), sa.func.coalesce(cleared.c.bank, 0)
    tied_cents = sa.func.coalesce(tied.c.cents, 0)
    closed = sa.and_(tied_cents == R.c.payment_cents, R.c.payment_cents != 0, bank_cents == -tied_cents, open_ != 0)
    unnamed = sa.and_(tied.c.cents.is_not(None), open_ != 0, ~told.exists())
    return frame(
        conn,
        sa.select(R.c.remit_key, sa.cast(open_, sa.BigInteger).label("off_cents"))
        .outerjoin(cleared, cleared.c.remit_id == R.c.remit_id)
        .outerjoin(tied, tied.c.remit_id == R.c.remit_id)
        .where(
            sa.or_(
                sa.and_(R.c.state == "posted", sa.or_(bank_cents != -tied_cents, closed, unnamed, open_ < 0)),
                sa.and_(R.c.state == "undone", open_ != 0),
            )
        )
        .order_by(R.c.remit_key),
    )


def unlike_rests(conn: sa.Connection) -> list[str]:
    """Name the bank lines (line_key) of which lists say another rest or state than their ties in force leave."""
    tied = sa.select(_sum(D.c.amount_cents - D.c.fee_cents)).where(
        D.c.bank_line_id == B.c.bank_line_id, D.c.ended_at.is_(None)
    )
    rest = B.c.amount_cents - tied.correlate(B).scalar_subquery()
    state = sa.case((B.c.rest_cents == 0, "tied"), else_="open")
    wrong = sa.or_(B.c.rest_cents != rest, B.c.state.not_in([state, *OUT]))
    return [str(key) for key in conn.scalars(sa.select(B.c.line_key).where(wrong).order_by(B.c.line_key))]


def unmoved_bank_lines(conn: sa.Connection) -> pd.DataFrame:
    """Bank lines in the books that did not move cash by their amount, or whose rest does not wait on 2200.

    Gives line_key, off_cents.
    """
    cash = sa.case((L.c.account == "1000", L.c.amount_cents), else_=0)
    waits = sa.case((L.c.account == "2200", -L.c.amount_cents), else_=0)
    moved = (
        sa.select(L.c.bank_line_id, _sum(cash).label("cash"), _sum(waits).label("waits"))
        .where(L.c.bank_line_id.is_not(None))
        .group_by(L.c.bank_line_id)
        .subquery()
    )
    tied = (
        sa.select(D.c.bank_line_id, _sum(D.c.amount_cents - D.c.fee_cents).label("cents"))
        .where(D.c.ended_at.is_(None))
        .group_by(D.c.bank_line_id)
        .subquery()
    )
    off_cash = B.c.amount_cents - moved.c.cash
    off_rest = B.c.amount_cents - sa.func.coalesce(tied.c.cents, 0) - moved.c.waits
    return frame(
        conn,
        sa.select(
            B.c.line_key, sa.cast(sa.case((off_cash != 0, off_cash), else_=off_rest), sa.BigInteger).label("off_cents")
        )
        .join(moved, moved.c.bank_line_id == B.c.bank_line_id)
        .outerjoin(tied, tied.c.bank_line_id == B.c.bank_line_id)
        .where(sa.or_(off_cash != 0, off_rest != 0), B.c.state.not_in(OUT))
        .order_by(B.c.line_key),
    )


def receivable_by_family(conn: sa.Connection) -> pd.DataFrame:
    """Ledger side of L4: charges (4000, credit as positive) and A/R (1100 + 1110 + 1200) by family."""
    charges = sa.case((L.c.account == "4000", -L.c.amount_cents), else_=0)
    open_ = sa.case((L.c.account.in_(["1100", "1110", "1200"]), L.c.amount_cents), else_=0)
    other = sa.case((L.c.account.in_(["4000", "1100", "1110", "1200"]), 0), else_=L.c.amount_cents)
    # A reversal in an 835 takes a person's write-off with it: what counts is where the journal began.
    origin = Origin()
    acted = sa.case((origin.source.in_(["835", "apply"]), 0), else_=other)
    select = sa.select(
        L.c.family_id,
        _sum(charges).label("charge_cents"),
        _sum(open_).label("open_cents"),
        _sum(acted).label("acted_cents"),
    ).join(J, J.c.journal_id == L.c.journal_id)
    return frame(conn, origin.joined(select).where(L.c.family_id.is_not(None)).group_by(L.c.family_id))


def settled_by_family(conn: sa.Connection) -> pd.DataFrame:
    """Remittance side of L4: what posted decisions in force paid and reduced by family, from the 835 rows.

    A reduction that was posted before (an overlap, a repeat) counts once.
    """
    in_force = sa.and_(P.c.ended_at.is_(None), P.c.outcome == "posted", P.c.is_superseded == 0)
    paid = (
        sa.select(P.c.family_id, _sum(CP.c.paid_cents - P.c.unposted_cents).label("cents"))
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .where(in_force)
        .group_by(P.c.family_id)
    )
    reduced = (
        sa.select(P.c.family_id, _sum(A.c.amount_cents).label("cents"))
        .join(A, A.c.claim_payment_id == P.c.claim_payment_id)
        .join(CL, CL.c.adjustment_id == A.c.adjustment_id)
        .where(in_force, CL.c.adjustment_class.in_(["contractual", "info", "sequestration"]))
        .group_by(P.c.family_id)
    )
    both = sa.union_all(paid, reduced).subquery()
    return frame(
        conn, sa.select(both.c.family_id, _sum(both.c.cents).label("settled_cents")).group_by(both.c.family_id)
    )


def unnamed(conn: sa.Connection, type_code: str, keys: pd.Series) -> pd.Series:
    """Tell which of these exception keys of a type are neither open nor accepted by a person."""
    table = schema.exceptions
    is_named = sa.or_(table.c.state == "open", table.c.closed_reason == "accepted")
    found = conn.scalars(sa.select(table.c.exception_key).where(table.c.type_code == type_code, is_named))
    return ~keys.isin([str(one) for one in found])


def sizes(conn: sa.Connection) -> dict[str, int]:
    """How many journals, posted remittances, reversals and claim payments there are to look at."""
    selects = {
        "journals": sa.select(sa.func.count()).select_from(J),
        "remittances": sa.select(sa.func.count()).select_from(R).where(R.c.state == "posted"),
        "bank_lines": sa.select(sa.func.count()).select_from(B),
        "reversals": sa.select(sa.func.count()).select_from(P).where(P.c.outcome == "reversal", P.c.ended_at.is_(None)),
        "claim_payments": sa.select(sa.func.count()).select_from(P).where(P.c.ended_at.is_(None)),
    }
    return {name: int(conn.scalar(select) or 0) for name, select in selects.items()}


def repeated_keys(conn: sa.Connection) -> pd.DataFrame:
    """L9: idempotency keys that stand more than once (the unique index forbids it; recounted all the same)."""
    return frame(
        conn,
        sa.select(J.c.idempotency_key, sa.func.count().label("times"))
        .group_by(J.c.idempotency_key)
        .having(sa.func.count() > 1),
    )


def posted_without_posting(conn: sa.Connection) -> pd.DataFrame:
    """L9: claim payments of posted remittances that no posting decided, which a reconcile would post (again)."""
    return frame(
        conn,
        sa.select(R.c.remit_key, CP.c.ordinal)
        .join(CP, CP.c.remit_id == R.c.remit_id)
        .outerjoin(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .where(R.c.state == "posted", P.c.claim_posting_id.is_(None)),
    )


def trial_balance(conn: sa.Connection) -> pd.DataFrame:
    """Balance of every account: account, amount_cents (debit positive)."""
    return frame(
        conn,
        sa.select(L.c.account, _sum(L.c.amount_cents).label("amount_cents"))
        .group_by(L.c.account)
        .order_by(L.c.account),
    )


def stored_hashes(conn: sa.Connection) -> list[str]:
    """Hashes of all files that should lie in the vault."""
    return [str(one) for one in conn.scalars(sa.select(schema.files.c.sha256).order_by(schema.files.c.sha256))]
