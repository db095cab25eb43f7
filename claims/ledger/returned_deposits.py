"""Deposits that the bank took back: negative bank lines and former deposits in, which one each takes back out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims import codes
from claims.ledger.deposit_pairs import MOST_CANDIDATES, pairs_of, prepared, weighed

RULE = "returned-deposit"
AS_REMITTANCE = {
    "bank_line_id": "remit_id",
    "line_key": "remit_key",
    "rest_cents": "open_cents",
    "bank_date": "payment_date",
}


def take_back(returns: pd.DataFrame, formers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tie returns to former deposits one to one: `(ties, candidates)`.

    Both frames have the columns of bank lines (`deposit_pairs`) and reference, with rest_cents below zero for `returns`
    and the whole amount for `formers`. `ties`: bank_line_id, returns_line_id, score, evidence. `candidates`: those and
    amount_cents, why, rule.
    """
    rule = codes.table("tie_rules").set_index("rule").loc[RULE].to_dict()
    back = prepared(returns.assign(rest_cents=-returns["rest_cents"]))
    pairs = pairs_of(back, prepared(formers.rename(columns=AS_REMITTANCE)), reach=2 * int(rule["days"]))
    # Equal references of the bank say as much as equal trace numbers.
    said = formers.set_index("bank_line_id")["reference"].reindex(pairs["remit_id"]).to_numpy()
    own = returns.set_index("bank_line_id")["reference"].reindex(pairs["bank_line_id"]).to_numpy()
    named = pairs["same_trace"] | ((own == said) & (own != ""))
    fits = pairs["same_amount"] & (pairs["payment_date"] <= pairs["bank_date"])
    fits &= named | (~pairs["other_trace"] & pairs["same_payer"] & (pairs["days"] <= int(rule["days"])))
    fits &= named | ~pairs["bank_line_id"].isin(pairs.loc[fits & named, "bank_line_id"])
    left = pairs[fits]
    alone = (left.groupby("bank_line_id")["remit_id"].transform("size") == 1) & (
        left.groupby("remit_id")["bank_line_id"].transform("size") == 1
    )
    rows = weighed(pairs, pd.Series(False, index=pairs.index)).rename(columns={"remit_id": "returns_line_id"})
    chosen = alone.reindex(pairs.index, fill_value=False).to_numpy(dtype=bool)
    why = np.select([chosen, fits, pairs["other_trace"]], ["chosen", "several-fit", "other-trace"], "payer-unknown")
    rows = rows.assign(
        why=pd.Series(why, dtype="str"),
        rule=pd.Series(np.where(chosen, RULE, "none"), dtype="str"),
        amount_cents=pairs["open_cents"],
    )
    ties = rows.loc[chosen, ["bank_line_id", "returns_line_id", "score", "evidence"]].reset_index(drop=True)
    worth = rows[rows["same_amount"] & (rows["payment_date"] <= rows["bank_date"])]
    worth = worth.sort_values(["line_key", "score", "remit_key"], ascending=[True, False, True], kind="stable")
    worth = worth[worth.groupby("bank_line_id").cumcount() < MOST_CANDIDATES]
    names = ["bank_line_id", "returns_line_id", "amount_cents", "why", "rule", "score", "evidence"]
    return ties, worth[names].reset_index(drop=True)
