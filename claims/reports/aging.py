"""Open receivable by line with its day of service comes in; each line in one bucket of age goes out (K10)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from claims.reports.report import days_between

ACCOUNTS = {"1100": "insurance", "1110": "denied", "1200": "patient"}
LIMITS = [30, 60, 90, 120, 180, 365]
BUCKETS = ["0-30", "31-60", "61-90", "91-120", "121-180", "181-365", "over 365"]
UNKNOWN = "no service date"
COLUMNS = [
    "bucket",
    "account",
    "kind",
    "billing_npi",
    "claim_number",
    "line_number",
    "payer_sequence",
    "payer_code",
    "service_date",
    "days",
    "balance_cents",
    *("sha256", "seg", "offset", "length"),
]
PLACE = COLUMNS[-4:]


def aging(
    open_lines: pd.DataFrame, service_days: pd.DataFrame, as_of: str, charged: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one row per open line, account, payer in turn and payer, with its age from the service date and bucket.

    Credits (negative balances) stand in the bucket of their own line. A service after ``as_of`` counts as age 0.
    ``charged``: of which lines of which claims the charges are (``queries.aging.charged``); None: no row says where it
    stands.
    """
    by_line = service_days.set_index(["family_id", "line_number"])["service_date"]
    by_claim = service_days.groupby("family_id")["service_date"].min()
    own = by_line.reindex(pd.MultiIndex.from_frame(open_lines[["family_id", "line_number"]])).to_numpy()
    whole = by_claim.reindex(open_lines["family_id"]).to_numpy()
    dates = pd.Series(own, dtype="str").fillna(pd.Series(whole, dtype="str")).fillna("")
    rows = open_lines.reset_index(drop=True).assign(service_date=dates)
    rows["days"] = days_between(rows["service_date"], as_of).clip(lower=0)
    place = np.searchsorted(LIMITS, rows["days"].fillna(0).to_numpy("int64"))
    bucket = pd.Series(np.array(BUCKETS, dtype=object)[place], dtype="str")
    rows["bucket"] = bucket.where(rows["days"].notna(), UNKNOWN)
    rows["kind"] = rows["account"].map(ACCOUNTS)
    rows = (
        rows.assign(**dict.fromkeys(PLACE[1:], 0), sha256="") if charged is None else rows.join(_places(rows, charged))
    )
    keys = ["billing_npi", "claim_number", "line_number", "account", "payer_sequence", "payer_code"]
    return rows.sort_values(keys, ignore_index=True)[COLUMNS]


def _places(rows: pd.DataFrame, charged: pd.DataFrame) -> pd.DataFrame:
    """Give the bytes of the charge of each row: of its line, else of its claim; PLACE, "" and 0 where it has none.

    Of several versions that of the charge in force, then the first.
    """
    keys = ["family_id", "line_number"]
    known = charged.assign(is_off=charged["charge_cents"] == 0).sort_values(
        [*keys, "is_off", "version", "sha256", "seg"], kind="stable"
    )
    has_line = known["line_length"] != 0
    of_line = known[has_line].drop_duplicates(keys).set_index(keys)
    of_line = of_line.rename(columns={name: f"claim_{name}" for name in PLACE[1:]})
    of_line = of_line.rename(columns={f"line_{name}": name for name in PLACE[1:]})[PLACE]
    first = known.sort_values(["family_id", "is_off", "version", "sha256", "seg"], kind="stable")
    of_claim = first.drop_duplicates("family_id").set_index("family_id")[PLACE]
    own = of_line.reindex(pd.MultiIndex.from_frame(rows[keys])).set_axis(rows.index)
    whole = of_claim.reindex(rows["family_id"]).set_axis(rows.index)
    found = own.where(own["sha256"].notna(), whole)
    numbers = dict.fromkeys(PLACE[1:], 0)
    filled: pd.DataFrame = found.fillna({"sha256": ""} | numbers).astype(
        {"sha256": "str"} | dict.fromkeys(numbers, "int64")
    )
    return filled


def without_address(rows: pd.DataFrame, open_lines: pd.DataFrame) -> pd.Series[int]:
    """Give the family_id of each row of `aging` that no bytes stand behind; `open_lines` are what it was made of."""
    names = ["billing_npi", "claim_number"]
    families = open_lines[["family_id", *names]].dropna().drop_duplicates()
    return rows.loc[rows["sha256"] == "", names].merge(families, on=names)["family_id"].astype("int64")


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up per bucket: a column for each account, the total, and how much of it is credit."""
    amounts = rows["balance_cents"]
    parts = pd.DataFrame({"bucket": rows["bucket"], "lines": 1})
    for account, kind in ACCOUNTS.items():
        parts[f"{kind}_cents"] = amounts.where(rows["account"] == account, 0)
    parts["total_cents"] = amounts
    parts["of_which_credit_cents"] = amounts.where(amounts < 0, 0)
    sums = parts.groupby("bucket").sum().reindex([*BUCKETS, UNKNOWN], fill_value=0)
    return sums.astype("int64").rename_axis("bucket").reset_index()


def by_payer(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Add up per payer: a column for each account and each bucket, the total, and how much of it is credit.

    What patients owe stands under no payer. ``names``: of payers, by code.
    """
    amounts = rows["balance_cents"]
    parts = pd.DataFrame({"payer_code": rows["payer_code"], "lines": 1})
    for account, kind in ACCOUNTS.items():
        parts[f"{kind}_cents"] = amounts.where(rows["account"] == account, 0)
    for bucket in (*BUCKETS, UNKNOWN):
        name = bucket if bucket == UNKNOWN else f"days {bucket}"
        parts[name.replace(" ", "_").replace("-", "_") + "_cents"] = amounts.where(rows["bucket"] == bucket, 0)
    parts["total_cents"] = amounts
    parts["of_which_credit_cents"] = amounts.where(amounts < 0, 0)
    sums = parts.groupby("payer_code").sum().astype("int64").reset_index()
    told = pd.Series([names.get(code, "") for code in sums["payer_code"]], index=sums.index, dtype="str")
    sums.insert(1, "payer_name", told)
    return sums
