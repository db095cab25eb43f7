"""What payers announced to take back: balances of 2100 and 2110 while posting, and the exceptions that hang on them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import checking, exceptions, schema
from claims.store.in_force import stands
from claims.store.load import frame
from claims.store.payees import payee_of, with_remittance

J, L, R, E, PA = (
    schema.journals,
    schema.ledger_lines,
    schema.remittances,
    schema.exceptions,
    schema.provider_adjustments,
)
CP = schema.claim_payments

UNANNOUNCED = ("WO_WITHOUT_REVERSAL", "FB_WITHOUT_FORWARD")
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
    """Payments in the books whose money never came and that a CS of these remittances names by their trace number.

    remit_id, payer_code, trace_number, open_cents.
    """
    named = sa.select(PA.c.reference).where(PA.c.remit_id.in_(remit_ids), PA.c.reason_code == "CS")
    return frame(
        conn,
        sa.select(R.c.remit_id, R.c.payer_code, R.c.trace_number, _sum(L.c.amount_cents).label("open_cents"))
        .join(L, sa.and_(L.c.remit_id == R.c.remit_id, L.c.account == "1050"))
        .where(R.c.trace_number.in_(named))
        .group_by(R.c.remit_id, R.c.payer_code, R.c.trace_number)
        .having(sa.func.sum(L.c.amount_cents) != 0),
    )


def close_announced(conn: sa.Connection, posting_date: date) -> int:
    """Close the exceptions of recoveries and forward balances that were announced after all: no debit is left."""
    rows = _debits(conn, "open")
    done = rows.loc[rows["debit_cents"] <= 0, "exception_id"]
    return exceptions.close_for(conn, "exception_id", done, UNANNOUNCED, "announced", posting_date)


def _debits(conn: sa.Connection, state: str) -> pd.DataFrame:
    """Exceptions of recoveries and forward balances of a state, with the debit on their reference."""
    own = L.alias("own")
    remits, of_line = with_remittance(L)
    own_remits, of_own = with_remittance(own)
    return frame(
        conn,
        sa.select(E.c.exception_id, _sum(L.c.amount_cents).label("debit_cents"))
        .join(J, E.c.exception_key == E.c.type_code + ":" + J.c.idempotency_key)
        .join(own, sa.and_(own.c.journal_id == J.c.journal_id, own.c.account.in_(["2100", "2110"])))
        .outerjoin(own_remits, of_own)
        .join(
            L,
            sa.and_(
                L.c.account == own.c.account,
                L.c.payer_code == own.c.payer_code,
                L.c.reference == own.c.reference,
            ),
        )
        .outerjoin(remits, of_line)
        .where(E.c.state == state, E.c.type_code.in_(UNANNOUNCED), stands())
        .where(payee_of(L, remits) == payee_of(own, own_remits))
        .group_by(E.c.exception_id),
    )


def announced_no_more(conn: sa.Connection) -> list[int]:
    """Exceptions that were closed because an announcement came that stands no more."""
    rows = _debits(conn, "closed")
    again = set(rows.loc[rows["debit_cents"] > 0, "exception_id"].tolist())
    return sorted(again & set(exceptions.closed_as(conn, "announced", E.c.type_code.in_(UNANNOUNCED))))


def name_debits(conn: sa.Connection, posting_date: date) -> None:
    """Open an exception for each recovery or forward balance whose announcement was undone.

    The last entry on the reference names it, as if the announcement had never come.
    """
    rows = frame(
        conn,
        sa.select(
            *(J.c.journal_id, J.c.idempotency_key, L.c.account, L.c.payer_code, L.c.reference, L.c.amount_cents),
            *(J.c.remit_id, R.c.file_id, PA.c.seg, payee_of(L, R).label("payee")),
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .join(R, R.c.remit_id == J.c.remit_id)
        .join(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .where(L.c.account.in_(["2100", "2110"]), stands(), J.c.reverses_journal_id.is_(None))
        .order_by(J.c.journal_id),
    )
    keys = ["account", "payer_code", "payee", "reference"]
    balance = payables(conn).set_index(keys)["amount_cents"]
    rows["balance_cents"] = balance.reindex(pd.MultiIndex.from_frame(rows[keys]), fill_value=0).to_numpy()
    rows["taken_cents"] = rows.groupby([*keys, "remit_id"])["amount_cents"].transform("sum")
    rows = rows.drop_duplicates(keys, keep="last")
    rows = rows.assign(
        amount_cents=rows[["balance_cents", "taken_cents"]].min(axis=1),
        type_code=rows["account"].map({"2100": UNANNOUNCED[0], "2110": UNANNOUNCED[1]}).astype("str"),
    )
    unnamed = pd.MultiIndex.from_frame(checking.unexplained_debits(conn)[keys])
    rows = rows[(rows["amount_cents"] > 0) & pd.MultiIndex.from_frame(rows[keys]).isin(unnamed)]
    rows = rows.assign(exception_key=rows["type_code"] + ":" + rows["idempotency_key"])
    exceptions.open_all(conn, rows.drop(columns=["journal_id", *keys, "balance_cents", "taken_cents"]), posting_date)


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
    """Open an exception for each payer with several forward balances open, and close those that are over."""
    rows = several_forwards(conn)
    rows = rows.assign(type_code=SEVERAL, exception_key=forward_keys(rows))
    exceptions.open_all(conn, rows.drop(columns="times"), posting_date)
    still_open = frame(
        conn, sa.select(E.c.exception_id, E.c.exception_key).where(E.c.type_code == SEVERAL, E.c.state == "open")
    )
    over = still_open.loc[~still_open["exception_key"].isin(rows["exception_key"]), "exception_id"]
    exceptions.close_for(conn, "exception_id", over, [SEVERAL], "settled", posting_date)


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
