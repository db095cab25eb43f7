"""Which version of a claim a payment decides, where its number alone does not say: candidates in, ranks out.

A practice may send a replacement or a void under the number of the first claim. Then the payer's own number decides,
and where nobody has heard that before, what the payment says of itself: its frequency (CLP09) and the procedures of its
lines, unless the two contradict each other. Else the day: what a payer says after it got a replacement, it says of
that.
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
    payer_claim_number_paid, status_code_paid, payment_date_paid; and version_facts (`told_versions`). `numbers`: what
    payers call claims (claim_id, payer_claim_number, source: 277CA or decision). `released`: the day on which each
    claim_id left first.
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
    is_told_by = (rows["version_facts"] != "").to_numpy()
    same = normal_number(rows["claim_number"]) == normal_number(rows["claim_number_paid"])
    ranks = {
        "call_rank": ~np.where(is_back, is_own, is_told),
        "spelt_rank": ~same.to_numpy(),
        "turn_rank": np.select([is_own, is_told_by, decides | (is_back & ~is_again), ~is_again], [0, 1, 2, 3], 4),
        "version_rank": np.where(decides, -rows["version"].to_numpy(), rows["version"].to_numpy()),
    }
    return pd.DataFrame({name: np.asarray(ranks[name], dtype=np.int64) for name in VERSION_RANKS}, index=rows.index)


def facts_of(rows: pd.DataFrame, paid: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Tell of pairs (claim_payment_id, claim_id, frequency_code, frequency_code_paid) what speaks for the claim's being
    the version that was decided: frequency (of a replacement or void), lines (every procedure is one of the claim's).

    `paid`: lines of the payments, as `match.submitted` names them; `lines`: those of the claims.
    """
    is_again = rows["frequency_code_paid"].isin([REPLACEMENT, VOID])
    told = paid.loc[paid["procedure_code"] != "", ["claim_payment_id", "procedure_code"]].drop_duplicates()
    sent = lines[["claim_id", "procedure_code"]].drop_duplicates().assign(is_sent=True)
    pairs = rows[["claim_payment_id", "claim_id"]].drop_duplicates().merge(told, on="claim_payment_id")
    found = pairs.merge(sent, how="left", on=["claim_id", "procedure_code"])["is_sent"].notna()
    fits = found.groupby([pairs["claim_payment_id"], pairs["claim_id"]]).all()
    keys = pd.MultiIndex.from_frame(rows[["claim_payment_id", "claim_id"]])
    return pd.DataFrame(
        {
            "frequency": (is_again & (rows["frequency_code_paid"] == rows["frequency_code"])).to_numpy(),
            "lines": keys.isin(fits.index[fits.to_numpy()]),
        },
        index=rows.index,
    )


def in_words(facts: pd.DataFrame) -> pd.Series[str]:
    """Name the facts of `facts_of` that speak for each pair."""
    names = np.select(
        [facts["frequency"] & facts["lines"], facts["frequency"], facts["lines"]],
        ["frequency, lines", "frequency", "lines"],
        "",
    )
    return pd.Series(names, index=facts.index, dtype="str")


def told_versions(rows: pd.DataFrame, facts: pd.DataFrame, released: pd.Series) -> pd.Series[str]:
    """Give what tells candidates from the other versions of their claim; "" for those that it does not point to.

    `rows` as in `version_ranks`, with origin; `facts`: `facts_of` them. A fact tells where it speaks for some versions
    and not for all. What two facts say counts where they agree on a version, and what a payer takes back is known by
    its own number. A claim of ours that had not left was not decided.
    """
    keys = [rows["claim_payment_id"], rows["family_id"]]
    left = released.reindex(rows["claim_id"]).fillna("").to_numpy(dtype=object)
    was_there = (rows["origin"] != "to_send") | ((left != "") & (left <= rows["payment_date_paid"].to_numpy(object)))
    may = was_there & (rows["status_code_paid"] != TAKEN_BACK)
    points = pd.Series(may.to_numpy(), index=rows.index)
    for name in facts.columns:
        speaks = facts[name] & may
        grouped = speaks.groupby(keys)
        points &= speaks | ~grouped.transform("any")
    is_choice = points.groupby(keys).transform("any") & ~points.groupby(keys).transform("all")
    return in_words(facts).where(points & is_choice, "")
