"""The open items in the tie-out report: what lies behind the accounts that are settled item by item on a day."""

from __future__ import annotations

import pandas as pd

from claims.reports import open_items as rules
from claims.store import waiting_adjustments
from claims.store.handles import Connection
from claims.store.queries import open_items as rows_of
from claims.store.queries.asof import AsOf


def accounts() -> list[str]:
    """Give the accounts that `open_items` lists."""
    return rows_of.accounts()


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
    known = adjustments.rename(columns={"adjustment_id": "came_with_id"}).drop(columns=["payer_code", "reference"])
    decided = rows_of.claim_payments(conn, sorted(set(sources["decided_by_id"]) - {0})).drop(columns="payer_code")
    decided = decided.rename(columns={"claim_payment_id": "decided_by_id"})
    named = [sources.merge(one, on=one_id) for one, one_id in ((known, "came_with_id"), (decided, "decided_by_id"))]
    told = {
        "claim_payment_id": rows_of.claim_payments(conn, items["claim_payment_id"].tolist()).assign(
            item="claim payment"
        ),
        "bank_line_id": _deposits(conn, items["bank_line_id"].tolist(), deposits),
        "adjustment_id": adjustments.assign(item="provider adjustment"),
        "remit_id": rows_of.remittances(conn, sorted(set(items["remit_id"]) - {0})).assign(item="remittance"),
        "reference": _money(conn, items),
    }
    made = pd.concat(named, ignore_index=True)
    return rules.listed(items, told, made, rows_of.exceptions(conn, at), str(at.day))


def _money(conn: Connection, items: pd.DataFrame) -> pd.DataFrame:
    """Tell what payments of patients and refunds say of themselves, by the reference that is their key."""
    named = items.loc[items["account"].isin(["1000", "2200", "2300"]) & (items["reference"] != ""), "reference"]
    keys = sorted(set(named))
    money = rows_of.patient_money(conn, keys)
    money = money.assign(item=money["is_refund"].map({0: "patient payment", 1: "refund"})).drop(columns="is_refund")
    return pd.concat([money, rows_of.payer_refunds(conn, keys).assign(item="refund")], ignore_index=True)


def _deposits(conn: Connection, ids: list[int], deposits: pd.DataFrame) -> pd.DataFrame:
    """Tell what bank lines say of themselves, by bank_line_id."""
    lines = deposits.drop_duplicates("line_key").rename(columns={"bank_date": "payment_date"})
    columns = ["line_key", "payer_name", "trace_number", "reference", "payment_date", *rules.PLACE]
    own = rows_of.line_keys(conn, sorted(set(ids) - {0})).merge(lines[columns], on="line_key")
    return own.drop(columns="line_key").assign(item="deposit")
