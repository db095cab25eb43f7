"""Ledger lines of patients' money: movements in; keyed, balanced lines with their posting rule out.

Each line carries the key of the payment or refund as its reference: by it the ledger alone says where the money is.
"""

from __future__ import annotations

import numpy as np
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
LINKS = ("line_number", "claim_payment_id", "continues_journal_id")
COLUMNS = ["journal_key", "rule_id", "reference", "family_id", "amount_cents", "effective_date", "journal_reason"]


def lines(movements: pd.DataFrame) -> pd.DataFrame:
    """Give two lines for each movement (`COLUMNS`; family_id 0: no claim); both name the claim.

    Where a movement hangs on a payer's posting it carries `LINKS` too.
    """
    sides = movements["rule_id"].map(RULES)
    base = movements[COLUMNS].assign(source="patient", reverses_key="")
    base = base.assign(**{name: movements.get(name, 0) for name in LINKS})
    debit = base.assign(account=sides.str[0])
    credit = base.assign(account=sides.str[1], amount_cents=-base["amount_cents"])
    both = pd.concat([debit, credit]).sort_index(kind="stable").reset_index(drop=True)
    return both.astype({"account": "str"})


def hung(rows: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Say on which posting each written off amount hangs, so that a reversal of it takes the write-off along.

    `rows`: family_id, amount_cents, and what else there is of each. `shares`: family_id, amount_cents (above zero, in
    the order in which they are written off), claim_payment_id, line_number, continues_journal_id. Gives one row for
    each part, with these and `place` (1, 2, ... of a family). What no share covers hangs on nothing.
    """
    wanted = rows.set_index("family_id")["amount_cents"]
    own = shares[shares["family_id"].isin(wanted.index)]
    before = own.groupby("family_id")["amount_cents"].cumsum() - own["amount_cents"]
    left = np.maximum(wanted.reindex(own["family_id"]).to_numpy("int64") - before.to_numpy("int64"), 0)
    parts = own.assign(amount_cents=np.minimum(left, own["amount_cents"]))
    covered = parts.groupby("family_id")["amount_cents"].sum().reindex(wanted.index, fill_value=0)
    rest = rows[["family_id"]].assign(amount_cents=(wanted - covered).to_numpy("int64"), **dict.fromkeys(LINKS, 0))
    both = pd.concat([parts[[*rest.columns]], rest], ignore_index=True)
    both = both[both["amount_cents"] > 0].merge(rows.drop(columns="amount_cents"), on="family_id")
    return both.assign(place=both.groupby("family_id").cumcount() + 1)


def reversal(journals: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Negate the lines of journals (`journal_key` and all columns of their lines), exactly."""
    return journals.assign(
        amount_cents=-journals["amount_cents"],
        reverses_key=journals["journal_key"],
        journal_key=journals["journal_key"] + ":void",
        source="patient",
        journal_reason=reason,
    )
