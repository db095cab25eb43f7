"""Which version of a claim a payment decides, where its number alone does not say: candidates in, ranks out.

A practice may send a replacement or a void under the number of the first claim. Then the payer's own number decides,
and where nobody has heard that before, the day: what a payer says after it got a replacement, it says of that.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.identifiers import normal_number
from claims.ledger.match import VERSION_RANKS

REPLACEMENT, VOID, TAKEN_BACK = "7", "8", "22"


def version_ranks(rows: pd.DataFrame, numbers: pd.DataFrame, released: pd.Series) -> pd.DataFrame:
    """Rank candidates of one family (columns of `match.weigh`), the lowest first: the columns of VERSION_RANKS.

    `rows` have claim_id, family_id, follows_claim_id, version, frequency_code, original_reference, and of the payment
    payer_claim_number_paid, status_code_paid, payment_date_paid. `numbers`: what payers call claims (claim_id,
    payer_claim_number, source: 277CA or decision). `released`: the day on which each claim_id left first.
    """
    paid = rows["payer_claim_number_paid"]
    is_back = (rows["status_code_paid"] == TAKEN_BACK).to_numpy()
    is_void = (rows["frequency_code"] == VOID).to_numpy()
    is_again = (rows["frequency_code"] == REPLACEMENT).to_numpy() | is_void
    known = pd.MultiIndex.from_frame(numbers[["claim_id", "payer_claim_number"]])
    answered = known[(numbers["source"] == "277CA").to_numpy()]
    by_claim = pd.MultiIndex.from_arrays([rows["claim_id"], paid])
    # What a replacement or void names (REF*F8) is the number of the claim that it follows.
    named = rows[is_again & (rows["original_reference"] != "")]
    followed = pd.MultiIndex.from_frame(named[["follows_claim_id", "original_reference"]])
    of_family = pd.MultiIndex.from_frame(named.loc[named["follows_claim_id"] == 0, ["family_id", "original_reference"]])
    is_first = ~is_again & pd.MultiIndex.from_arrays([rows["family_id"], paid]).isin(of_family)
    is_own = (by_claim.isin(known) | by_claim.isin(followed) | is_first) & (paid != "").to_numpy()
    is_told = by_claim.isin(answered) & (paid != "").to_numpy()
    left = released.reindex(rows["claim_id"]).fillna("").to_numpy(dtype=object)
    has_it = (left != "") & (left <= rows["payment_date_paid"].to_numpy(dtype=object))
    decides = ~is_back & is_again & ~is_void & has_it
    same = normal_number(rows["claim_number"]) == normal_number(rows["claim_number_paid"])
    ranks = {
        "call_rank": ~np.where(is_back, is_own, is_told),
        "spelt_rank": ~same.to_numpy(),
        "turn_rank": np.select([is_own, decides | (is_back & ~is_again), ~is_again], [0, 1, 2], 3),
        "version_rank": np.where(decides, -rows["version"].to_numpy(), rows["version"].to_numpy()),
    }
    return pd.DataFrame({name: np.asarray(ranks[name], dtype=np.int64) for name in VERSION_RANKS}, index=rows.index)
