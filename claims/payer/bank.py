"""Remittances in, the bank's statement out: rows of the bank CSV (docs/files.md)."""

from __future__ import annotations

import numpy as np
import pandas as pd

NOT_YET = "DRAGN-4"  # its money comes after the month
NO_REMITTANCE = {
    "trace_number": "EFT99887766",
    "payer_name": "FABLEWOOD HEALTH PLAN",
    "amount_cents": 41237,
    "type": "ACH",
    "remit_key": "",
}


def statement(remits: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the bank's rows, and beside them which remittance each belongs to.

    Every payment arrives on its day or the next, but for one that has not come yet; one deposit comes without a
    remittance.
    """
    rng = np.random.default_rng([seed, 3])
    paid = remits[(remits["payment_cents"] > 0) & (remits["remit_key"] != NOT_YET)]
    rows = paid[["trace_number", "payer_name"]].assign(
        amount_cents=paid["payment_cents"],
        type=np.where(paid["method_code"] == "ACH", "ACH", "CHECK"),
        remit_key=paid["remit_key"],
        day=pd.to_datetime(paid["payment_date"].astype(str)),
    )
    rows["day"] += pd.to_timedelta(rng.integers(0, 2, len(rows)), unit="D")
    rows["day"] += pd.to_timedelta((7 - rows["day"].dt.day_of_week).where(rows["day"].dt.day_of_week > 4, 0), unit="D")
    middle = rows["day"].iloc[len(rows) // 2] if len(rows) else pd.Timestamp("2026-09-22")
    rows = pd.concat([rows, pd.DataFrame([{**NO_REMITTANCE, "day": middle}])], ignore_index=True)
    rows = rows.sort_values(["day", "trace_number"], kind="stable").reset_index(drop=True)
    reference = "STMT" + rows["day"].dt.strftime("%y%m%d") + (rows.index + 1).astype(str).str.zfill(3)
    rows = rows.assign(date=rows["day"].dt.strftime("%Y-%m-%d"), reference=reference)
    return rows[["date", "amount_cents", "trace_number", "payer_name", "reference", "type"]], rows
