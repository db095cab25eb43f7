"""Claims whose patient's account is in credit: each named with its cause until it is paid back, moved or corrected."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.store import exceptions, patient_credits, patient_money
from claims.store.handles import Connection

TYPE, OWED = "CREDIT_BALANCE_PATIENT", "PATIENT_OWES_REFUND"
BELOW = "PATIENT_SHARE_BELOW_ZERO"  # no patient paid it: the payer is asked, nothing is paid back
CAUSES = {
    "share-below-zero": "the payer's remittance puts the patient's share below zero: ask the payer",
    "written-off": "a small balance was written off before the payer lowered the share",
    "share-moved": "another payer was billed for the share that the patient had paid",
    "share-lowered": "the payer lowered or took back the patient's share after the patient had paid",
    "paid-twice": "the same amount was paid twice",
    "prepaid": "the patient paid before the payers had decided, and more than the share they left",
    "overpaid": "the patient paid more than was due",
}


def name_credits(conn: Connection, posting_date: date) -> int:
    """Keep an open exception for each claim in credit, by what it is; give how many there are.

    What a patient paid before the payers have decided is no credit yet; what was paid of a share that was decided and
    that another payer is billed for now is one.
    """
    rows = patient_credits.credits(conn)
    rows = rows[(rows["open_cents"] <= 0) | (rows["moved_cents"] > 0)].reset_index(drop=True)
    if rows.empty:
        exceptions.keep(conn, "family_id", rows, [TYPE, BELOW], posting_date, done="settled")
        name_owed(conn, posting_date)
        return 0
    causes = cause(rows)
    kinds = pd.Series(np.where(causes == "share-below-zero", BELOW, TYPE), index=rows.index, dtype="str")
    named = pd.DataFrame(
        {
            "exception_key": kinds + ":" + rows["family_id"].astype("str"),
            "type_code": kinds,
            "amount_cents": rows["credit_cents"],
            "message": causes.map(CAUSES),
            "family_id": rows["family_id"],
        }
    ).astype({"exception_key": "str", "type_code": "str", "message": "str"})
    exceptions.keep(conn, "family_id", named, [TYPE, BELOW], posting_date, done="settled")
    name_owed(conn, posting_date)
    return len(named)


def name_owed(conn: Connection, posting_date: date) -> None:
    """Keep an open exception for what was paid back of a payment that bounced later, until nothing is due."""
    rows = patient_money.paid_back_of_void(conn)
    if rows.empty:
        exceptions.keep(conn, "family_id", rows, [OWED], posting_date, done="settled")
        return
    balance = patient_money.balances(conn, rows.loc[rows["family_id"] != 0, "family_id"])
    due = balance.reindex(rows["family_id"], fill_value=0).clip(lower=0).to_numpy("int64")
    cents = np.where(rows["family_id"] != 0, np.minimum(rows["amount_cents"], due), rows["amount_cents"])
    named = rows.assign(
        exception_key=OWED + ":" + rows["payment_key"] + ":" + rows["family_id"].astype("str"),
        type_code=OWED,
        amount_cents=cents,
        message="payment " + rows["patient_payment_id"].astype("str") + " bounced after it was paid back",
    )
    columns = ["exception_key", "type_code", "amount_cents", "message", "family_id"]
    exceptions.keep(conn, "family_id", named.loc[cents > 0, columns], [OWED], posting_date, done="settled")


def cause(rows: pd.DataFrame) -> pd.Series:
    """Tell why each claim is in credit, the first of CAUSES that fits.

    `rows`: credit_cents, paid_cents, written_off_cents, lowered_cents (of the share, since the first payment),
    twice_cents (an amount that was paid more than once), is_prepaid, moved_cents (of the share, to another payer).
    """
    told = np.select(
        [
            (rows["paid_cents"] < rows["credit_cents"]) & (rows["written_off_cents"] <= 0),
            rows["paid_cents"] < rows["credit_cents"],
            rows["moved_cents"] > 0,
            rows["lowered_cents"] > 0,
            (rows["twice_cents"] > 0) & (rows["twice_cents"] <= rows["credit_cents"]),
            rows["is_prepaid"],
        ],
        ["share-below-zero", "written-off", "share-moved", "share-lowered", "paid-twice", "prepaid"],
        "overpaid",
    )
    return pd.Series(told, index=rows.index, dtype="str")
