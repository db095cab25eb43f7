"""What payers announced to take back: balances of 2100 and 2110 while posting, and the exceptions that hang on them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import exceptions, schema
from claims.store.load import frame
from claims.store.payees import payee_of, with_remittance

J, L, R, E, PA = (
    schema.journals,
    schema.ledger_lines,
    schema.remittances,
    schema.exceptions,
    schema.provider_adjustments,
)
CP, UR = schema.claim_payments, schema.undone_remittances

SEVERAL = "FORWARD_BALANCES_SEVERAL"


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def payables(conn: sa.Connection) -> pd.DataFrame:
    """Balances of what payers announced to take back: account (2100, 2110), payer_code, payee, reference, amount_cents.

    A forward balance is that of one payee; a recovery names a claim, whose payee it is (payee "").
    """
    remits, of_line = with_remittance(L)
    keys = (L.c.account, L.c.payer_code, payee_of(L, remits).label("payee"), L.c.reference)
    return frame(
        conn,
        sa.select(*keys, _sum(L.c.amount_cents).label("amount_cents"))
        .outerjoin(remits, of_line)
        .where(L.c.account.in_(["2100", "2110"]))
        .group_by(*keys),
    )


def reissuable(conn: sa.Connection, remit_ids: list[int]) -> pd.DataFrame:
    """Payments in the books that a CS of these remittances names by their trace number, and what is open of each.

    remit_id, remit_key, payer_code, payer_identifier, payer_name, trace_number, payment_date, open_cents.
    """
    named = sa.select(PA.c.reference).where(PA.c.remit_id.in_(remit_ids), PA.c.reason_code == "CS")
    names = ("remit_id", "remit_key", "payer_code", "payer_identifier", "payer_name", "trace_number", "payment_date")
    return frame(
        conn,
        sa.select(*(R.c[name] for name in names), _sum(L.c.amount_cents).label("open_cents"))
        .join(L, sa.and_(L.c.remit_id == R.c.remit_id, L.c.account == "1050"))
        .where(R.c.trace_number.in_(named))
        .group_by(*(R.c[name] for name in names)),
    )


def meant_before(conn: sa.Connection, remit_ids: list[int]) -> pd.DataFrame:
    """To what each CS of these remittances came when it stood last, of those that an undo took back since.

    provider_adjustment_id, account and original_remit_id (the payment that it issued again, else 0).
    """
    back = J.alias("back")
    last = sa.select(sa.func.max(UR.c.run_id)).where(UR.c.remit_id == J.c.remit_id).scalar_subquery()
    is_own_clearing = sa.and_(L.c.account == "1050", L.c.remit_id == J.c.remit_id)
    original = sa.case((L.c.account == "1050", L.c.remit_id), else_=0)
    return frame(
        conn,
        sa.select(L.c.provider_adjustment_id, L.c.account, original.label("original_remit_id"))
        .select_from(J)
        .join(back, sa.and_(back.c.reverses_journal_id == J.c.journal_id, back.c.source == "undo"))
        .join(L, L.c.journal_id == J.c.journal_id)
        .join(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .where(
            *(J.c.remit_id.in_(remit_ids), J.c.source == "835", back.c.run_id == last),
            *(PA.c.reason_code == "CS", ~is_own_clearing),
        )
        .group_by(L.c.provider_adjustment_id, L.c.account, original)
        .having(sa.func.sum(L.c.amount_cents) != 0),
    )


def left_to_undone(conn: sa.Connection) -> list[int]:
    """Give the payments (remit_id) that a CS had issued again whose remittance is undone now."""
    select = sa.select(PA.c.remit_id).distinct().join(R, R.c.remit_id == PA.c.remit_id)
    undone = conn.scalars(select.where(R.c.state == "undone", PA.c.reason_code == "CS")).all()
    meant = meant_before(conn, [int(one) for one in undone])
    return sorted(set(meant["original_remit_id"].tolist()) - {0})


def several_forwards(conn: sa.Connection) -> pd.DataFrame:
    """L7: payers with more than one open forward balance for a payee: payer_code, payee, times, amount_cents."""
    remits, of_line = with_remittance(L)
    balance = (
        sa.select(
            L.c.payer_code,
            L.c.reference,
            sa.func.min(PA.c.provider_identifier).label("payee"),
            _sum(L.c.amount_cents).label("cents"),
        )
        .join(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .outerjoin(remits, of_line)
        .where(L.c.account == "2110")
        .group_by(L.c.payer_code, payee_of(L, remits), L.c.reference)
        .having(sa.func.sum(L.c.amount_cents) < 0)
        .subquery()
    )
    return frame(
        conn,
        sa.select(
            balance.c.payer_code,
            balance.c.payee,
            sa.func.count().label("times"),
            _sum(-balance.c.cents).label("amount_cents"),
        )
        .group_by(balance.c.payer_code, balance.c.payee)
        .having(sa.func.count() > 1)
        .order_by(balance.c.payer_code, balance.c.payee),
    )


def forward_keys(rows: pd.DataFrame) -> pd.Series:
    """Keys of the exceptions for rows of `several_forwards`."""
    return SEVERAL + ":" + rows["payer_code"] + ":" + rows["payee"]


def name_several_forwards(conn: sa.Connection, posting_date: date) -> None:
    """Keep an exception for each payer with several forward balances open, worth what they are together by now."""
    rows = several_forwards(conn)
    rows = rows.assign(type_code=SEVERAL, exception_key=forward_keys(rows))
    exceptions.open_all(conn, rows.drop(columns="times"), posting_date)
    exceptions.restate(conn, rows)
    still_open = frame(
        conn, sa.select(E.c.exception_id, E.c.exception_key).where(E.c.type_code == SEVERAL, E.c.state == "open")
    )
    over = still_open.loc[~still_open["exception_key"].isin(rows["exception_key"]), "exception_id"]
    exceptions.close_for(conn, "exception_id", over, [SEVERAL], "settled", posting_date)


def misnamed_forwards(conn: sa.Connection) -> pd.DataFrame:
    """L7: payers with several forward balances open that no open exception names with what they are together, and
    exceptions of payers that have one at most: payer_code, times and amount_cents (0: one at most), told_cents (0: no
    exception)."""
    rows = several_forwards(conn)
    rows["exception_key"] = forward_keys(rows)
    select = sa.select(E.c.exception_key, E.c.amount_cents.label("told_cents"))
    told = frame(conn, select.where(E.c.type_code == SEVERAL, E.c.state == "open"))
    both = rows.merge(told, on="exception_key", how="outer")
    cents = ["times", "amount_cents", "told_cents"]
    both[cents] = both[cents].fillna(0).astype("int64")
    both["payer_code"] = both["payer_code"].fillna(both["exception_key"].str.split(":").str[1])
    return both.loc[both["amount_cents"] != both["told_cents"], ["payer_code", *cents]].reset_index(drop=True)


def interest_that_differs(conn: sa.Connection, remit_ids: list[int] | None = None) -> pd.DataFrame:
    """L8: posted remittances whose PLB L6 is not the interest of their claims: remit_id, remit_key, off_cents, ..."""
    of_these = sa.true() if remit_ids is None else R.c.remit_id.in_(remit_ids)
    claims = (
        sa.select(CP.c.remit_id, _sum(CP.c.interest_cents).label("cents"))
        .where(CP.c.interest_cents != 0)
        .group_by(CP.c.remit_id)
        .subquery()
    )
    paid = (
        sa.select(PA.c.remit_id, _sum(-PA.c.amount_cents).label("cents"))
        .where(PA.c.reason_code == "L6")
        .group_by(PA.c.remit_id)
        .subquery()
    )
    off = sa.func.coalesce(paid.c.cents, 0) - sa.func.coalesce(claims.c.cents, 0)
    return frame(
        conn,
        sa.select(R.c.remit_id, R.c.remit_key, R.c.file_id, R.c.seg, sa.cast(off, sa.BigInteger).label("off_cents"))
        .outerjoin(claims, claims.c.remit_id == R.c.remit_id)
        .outerjoin(paid, paid.c.remit_id == R.c.remit_id)
        .where(of_these if remit_ids is not None else R.c.state == "posted", off != 0)
        .order_by(R.c.remit_key),
    )
