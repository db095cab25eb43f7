"""The open items of liabilities in the tie-out report: what lies behind 2100, 2110, 2120, 2200 and 2300 on a day."""

from __future__ import annotations

import pandas as pd

from claims.reports import open_items as rules
from claims.store import waiting_adjustments
from claims.store.handles import Connection
from claims.store.queries import open_items as rows_of
from claims.store.queries.asof import AsOf

OWED = rows_of.ACCOUNTS


def open_items(conn: Connection, at: AsOf, deposits: pd.DataFrame) -> pd.DataFrame:
    """List each open item with what it is, since when, and the bytes it comes from; `deposits` name nobody any more."""
    movements = rows_of.movements(conn, at)
    items = rules.standing(movements)
    waits = waiting_adjustments.rows(conn, at)
    # Of provider adjustments that take each other back nothing is open; together they are zero.
    items = items[~items["adjustment_id"].isin(waits.loc[waits["is_netted"], "provider_adjustment_id"])]
    items = items.reset_index(drop=True)
    sources = rules.came_with(items, movements)
    adjusted = sorted({*items["adjustment_id"], *sources["came_with_id"]} - {0})
    adjustments = rows_of.provider_adjustments(conn, adjusted)
    named = adjustments.rename(columns={"adjustment_id": "came_with_id"}).drop(columns=["payer_code", "reference"])
    money = rows_of.patient_money(conn, sorted(set(items.loc[items["account"].isin(["2200", "2300"]), "reference"])))
    told = {
        "claim_payment_id": rows_of.claim_payments(conn, items["claim_payment_id"].tolist()).assign(
            item="claim payment"
        ),
        "bank_line_id": _deposits(conn, items["bank_line_id"].tolist(), deposits),
        "adjustment_id": adjustments.assign(item="provider adjustment"),
        "reference": money.assign(item=money["is_refund"].map({0: "patient payment", 1: "refund"})).drop(
            columns="is_refund"
        ),
    }
    return rules.listed(items, told, sources.merge(named, on="came_with_id"), rows_of.exceptions(conn, at), str(at.day))


def _deposits(conn: Connection, ids: list[int], deposits: pd.DataFrame) -> pd.DataFrame:
    """Tell what bank lines say of themselves, by bank_line_id."""
    lines = deposits.drop_duplicates("line_key").rename(columns={"bank_date": "payment_date"})
    columns = ["line_key", "payer_name", "trace_number", "reference", "payment_date", *rules.PLACE]
    own = rows_of.line_keys(conn, sorted(set(ids) - {0})).merge(lines[columns], on="line_key")
    return own.drop(columns="line_key").assign(item="deposit")
