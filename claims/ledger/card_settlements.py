"""Settlements of patients' card payments: bank lines of cards and card payments in, which days they settle out.

A processor pays what patients paid by card on one day, less its fee (codes/tie_rules.csv: card-settlement).
"""

from __future__ import annotations

import pandas as pd

from claims import codes
from claims.ledger.deposit_pairs import business_days_between
from claims.ledger.split_deposits import shares
from claims.ledger.subsets import sets_of

RULE = "card-settlement"


def settle(bank_lines: pd.DataFrame, payments: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tie settlement lines to days of card payments one to one: `(settlements, ambiguous)`.

    `bank_lines`: bank_line_id, rest_cents, bank_date, kind. `payments`: paid_on (ISO day), amount_cents.
    `settlements`: bank_line_id, paid_on, amount_cents (what patients paid), fee_cents, rule. `ambiguous`: bank_line_id.
    """
    rule = codes.table("tie_rules").set_index("rule").loc[RULE].to_dict()
    days = payments.groupby("paid_on", as_index=False)["amount_cents"].sum()
    lines = bank_lines[(bank_lines["kind"] == rule["kind"]) & (bank_lines["rest_cents"] > 0)]
    pairs = lines[["bank_line_id", "rest_cents", "bank_date"]].merge(days, how="cross")
    pairs["fee_cents"] = pairs["amount_cents"] - pairs["rest_cents"]
    small = (pairs["fee_cents"] >= 0) & (pairs["fee_cents"] * 100 <= pairs["amount_cents"] * int(rule["fee_percent"]))
    after = pairs["bank_date"] >= pairs["paid_on"]
    near = business_days_between(pairs["paid_on"], pairs["bank_date"]) <= int(rule["days"])
    pairs = pairs[small & after & near]
    # The whole amount says more than one less a fee.
    best = pairs["fee_cents"].eq(0) | ~pairs["bank_line_id"].isin(pairs.loc[pairs["fee_cents"] == 0, "bank_line_id"])
    pairs = pairs[best]
    alone = (pairs.groupby("bank_line_id")["paid_on"].transform("size") == 1) & (
        pairs.groupby("paid_on")["bank_line_id"].transform("size") == 1
    )
    names = ["bank_line_id", "paid_on", "amount_cents", "fee_cents"]
    settlements = pairs.loc[alone, names].assign(rule=RULE).sort_values("bank_line_id", ignore_index=True)
    unclear = pairs.loc[~alone, ["bank_line_id"]].drop_duplicates().sort_values("bank_line_id", ignore_index=True)
    return settlements.astype({"rule": "str"}), unclear


def settle_together(bank_lines: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    """Tie several lines that are one day of card payments, to the cent: as `split_deposits.shares`, by paid_on.

    Only where one set of the lines near that day adds up to it and no other day wants one of them. A sum less a fee
    would fit too easily: nobody names these lines.
    """
    rule = codes.table("tie_rules").set_index("rule").loc[RULE].to_dict()
    days = payments.groupby("paid_on", as_index=False)["amount_cents"].sum()
    lines = bank_lines[(bank_lines["kind"] == rule["kind"]) & (bank_lines["rest_cents"] > 0)]
    pairs = lines[["bank_line_id", "rest_cents", "bank_date", "kind"]].merge(days, how="cross")
    near = business_days_between(pairs["paid_on"], pairs["bank_date"]) <= int(rule["days"])
    pairs = pairs[near & (pairs["bank_date"] >= pairs["paid_on"])]
    wanted = []
    for _, group in pairs.groupby("paid_on", sort=True):
        sums = sets_of(group["rest_cents"].tolist(), int(group["amount_cents"].iloc[0]))
        # Where several sets fit, each of their lines is somebody's: no other day takes one.
        chosen = group.iloc[sorted({place for one in sums.found for place in one})]
        wanted.append(chosen.assign(is_sure=sums.only is not None))
    rows = pd.concat(wanted, ignore_index=True) if wanted else pairs.assign(is_sure=False)
    shared = rows.loc[rows.duplicated("bank_line_id", keep=False), "paid_on"]
    return shares(rows[rows["is_sure"] & ~rows["paid_on"].isin(shared)], "paid_on", 0)
