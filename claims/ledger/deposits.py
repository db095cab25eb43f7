"""Deposits find their remittance: bank lines and posted remittances in, ties with the rule that made them out.

Order of the rules (reassociation of EFT and 835): trace number and amount; then payer, amount and a date within three
business days. A rule ties only where exactly one bank line and one remittance are left for each other, to the cent.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

BUSINESS_DAYS = 3
TRACE_AMOUNT, PAYER_AMOUNT_DATE = "trace-amount", "payer-amount-date"


def normal_trace(traces: pd.Series) -> pd.Series:
    """Trace numbers as banks hand them back: upper case, no blanks, no leading zeros."""
    return traces.str.upper().str.replace(r"\s+", "", regex=True).str.lstrip("0")


def normal_payer(names: pd.Series) -> pd.Series:
    """Payer names as banks write them: letters and digits, upper case; banks cut them at the end."""
    return names.str.upper().str.replace(r"[^A-Z0-9]+", "", regex=True)


# A name cut shorter than this says too little.
SHORTEST_NAME = 8


def tie(bank_lines: pd.DataFrame, remittances: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tie bank lines to remittances one to one: `(ties, ambiguous)`.

    `bank_lines`: bank_line_id, amount_cents, trace_number, payer_name, bank_date. `remittances`: remit_id, open_cents,
    trace_number, payer_name, payment_date. `ties`: bank_line_id, remit_id, amount_cents, rule. `ambiguous`:
    bank_line_id of lines that several remittances fit.
    """
    lines = bank_lines.assign(
        trace=normal_trace(bank_lines["trace_number"]), payer=normal_payer(bank_lines["payer_name"])
    )
    remits = remittances.assign(
        trace=normal_trace(remittances["trace_number"]),
        payer=normal_payer(remittances["payer_name"]),
        amount_cents=remittances["open_cents"],
    )
    by_trace = lines[lines["trace"] != ""].merge(remits[remits["trace"] != ""], on=["trace", "amount_cents"])
    first, unclear = _one_to_one(by_trace, TRACE_AMOUNT)
    lines = lines[~lines["bank_line_id"].isin(first["bank_line_id"]) & ~lines["bank_line_id"].isin(unclear)]
    remits = remits[~remits["remit_id"].isin(first["remit_id"])]

    # A line that names another trace is not that remittance, whatever the amount.
    lines = lines.assign(name_start=lines["payer"].str[:SHORTEST_NAME])
    remits = remits.assign(name_start=remits["payer"].str[:SHORTEST_NAME])
    pairs = lines[lines["name_start"].str.len() == SHORTEST_NAME].merge(
        remits, on=["name_start", "amount_cents"], suffixes=("", "_remit")
    )
    pairs = pairs[
        ((pairs["trace"] == "") | (pairs["trace_remit"] == "")) & _is_cut(pairs["payer"], pairs["payer_remit"])
    ]
    near = _business_days_between(pairs["payment_date"], pairs["bank_date"]) <= BUSINESS_DAYS
    second, more_unclear = _one_to_one(pairs[near], PAYER_AMOUNT_DATE)
    ambiguous = pd.DataFrame({"bank_line_id": np.union1d(unclear, more_unclear).astype("int64")})
    return pd.concat([first, second], ignore_index=True), ambiguous


def _is_cut(left: pd.Series, right: pd.Series) -> np.ndarray:
    """Tell where one name is the whole beginning of the other."""
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return np.array([a.startswith(b) or b.startswith(a) for a, b in pairs], dtype=bool)


def _one_to_one(pairs: pd.DataFrame, rule: str) -> tuple[pd.DataFrame, np.ndarray]:
    lines = pairs.groupby("bank_line_id")["remit_id"].transform("size")
    remits = pairs.groupby("remit_id")["bank_line_id"].transform("size")
    sure = (lines == 1) & (remits == 1)
    ties = pairs.loc[sure, ["bank_line_id", "remit_id", "amount_cents"]].assign(rule=rule)
    unclear = pairs.loc[~sure, "bank_line_id"].unique()
    return ties.astype({"rule": "str"}), np.asarray(unclear, dtype="int64")


def _business_days_between(left: pd.Series, right: pd.Series) -> np.ndarray:
    """Business days from one ISO day to the other, without sign; a missing day is far away."""
    known = ((left != "") & (right != "")).to_numpy()
    a = np.where(known, left.to_numpy(dtype=object), "1970-01-01").astype("datetime64[D]")
    b = np.where(known, right.to_numpy(dtype=object), "1970-01-01").astype("datetime64[D]")
    return np.where(known, np.abs(np.busday_count(a, b)), 1_000_000)


def tie_lines(ties: pd.DataFrame) -> pd.DataFrame:
    """Ledger lines of ties: E03 for money straight from the bank, E05 for money that lay on 2200 before.

    `ties` carry line_key, remit_key, unapplied_cents. Gives journal_key, account, amount_cents, rule_id, bank_line_id,
    remit_id, payer_code.
    """
    from_2200 = ties["unapplied_cents"] != 0
    debit = np.where(from_2200, "2200", "1000")
    rule = np.where(from_2200, "E05", "E03")
    key = "dep:" + ties["line_key"] + ":" + ties["remit_key"] + ":0"
    base = ties[["bank_line_id", "remit_id", "payer_code"]].assign(journal_key=key, rule_id=rule)
    lines = pd.concat(
        [
            base.assign(account=debit, amount_cents=ties["amount_cents"]),
            base.assign(account="1050", amount_cents=-ties["amount_cents"]),
        ],
        ignore_index=True,
    )
    return lines.astype({"account": "str", "rule_id": "str"})


def unexplained_lines(bank_lines: pd.DataFrame) -> pd.DataFrame:
    """Ledger lines of deposits that no remittance explains yet (E04): cash against unapplied cash."""
    base = bank_lines[["bank_line_id"]].assign(journal_key="dep:" + bank_lines["line_key"] + ":none:0", rule_id="E04")
    return pd.concat(
        [
            base.assign(account="1000", amount_cents=bank_lines["amount_cents"]),
            base.assign(account="2200", amount_cents=-bank_lines["amount_cents"]),
        ],
        ignore_index=True,
    )
