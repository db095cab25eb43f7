"""Decisions and those that they took back without a reversal come in; what that does to the cases of these goes out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

ON = ["claim_payment_id", "line"]


def by_posting(claim_payments: pd.DataFrame) -> pd.DataFrame:
    """Give the pairs that postings name where nobody knows more: each took back one decision, whole."""
    rows = claim_payments[(claim_payments["outcome"] == "posted") & (claim_payments["reverses_claim_payment_id"] != 0)]
    pairs = rows[["claim_payment_id", "reverses_claim_payment_id"]]
    pairs = pairs.rename(columns={"reverses_claim_payment_id": "target_id"})
    return pairs.assign(line_number=0, is_whole=True).reset_index(drop=True)


def replaced(
    claim_payments: pd.DataFrame,
    pairs: pd.DataFrame,
    deciders: pd.DataFrame,
    figures: pd.DataFrame,
    cases: pd.DataFrame,
) -> pd.DataFrame:
    """Take back what another decision on the claim replaces: won where it pays or charges the patient instead.

    ``pairs``: claim_payment_id, target_id, line_number, is_whole (`propose`). An older one that comes late replaces
    what only repeated it: nothing is won. What is taken back in part keeps the cases of its other lines.
    """
    posted = claim_payments[claim_payments["outcome"] == "posted"]
    newer = posted[["claim_payment_id", "paid_cents", "at", "payment_date"]]
    names = {"claim_payment_id": "target_id", "line_number": "line"}
    decided = deciders[["claim_payment_id", "line_number", "base", "remit_date", "denied_cents"]].rename(columns=names)
    rows = newer.merge(pairs, on="claim_payment_id").merge(decided, on="target_id")
    rows = rows[rows["is_whole"].astype(bool) | (rows["line_number"] == rows["line"])]
    rows = rows.drop_duplicates(["claim_payment_id", "target_id", "base"]).drop(columns=["line_number", "is_whole"])
    rows = not_denied_again(rows, cases)
    if rows.empty:
        return rows.assign(kind="", outcome="")
    amounts, is_whole, won = what_wins(rows, figures, cases)
    is_later = (rows["payment_date"] >= rows["remit_date"]).to_numpy(bool)
    outcome = np.where(is_later & ((amounts["paid"] > 0) | (amounts["patient"] > 0)), won, "superseded")
    recovered = np.where(is_later, _shared(rows, np.maximum(amounts["paid"], 0), is_whole), 0)
    return rows.assign(kind="taken_back", outcome=outcome, recovered_cents=recovered)


def _shared(rows: pd.DataFrame, paid: npt.NDArray[np.int64], is_whole: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Share what a decision pays among the cases that it wins, so that no cent is won twice.

    What it pays on a line is shared among the cases of that line; among those of the whole claim, what others of its
    cases did not get. Each gets as much as it denied of what all of them denied.
    """
    at = rows["line"].where(~is_whole, -1)
    cents = pd.Series(paid, index=rows.index)
    by_line = cents.where(~is_whole, 0).groupby([rows["claim_payment_id"], at]).transform("first")
    first = ~rows.assign(at=at).duplicated(["claim_payment_id", "at"])
    on_lines = by_line.where(first, 0).groupby(rows["claim_payment_id"]).transform("sum")
    cents = cents.where(~is_whole, (cents - on_lines).clip(lower=0))
    weight = rows["denied_cents"].clip(lower=1)
    order = rows.assign(at=at).sort_values(["claim_payment_id", "at", "base"]).index
    keys = [rows.loc[order, "claim_payment_id"], at[order]]
    own = weight[order].groupby(keys)
    until = cents[order] * own.cumsum() // own.transform("sum")
    share = until - until.groupby(keys).shift(fill_value=0)
    return share.reindex(rows.index).to_numpy("int64")


def not_denied_again(pairs: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Leave out the payments (claim_payment_id) that deny what they are paired with (base) once more."""
    again = pd.MultiIndex.from_frame(cases[["claim_payment_id", "base"]])
    return pairs[~pd.MultiIndex.from_frame(pairs[["claim_payment_id", "base"]]).isin(again)].reset_index(drop=True)


def what_wins(
    pairs: pd.DataFrame, figures: pd.DataFrame, cases: pd.DataFrame
) -> tuple[dict[str, npt.NDArray[np.int64]], npt.NDArray[np.bool_], npt.NDArray[np.str_]]:
    """Give what `on_base` gives, and what winning is called: in part where the payment denies some of the claim."""
    amounts, is_whole = on_base(pairs, figures)
    denied_on = pairs["claim_payment_id"].isin(cases["claim_payment_id"]).to_numpy(bool)
    return amounts, is_whole, np.where(is_whole & denied_on, "partly_overturned", "overturned")


def on_base(
    pairs: pd.DataFrame, figures: pd.DataFrame
) -> tuple[dict[str, npt.NDArray[np.int64]], npt.NDArray[np.bool_]]:
    """Give what payments (claim_payment_id, paid_cents) pay and lay on the patient on a line, 0 meaning the claim.

    Also tells where it is the whole claim that is meant.
    """
    names = ["paid_cents", "patient_cents"]
    by_line = figures.groupby(ON)[names].sum()
    by_claim = figures.groupby("claim_payment_id")[names].sum()
    has_lines = figures.loc[figures["line"] != 0, "claim_payment_id"]
    lines = by_line.reindex(pd.MultiIndex.from_frame(pairs[ON]), fill_value=0)
    whole = by_claim.reindex(pairs["claim_payment_id"], fill_value=0)
    is_whole = ((pairs["line"] == 0) | ~pairs["claim_payment_id"].isin(has_lines)).to_numpy(bool)
    paid = np.where(is_whole, pairs["paid_cents"], lines["paid_cents"])
    patient = np.where(is_whole, whole["patient_cents"], lines["patient_cents"])
    return {"paid": paid, "patient": patient}, is_whole
