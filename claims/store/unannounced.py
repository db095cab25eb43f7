"""What was taken, or paid back, and never announced: debits on 2100, 2110 and 2120, credits on 1400, and the exceptions
that name them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import exceptions, schema, unknown_refunds
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
ACCOUNTS = ("2100", "2110", "2120", "1400")
REFERENCE = ["account", "payer_code", "payee", "reference"]  # what one announcement is about; a recovery has no payee
OF_REFUNDS = "PAYER_REFUND_UNANNOUNCED"
OF_ACCOUNTS = {
    "2100": "WO_WITHOUT_REVERSAL",
    "2110": "FB_WITHOUT_FORWARD",
    "2120": "ADVANCE_MISSING",
    "1400": "WITHHOLDING_MISSING",
}
# On the wrong side these are above zero: a debit of what is owed to a payer, a credit of what a payer withheld.
_WRONG = sa.case((L.c.account == "1400", -L.c.amount_cents), else_=L.c.amount_cents)
# The journal that an exception is of: behind its type in the key, so that an index finds it.
_OF_JOURNAL = J.c.idempotency_key == sa.func.substr(E.c.exception_key, sa.func.length(E.c.type_code) + 2)
TYPES = (*OF_ACCOUNTS.values(), OF_REFUNDS)


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def _names(remits: Any) -> list[Any]:
    # What was withheld on claims has no number under which it comes back: that balance is of the payer.
    others = {
        "payee": payee_of(L, remits).label("payee"),
        "reference": sa.case((L.c.account == "1400", ""), else_=L.c.reference).label("reference"),
    }
    return [others[name] if name in others else L.c[name] for name in REFERENCE]


def _debits() -> sa.Select[Any]:
    remits, of_line = with_remittance(L)
    names = _names(remits)
    return (
        sa.select(*names, _sum(_WRONG).label("debit_cents"))
        .outerjoin(remits, of_line)
        .where(L.c.account.in_(ACCOUNTS))
        .group_by(*names)
        .having(sa.func.sum(_WRONG) > 0)
    )


def unexplained_debits(conn: sa.Connection) -> pd.DataFrame:
    """L6: 2100, 2110 or 2120 in debit, or 1400 in credit, for a reference by more than the open exceptions of it say.

    account, off_cents.
    """
    debits = frame(conn, _debits())
    if debits.empty:
        return debits.assign(off_cents=0)
    remits, of_line = with_remittance(L)
    names = _names(remits)
    told = frame(
        conn,
        sa.select(*names, _sum(E.c.amount_cents).label("told_cents"))
        .join(J, _OF_JOURNAL)
        .join(L, sa.and_(L.c.journal_id == J.c.journal_id, L.c.account.in_(ACCOUNTS)))
        .outerjoin(remits, of_line)
        .where(E.c.state == "open", E.c.type_code.in_(TYPES))
        .group_by(*names),
    )
    rows = debits.merge(told, on=REFERENCE, how="left").fillna({"told_cents": 0}).astype({"told_cents": "int64"})
    rows["off_cents"] = rows["debit_cents"] - rows["told_cents"]
    return rows[rows["off_cents"] > 0].reset_index(drop=True)


def is_payer(conn: sa.Connection, payer_code: str) -> bool:
    """Tell whether a remittance in the books is of this payer."""
    return conn.execute(sa.select(R.c.remit_id).where(R.c.payer_code == payer_code).limit(1)).first() is not None


def keep_named(conn: sa.Connection, posting_date: date) -> None:
    """Make the open exceptions say what is in debit, and no more: what was announced after all is over.

    The debit of a reference is that of what was taken last: the order is that of payment days, so it does not matter
    when which file came, or what was undone and replayed. One exception for each remittance, and for each refund.
    """
    taken = _taken(conn)
    after = taken.groupby(REFERENCE)["taken_cents"].cumsum() - taken["taken_cents"]
    taken["amount_cents"] = np.minimum(taken["taken_cents"], taken["debit_cents"] - after)
    wanted = taken[taken["amount_cents"] > 0]
    is_back = sa.case((stands(), 0), else_=1).label("is_back")
    open_now = frame(
        conn,
        sa.select(E.c.exception_id, E.c.exception_key, is_back)
        .outerjoin(J, _OF_JOURNAL)
        .where(E.c.state == "open", E.c.type_code.in_(TYPES)),
    )
    over = open_now[~open_now["exception_key"].isin(wanted["exception_key"])]
    for word, flag in (("announced", 0), ("taken-back", 1)):
        ended = over.loc[over["is_back"] == flag, "exception_id"]
        exceptions.close_for(conn, "exception_id", ended, TYPES, word, posting_date)
    exceptions.restate(conn, wanted)
    columns = ["exception_key", "type_code", "amount_cents", "remit_id", "file_id", "seg"]
    exceptions.open_all(conn, wanted[columns], posting_date)
    unknown_refunds.keep_named(conn, posting_date)


def _taken(conn: sa.Connection) -> pd.DataFrame:
    """What was taken in all, or paid back, for references in debit, the last first, by remittance or refund.

    REFERENCE, debit_cents (of the reference), taken_cents (above zero), exception_key, type_code, remit_id, file_id,
    seg.
    """
    debits = _debits().subquery()
    remits, of_line = with_remittance(L)
    day = sa.func.coalesce(sa.cast(R.c.payment_date, sa.String), sa.cast(J.c.effective_date, sa.String), "")
    rows = frame(
        conn,
        sa.select(
            *_names(remits),
            *(debits.c.debit_cents, _WRONG.label("amount_cents"), J.c.journal_id, J.c.idempotency_key, J.c.source),
            sa.func.coalesce(J.c.remit_id, 0).label("remit_id"),
            sa.func.coalesce(R.c.file_id, 0).label("file_id"),
            sa.func.coalesce(PA.c.seg, 0).label("seg"),
            sa.func.coalesce(PA.c.ordinal, 0).label("ordinal"),
            sa.func.coalesce(R.c.remit_key, "").label("remit_key"),
            day.label("day"),
        )
        .outerjoin(remits, of_line)
        .join(debits, sa.and_(*(debits.c[name] == own for name, own in zip(REFERENCE, _names(remits), strict=True))))
        .join(J, J.c.journal_id == L.c.journal_id)
        .outerjoin(R, R.c.remit_id == J.c.remit_id)
        .outerjoin(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .where(stands(), J.c.reverses_journal_id.is_(None)),
    )
    if rows.empty:
        return rows.assign(taken_cents=0, type_code="", exception_key="")
    rows["part"] = rows["remit_id"].where(rows["remit_id"] != 0, -rows["journal_id"])
    # The last entry of a remittance names it.
    rows = rows.sort_values(["day", "remit_key", "ordinal", "journal_id"], ascending=False, ignore_index=True)
    rows["taken_cents"] = rows.groupby([*REFERENCE, "part"])["amount_cents"].transform("sum")
    rows = rows.drop_duplicates([*REFERENCE, "part"]).query("taken_cents > 0")
    kinds = rows["account"].map(OF_ACCOUNTS).where(rows["source"] != "refund", OF_REFUNDS).astype("str")
    return rows.assign(type_code=kinds, exception_key=kinds + ":" + rows["idempotency_key"])
