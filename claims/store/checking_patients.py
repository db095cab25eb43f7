"""Selects that recount patients' money: each gives what breaks a rule, so none is good."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame

J, L, PP, RF = schema.journals, schema.ledger_lines, schema.patient_payments, schema.patient_refunds


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def sizes(conn: sa.Connection) -> int:
    """How many payments and refunds there are."""
    return sum(int(conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0) for table in (PP, RF))


def misplaced(conn: sa.Connection) -> pd.DataFrame:
    """Payments whose money in the ledger is not what they say (name, off_cents).

    It came to cash once, by the amount; claims, unapplied cash and refunds share it out; on 2200 lies only what is
    named as unapplied; of one that is void nothing is left.
    """
    back = L.c.rule_id.in_(["E07", "P04"])  # owed back from then on: named by the refund
    rows = frame(
        conn,
        sa.select(
            L.c.reference,
            _sum(sa.case((sa.and_(L.c.account == "1000", J.c.source == "patient"), L.c.amount_cents), else_=0)).label(
                "came"
            ),
            _sum(sa.case((sa.and_(L.c.account != "1000", ~back), -L.c.amount_cents), else_=0)).label("shared"),
            _sum(sa.case((L.c.account == "2200", -L.c.amount_cents), else_=0)).label("waits"),
            _sum(sa.case((sa.and_(L.c.account == "2200", back), L.c.amount_cents), else_=0)).label("back"),
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(L.c.account.in_(["1000", "1200", "2200"]), L.c.payer_code == "", L.c.reference != "")
        .group_by(L.c.reference),
    ).set_index("reference")
    paid = frame(
        conn, sa.select(PP.c.patient_payment_id, PP.c.payment_key, PP.c.state, PP.c.reason_code, PP.c.amount_cents)
    )
    # Of rows that contradict each other at most one is in the books.
    paid = paid[~paid["state"].isin(["new", "held"])].sort_values("state").drop_duplicates("payment_key")
    at = rows.reindex(paid["payment_key"], fill_value=0).set_axis(paid.index)
    due = paid["amount_cents"].where(paid["state"] != "void", 0)
    off = (at["came"] - due).where(at["came"] != due, at["shared"] - due)
    # What was paid back of one that bounced later is owed by the patient.
    lies = at["waits"] + at["back"].where(paid["state"] == "void", 0)
    wrong = (off != 0) | ((lies != 0) != (paid["state"] == "unapplied")) | (lies < 0)
    names = "payment " + paid["patient_payment_id"].astype("str")
    return pd.DataFrame({"name": names, "off_cents": off})[wrong]


def misplaced_refunds(conn: sa.Connection) -> pd.DataFrame:
    """Refunds that the ledger tells otherwise (name, off_cents).

    2300 took in what each is worth, and holds it while it is asked for; cash went out for what is paid, no other (where
    the bank's own line takes it up, it comes back under the same reference).
    """
    nothing = sa.literal(0, sa.BigInteger)
    owed = sa.case((RF.c.state == "requested", RF.c.amount_cents), else_=nothing)
    paid = sa.case((RF.c.state == "paid", RF.c.amount_cents), else_=nothing)
    on_2300 = L.c.account == "2300"
    lies = (
        sa.select(
            L.c.reference,
            _sum(sa.case((on_2300, -L.c.amount_cents), else_=0)).label("held"),
            _sum(sa.case((sa.and_(on_2300, L.c.amount_cents < 0), -L.c.amount_cents), else_=0)).label("asked"),
            _sum(sa.case((sa.and_(L.c.account == "1000", L.c.amount_cents < 0), -L.c.amount_cents), else_=0)).label(
                "left"
            ),
        )
        .where(L.c.account.in_(["1000", "2300"]), L.c.payer_code == "", L.c.reference != "")
        .group_by(L.c.reference)
        .subquery()
    )
    held, asked, left = (sa.func.coalesce(lies.c[name], 0) for name in ("held", "asked", "left"))
    first = sa.case(
        (held != owed, held - owed), (asked != RF.c.amount_cents, asked - RF.c.amount_cents), else_=left - paid
    )
    off = sa.cast(first, sa.BigInteger)
    select = sa.select(RF.c.patient_refund_id, off.label("off_cents")).where(off != 0)
    wrong = frame(conn, select.outerjoin(lies, lies.c.reference == RF.c.refund_key))
    return wrong.assign(name="refund " + wrong["patient_refund_id"].astype("str"))
