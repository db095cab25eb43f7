"""Ledger lines of patients' money: movements in; keyed, balanced lines with their posting rule out.

Each line carries the key of the payment or refund as its reference: by it the ledger alone says where the money is.
"""

from __future__ import annotations

import pandas as pd

# rule -> accounts (debit, credit), as in codes/posting_rules.csv
RULES = {
    "E06": ("1000", "1200"),
    "E07": ("1200", "2300"),
    "E08": ("2300", "1000"),
    "P01": ("1000", "2200"),
    "P02": ("2200", "1200"),
    "P03": ("1200", "2200"),
    "P04": ("2200", "2300"),
    "P05": ("4300", "1200"),
    "E14": ("5000", "1200"),
}
COLUMNS = ["journal_key", "rule_id", "reference", "family_id", "amount_cents", "effective_date", "journal_reason"]


def lines(movements: pd.DataFrame) -> pd.DataFrame:
    """Give two lines for each movement (`COLUMNS`; family_id 0: no claim); both name the claim."""
    sides = movements["rule_id"].map(RULES)
    base = movements[COLUMNS].assign(source="patient", reverses_key="", line_number=0)
    debit = base.assign(account=sides.str[0])
    credit = base.assign(account=sides.str[1], amount_cents=-base["amount_cents"])
    both = pd.concat([debit, credit]).sort_index(kind="stable").reset_index(drop=True)
    return both.astype({"account": "str"})


def reversal(journals: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Negate the lines of journals (`journal_key` and all columns of their lines), exactly."""
    return journals.assign(
        amount_cents=-journals["amount_cents"],
        reverses_key=journals["journal_key"],
        journal_key=journals["journal_key"] + ":void",
        source="patient",
        journal_reason=reason,
    )
