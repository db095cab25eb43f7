"""Claims on which a patient has paid more than his share: each named with its cause until it is paid back or moved."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.store import exceptions, patient_credits
from claims.store.handles import Connection

TYPE = "CREDIT_BALANCE_PATIENT"
CAUSES = {
    "written-off": "a small balance was written off before the payer lowered the share",
    "share-lowered": "the payer lowered or took back the patient's share after the patient had paid",
    "paid-twice": "the same amount was paid twice",
    "prepaid": "the patient paid before the payers had decided, and more than the share they left",
    "overpaid": "the patient paid more than was due",
}


def name_credits(conn: Connection, posting_date: date) -> int:
    """Keep an open exception for each claim in credit; give how many there are.

    What a patient paid before the payers have decided is no credit yet.
    """
    rows = patient_credits.credits(conn)
    rows = rows[rows["open_cents"] <= 0].reset_index(drop=True)
    causes = cause(rows)
    named = pd.DataFrame(
        {
            "exception_key": TYPE + ":" + rows["family_id"].astype("str"),
            "type_code": TYPE,
            "amount_cents": rows["credit_cents"],
            "message": causes.map(CAUSES),
            "family_id": rows["family_id"],
        }
    ).astype({"exception_key": "str", "type_code": "str", "message": "str"})
    exceptions.keep(conn, "family_id", named, [TYPE], posting_date, done="settled")
    return len(named)


def cause(rows: pd.DataFrame) -> pd.Series:
    """Tell why each claim is in credit, the first of CAUSES that fits.

    `rows`: credit_cents, paid_cents, written_off_cents, lowered_cents (of the share, since the first payment),
    twice_cents (an amount that was paid more than once), is_prepaid.
    """
    told = np.select(
        [
            rows["paid_cents"] < rows["credit_cents"],
            rows["lowered_cents"] > 0,
            (rows["twice_cents"] > 0) & (rows["twice_cents"] <= rows["credit_cents"]),
            rows["is_prepaid"],
        ],
        ["written-off", "share-lowered", "paid-twice", "prepaid"],
        "overpaid",
    )
    return pd.Series(told, index=rows.index, dtype="str")
