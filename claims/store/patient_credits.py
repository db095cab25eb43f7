"""Claim families whose 1200 is in credit, with what tells why."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import Origin
from claims.store.load import frame

MOVED = "E11"  # the rule by which what stood with one payer, its patient's share too, goes to another
J, L, E = schema.journals, schema.ledger_lines, schema.exceptions


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def with_payers(conn: sa.Connection, family_id: int) -> int:
    """What payers have open on a claim, in cents: the turns that are in debit."""
    by_turn = (
        sa.select(sa.func.sum(L.c.amount_cents).label("cents"))
        .where(L.c.account == "1100", L.c.family_id == family_id)
        .group_by(L.c.payer_sequence)
        .having(sa.func.sum(L.c.amount_cents) > 0)
        .subquery()
    )
    return int(conn.scalar(sa.select(sa.func.coalesce(sa.func.sum(by_turn.c.cents), 0))) or 0)


_FACTS = [
    *("family_id", "credit_cents", "open_cents", "paid_cents", "written_off_cents", "lowered_cents", "twice_cents"),
    *("is_prepaid", "moved_cents"),
]


def credits(conn: sa.Connection) -> pd.DataFrame:
    """Families with a patient's credit: family_id, credit_cents, open_cents (with payers), and the facts of its cause.

    paid_cents (by patients), written_off_cents, lowered_cents (of the share, after the first payment), twice_cents,
    is_prepaid (paid before any share was posted), moved_cents (of the share, to another payer that was billed for it).
    """
    # What a patient paid can be too much: its lines name no payer, which the index knows. Else only a share below zero
    # is in credit.
    paid_on = sa.select(L.c.family_id).where(L.c.account == "1200", L.c.payer_code == "", L.c.family_id.is_not(None))
    below = sa.select(E.c.family_id).where(E.c.type_code == "NEGATIVE_ADJ", E.c.family_id.is_not(None))
    in_credit = (
        sa.select(L.c.family_id)
        .where(L.c.account == "1200", L.c.family_id.in_(sa.union_all(paid_on, below)))
        .group_by(L.c.family_id)
        .having(sa.func.sum(L.c.amount_cents) < 0)
    )
    origin = Origin()  # a payer's reversal takes a write-off with it
    rows = frame(
        conn,
        origin.joined(
            sa.select(
                L.c.family_id,
                L.c.account,
                L.c.payer_sequence,
                L.c.reference,
                L.c.rule_id,
                L.c.amount_cents,
                origin.source.label("source"),
                J.c.journal_id,
            ).join(J, J.c.journal_id == L.c.journal_id)
        )
        .where(L.c.family_id.in_(in_credit), L.c.account.in_(["1100", "1200"]))
        .order_by(L.c.family_id, J.c.journal_id, L.c.ledger_line_id),
    )
    if rows.empty:
        return rows.reindex(columns=_FACTS).astype("int64")
    on_1200 = rows[rows["account"] == "1200"]
    by_turn = rows[rows["account"] == "1100"].groupby(["family_id", "payer_sequence"])["amount_cents"].sum()
    open_ = by_turn.clip(lower=0).groupby("family_id").sum()
    balance = on_1200.groupby("family_id")["amount_cents"].sum()
    of_patient = on_1200["source"] == "patient"
    paid = on_1200[of_patient & (on_1200["reference"] != "")]
    sums = -paid.groupby(["family_id", "reference"])["amount_cents"].sum()
    by_payment = sums[sums > 0].rename("cents").reset_index()
    twice = by_payment[by_payment.duplicated(["family_id", "cents"])].groupby("family_id")["cents"].max()
    first = paid.groupby("family_id")["journal_id"].min()
    share = on_1200[~of_patient]
    after = share["journal_id"] > first.reindex(share["family_id"], fill_value=0).to_numpy("int64")
    later = share[after].groupby("family_id")["amount_cents"].sum()
    begun = share.groupby("family_id")["journal_id"].min()
    written_off = -on_1200[of_patient & (on_1200["reference"] == "")].groupby("family_id")["amount_cents"].sum()
    moved = on_1200[on_1200["rule_id"] == MOVED].groupby("family_id")["amount_cents"].sum()
    ids = balance.index

    def of(sums: pd.Series) -> pd.Series:
        return sums.reindex(ids, fill_value=0).astype("int64")

    # A prepayment is followed by the share: what comes after it lowers nothing unless more went than came.
    is_prepaid = of(first) < begun.reindex(ids, fill_value=2**62)
    return pd.DataFrame(
        {
            "credit_cents": -balance.astype("int64"),
            "open_cents": of(open_),
            "paid_cents": of(by_payment.groupby("family_id")["cents"].sum()),
            "written_off_cents": of(written_off),
            "lowered_cents": (-of(later)).where(~is_prepaid, 0).clip(lower=0),
            "twice_cents": of(twice),
            "is_prepaid": is_prepaid,
            "moved_cents": (-of(moved)).clip(lower=0),
        }
    ).reset_index()
