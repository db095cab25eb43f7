"""Postings as they are posted, and what each takes back, come in; the same in the order in which the payer decided out.

Of two remittances of one day nothing but what they say tells which came first: the one whose decision the other takes
back. Their keys are hashes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def in_order(postings: pd.DataFrame, *, by: str = "family_id") -> pd.DataFrame:
    """Sort the postings of each family, or of what else `by` names, as the payer made them; each family where it was.

    `postings`, in posting order: claim_payment_id, remit_id, outcome, reverses_claim_payment_id and `by`. A remittance
    stands where its day and key put it, but after those of which it takes something back by a reversal; in it, a
    reversal stands right after what it takes back.
    """
    rows = postings.reset_index(drop=True)
    places = pd.Series(rows.index, index=rows["claim_payment_id"])
    pairs = rows[(rows["outcome"] == "reversal") & rows["reverses_claim_payment_id"].isin(places.index)]
    family, own = rows[by].to_numpy(), pairs.index.to_numpy()
    target = places.loc[pairs["reverses_claim_payment_id"]].to_numpy()
    odd = np.unique(family[own[own < target]])
    if not len(odd):
        return rows
    counts = np.isin(family[own], odd) & (family[own] == family[target])
    own, target = own[counts], target[counts]
    moved = rows.loc[np.isin(family, odd), [by, "remit_id"]]
    # A remittance of a family is known by the place of its first posting.
    first = moved.assign(place=moved.index).groupby([by, "remit_id"])["place"].transform("min")
    later, earlier = first.loc[own].to_numpy(), first.loc[target].to_numpy()
    is_inside = later == earlier
    turns = _turns(first.unique(), later[~is_inside], earlier[~is_inside])
    moved = moved.assign(turn=turns.loc[first].to_numpy(), first=first, place=2 * moved.index)
    moved.loc[own[is_inside], "place"] = np.maximum(2 * own, 2 * target + 1)[is_inside]
    at = moved.sort_values([by, "turn", "first", "place"]).index
    order = rows.index.to_numpy().copy()
    order[moved.sort_values(by, kind="stable").index] = at
    return rows.iloc[order].reset_index(drop=True)


def _turns(remits: np.ndarray, later: np.ndarray, earlier: np.ndarray) -> pd.Series:
    """Put remittances (by place) after those that they depend on, as near as can be to where they stand.

    Two that take back each other's decisions stay beside each other.
    """
    turns = pd.Series(remits * (len(remits) + 1), index=remits)
    for _ in range(len(remits)):
        after = (turns.loc[earlier] + 1).groupby(later).max()
        moved = turns.clip(lower=after.reindex(turns.index, fill_value=0))
        if (moved == turns).all():
            break
        turns = moved
    return turns
