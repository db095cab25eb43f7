"""Sums of the ledger by kind of journal come in; how each control account got from start to end goes out.

Accounts receivable is 1100 + 1110 + 1200. What a person undid and what a replay posted again falls whole into row U, so
that the two meet there; a journal that takes back another one (a payer's reversal) whole into row F. Both are split by
the account of the receivable, the others by the account on the other side: `account_is` says which of the two it is.
"""

from __future__ import annotations

import pandas as pd

RECEIVABLE = ("1100", "1110", "1200")
OTHERS = ("1050", "2100", "2110", "2120", "2200", "2300")
ROWS = {
    "A": "Receivable at start",
    "B": "Charges",
    "C": "Payments",
    "D": "Contractual, sequestration, other adjustments",
    "E": "Denial write-offs, bad debt",
    "F": "Reversals of earlier decisions",
    "G": "Transfers between payers, denied and patient",
    "H": "Refunds, credits, interest and fees",
    "U": "Undone by a person, and posted again",
    "I": "Receivable at end",
}
ROW_OF = {
    "4000": "B",
    "1000": "C",
    "1050": "C",
    "2200": "C",
    "4100": "D",
    "4300": "D",
    "4310": "D",
    "1400": "D",
    "4200": "E",
    "5000": "E",
}


def receivable(movements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows A to I: row, label, account, account_is (receivable, other), amount_cents (debits positive).

    ``movements``: is_before (1: before the period), is_reversal, is_again (undo, replay), account, amount_cents, only
    of journals that touch the receivable. A row's effect on the receivable is what its other accounts lack.
    """
    inside = movements[movements["is_before"] == 0]
    again = inside[inside["is_again"] == 1]
    again = again[again["account"].isin(RECEIVABLE)].assign(row="U")
    inside = inside[inside["is_again"] == 0]
    own = inside["account"].isin(RECEIVABLE)
    normal = inside[~own & (inside["is_reversal"] == 0)]
    parts = normal.assign(row=normal["account"].map(ROW_OF).fillna("H"), amount_cents=-normal["amount_cents"])
    reversed_rows = inside[own & (inside["is_reversal"] == 1)].assign(row="F")
    # Transfers: what moves inside the receivable sums to zero; shown so that a reader sees that it does.
    moved = inside.loc[own & (inside["is_reversal"] == 0), "amount_cents"].sum() - parts["amount_cents"].sum()
    start = movements.loc[(movements["is_before"] == 1) & movements["account"].isin(RECEIVABLE), "amount_cents"].sum()
    end = movements.loc[movements["account"].isin(RECEIVABLE), "amount_cents"].sum()
    detail = pd.concat([parts, reversed_rows, again], ignore_index=True)
    sums: pd.DataFrame = detail.groupby(["row", "account"])[["amount_cents"]].sum().reset_index()
    single = pd.DataFrame(
        {"row": ["A", "G", "I"], "account": ["", "", ""], "amount_cents": [int(start), int(moved), int(end)]}
    )
    empty = [row for row in ROWS if row not in set(sums["row"]) | set(single["row"])]
    blank = pd.DataFrame({"row": empty}).assign(account="", amount_cents=0)
    rows: pd.DataFrame = pd.concat([single, sums, blank], ignore_index=True).astype({"row": "str", "account": "str"})
    rows["label"] = rows["row"].map(ROWS)
    rows["amount_cents"] = rows["amount_cents"].astype("int64")
    rows["account_is"] = rows["account"].map(lambda account: "receivable" if account in RECEIVABLE else "other")
    rows["account_is"] = rows["account_is"].where(rows["account"] != "", "").astype("str")
    rows["place"] = rows["row"].map({row: place for place, row in enumerate(ROWS)})
    ordered: pd.DataFrame = rows.sort_values(["place", "account"], ignore_index=True)
    return ordered[["row", "label", "account", "account_is", "amount_cents"]]


def balances(movements: pd.DataFrame) -> pd.DataFrame:
    """Return start, movement and end of every account: account, start_cents, debits_cents, credits_cents, end_cents.

    ``movements``: is_before, account, debit_cents, credit_cents (positive) of all journals.
    """
    net = movements["debit_cents"] - movements["credit_cents"]
    before = net.where(movements["is_before"] == 1, 0)
    inside = movements["is_before"] == 0
    rows = pd.DataFrame(
        {
            "account": movements["account"],
            "start_cents": before,
            "debits_cents": movements["debit_cents"].where(inside, 0),
            "credits_cents": movements["credit_cents"].where(inside, 0),
        }
    )
    sums = rows.groupby("account", as_index=False).sum()
    sums["end_cents"] = sums["start_cents"] + sums["debits_cents"] - sums["credits_cents"]
    return sums.sort_values("account", ignore_index=True)
