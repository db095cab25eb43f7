"""Remittances, ledger sums and deposits come in; the three-way tie-out goes out: bank = remittance = ledger.

Amounts are signed cents. Ledger columns are debits minus credits of the remittance's own journals; ``unapplied_cents``
is the credit on 2200 that waits for a claim. Nothing is netted across remittances, tolerance is zero.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ACCOUNTS = ("1100", "1110", "1200", "1400", "2100", "2110", "2120", "4100", "4310", "4900", "5100")
COLUMNS = [
    "status",
    "payer_code",
    "payer_name",
    "payer_identifier",
    "payee_identifier",
    "payee_tax_id",
    "method_code",
    "trace_number",
    "payment_date",
    "payment_cents",
    "claims",
    "claims_paid_cents",
    "provider_adjustments_cents",
    "remittance_difference_cents",
    "bank_date",
    "bank_reference",
    "bank_rule",
    "bank_cents",
    "bank_difference_cents",
    "ledger_cents",
    "ledger_difference_cents",
    *(f"account_{account}_cents" for account in ACCOUNTS),
    "account_other_cents",
    "applied_cents",
    "unapplied_cents",
    "clearing_cents",
    "open_business_days",
    "held_because",
    "sha256",
    "seg",
    "offset",
    "length",
]
KEYS = ["payment_date", "payer_identifier", "trace_number", "sha256", "seg", "bank_date", "bank_reference", "offset"]
OPEN = ("REMIT_NO_DEPOSIT", "DEPOSIT_NO_REMIT", "AMOUNT_DIFF", "OUT_OF_BALANCE", "HELD", "PARTLY_UNAPPLIED")
STATUSES = ("TIED", *OPEN)


def tie_out(remittances: pd.DataFrame, ledger: pd.DataFrame, deposits: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Return one row per remittance, and one per deposit that no remittance explains, sorted by natural keys."""
    rows = remittances.reset_index(drop=True)
    rows["remittance_difference_cents"] = rows["payment_cents"] - (
        rows["claims_paid_cents"] - rows["provider_adjustments_cents"]
    )
    _add_ledger(rows, ledger)
    _add_bank(rows, deposits)
    rows["status"] = _status(rows)
    rows["held_because"] = rows["reason_code"].where(rows["status"].isin(["HELD", "OUT_OF_BALANCE"]), "")
    # Sums of nothing were made above; here differences that do not apply yet are shown as zero.
    is_posted = rows["is_posted"] == 1
    rows["bank_difference_cents"] = (rows["bank_cents"] - rows["payment_cents"]).where(is_posted, 0)
    rows["ledger_difference_cents"] = (rows["ledger_cents"] - rows["payment_cents"]).where(is_posted, 0)
    both = pd.concat([rows, _unexplained(deposits)], ignore_index=True)
    both["open_business_days"] = _business_days(both, as_of)
    amounts = [name for name in COLUMNS if name.endswith("_cents")] + ["claims"]
    both[amounts] = both[amounts].fillna(0).astype("int64")
    texts = [name for name in COLUMNS if both[name].dtype == "str"]
    both[texts] = both[texts].fillna("")
    ordered: pd.DataFrame = both.sort_values(KEYS, ignore_index=True)[COLUMNS]
    return ordered


def _add_ledger(rows: pd.DataFrame, ledger: pd.DataFrame) -> None:
    """Add the sums per account, and what of the payment is applied and what is not."""
    own = ledger[ledger["is_bank"] == 0]

    def of(part: pd.DataFrame) -> pd.Series[int]:
        sums = part.groupby("remit_id")["amount_cents"].sum()
        return pd.Series(sums.reindex(rows["remit_id"], fill_value=0).to_numpy("int64"), index=rows.index)

    for account in ACCOUNTS:
        rows[f"account_{account}_cents"] = of(own[own["account"] == account])
    rows["account_other_cents"] = of(own[~own["account"].isin([*ACCOUNTS, "1050", "2200"])])
    rows["ledger_cents"] = of(own[own["account"] == "1050"])
    rows["unapplied_cents"] = -of(own[own["account"] == "2200"])
    rows["applied_cents"] = rows["ledger_cents"] - rows["unapplied_cents"]
    rows["clearing_cents"] = of(ledger[ledger["account"] == "1050"])


def _add_bank(rows: pd.DataFrame, deposits: pd.DataFrame) -> None:
    """Add what the bank received for each remittance; several deposits are named in the order of their days."""
    tied = deposits[deposits["remit_id"] != 0].sort_values(["bank_date", "line_key"])
    by_remit = tied.groupby("remit_id")
    sums = by_remit["tied_cents"].sum()
    rows["bank_cents"] = sums.reindex(rows["remit_id"], fill_value=0).to_numpy("int64")
    named = tied.assign(bank_reference=tied["trace_number"].where(tied["trace_number"] != "", tied["reference"]))
    for name, source in (("bank_date", "bank_date"), ("bank_reference", "bank_reference"), ("bank_rule", "rule")):
        texts = named.drop_duplicates(["remit_id", source]).groupby("remit_id")[source].agg(" ".join)
        rows[name] = pd.Series(texts.reindex(rows["remit_id"]).to_numpy(), dtype="str").fillna("")


def _status(rows: pd.DataFrame) -> pd.Series[str]:
    """Say how far each remittance is tied; the first that applies."""
    is_posted = rows["is_posted"] == 1
    off = (rows["remittance_difference_cents"] != 0) | rows["reason_code"].str.endswith("-out-of-balance")
    differs = (rows["bank_cents"] != rows["payment_cents"]) | (rows["clearing_cents"] != 0)
    differs |= rows["ledger_cents"] != rows["payment_cents"]
    tests = [
        ~is_posted & off,
        ~is_posted,
        (rows["bank_cents"] == 0) & (rows["payment_cents"] != 0),
        differs,
        rows["unapplied_cents"] != 0,
    ]
    names = ["OUT_OF_BALANCE", "HELD", "REMIT_NO_DEPOSIT", "AMOUNT_DIFF", "PARTLY_UNAPPLIED"]
    return pd.Series(np.select(tests, names, "TIED"), index=rows.index, dtype="str")


def _unexplained(deposits: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each deposit, or rest of one, that no remittance explains."""
    tied = deposits.groupby("line_key")["tied_cents"].sum()
    once = deposits.drop_duplicates("line_key")
    rest = once["deposit_cents"] - tied.reindex(once["line_key"]).to_numpy("int64")
    rows = once[rest != 0].assign(bank_cents=rest[rest != 0], status="DEPOSIT_NO_REMIT", bank_rule="")
    rows["bank_difference_cents"] = rows["bank_cents"]
    rows["bank_reference"] = rows["trace_number"].where(rows["trace_number"] != "", rows["reference"])
    names = ["status", "payer_name", "bank_date", "bank_reference", "bank_rule", "bank_cents", "bank_difference_cents"]
    unexplained: pd.DataFrame = rows[[*names, "sha256", "seg", "offset", "length"]]
    return unexplained


def _business_days(rows: pd.DataFrame, as_of: str) -> pd.Series[int]:
    """Count business days an open row has waited, from the payment date or else the bank's."""
    since = rows["payment_date"].where(rows["payment_date"].fillna("") != "", rows["bank_date"]).fillna("")
    waits = rows["status"].isin(OPEN) & (since != "")
    days = np.array([day.split(" ")[0] for day in since[waits]], dtype="datetime64[D]")
    counted = pd.Series(pd.NA, index=rows.index, dtype="Int64")
    counted[waits] = np.maximum(np.busday_count(days, np.datetime64(as_of)), 0)
    return counted


def totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the rows up per status, every status named even where it has none."""
    names = ["payment_cents", "bank_cents", "ledger_cents", "applied_cents", "unapplied_cents"]
    sums = rows.groupby("status")[names].sum().reindex(list(STATUSES), fill_value=0)
    counts = rows["status"].value_counts().reindex(list(STATUSES), fill_value=0)
    sums.insert(0, "rows", counts.to_numpy("int64"))
    return sums.rename_axis("status").reset_index()
