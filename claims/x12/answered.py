"""The frames of a 999 and of the 837 file that it answers in; the claim that each segment error is in out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.x12.numbers import Integers
from claims.x12.write_columns import Frames

_MISSING = "3"


def claims_in_error(answer: Frames, sent: Frames) -> pd.DataFrame:
    """Return `segment_errors` of a 999 or 997 with `transaction_seg`, `claim_seg` and `claim_number` of the file sent.

    The set is found by its group's control number and its own; the claim by its number where the answer names it
    (CTX*CLM01), else by walking back from the position (ST is 1). 0 and "" stand for an error in no claim of the file.
    A 277CA and a TA1 have no segment errors: the frame is empty (a 277CA names its claims itself, `claim_statuses`).
    """
    errors = answer["segment_errors"].drop(columns="transaction_seg", errors="ignore")
    of_set = _sent_sets(answer, sent).reindex(errors["set_seg"], fill_value=0)
    transaction_seg: Integers = np.asarray(of_set, np.int64)
    position = errors["position"].to_numpy(np.int64)
    # What is missing was noticed at the segment after it, which may begin the next claim.
    before = position - 1 - (errors["error_code"] == _MISSING).to_numpy(np.int64)
    target: Integers = np.where(transaction_seg > 0, transaction_seg + before, 0)
    named = _named_claim(answer, errors, transaction_seg, sent)
    claim_seg = np.where(named > 0, named, _last_claim(target, transaction_seg, sent))
    numbers = sent["claims"].set_index("seg")["claim_number"]
    return errors.assign(
        transaction_seg=transaction_seg,
        claim_seg=claim_seg,
        claim_number=numbers.reindex(claim_seg, fill_value="").to_numpy(),
    )


def _sent_sets(answer: Frames, sent: Frames) -> pd.Series[int]:
    """Return the `seg` of the ST sent, by the `seg` of the AK2 about it."""
    groups = _numbered(sent["groups"].set_index("seg")["control_number"])
    sets = sent["transactions"]
    keys = pd.MultiIndex.from_arrays(
        [groups.reindex(sets["group_seg"], fill_value=""), _numbered(sets["control_number"])]
    )
    known = pd.Series(sets["seg"].to_numpy(np.int64), keys)
    known = known[~known.index.duplicated()]
    of_group = _numbered(answer["group_acknowledgements"].set_index("seg")["control_number"])
    told = answer["set_acknowledgements"]
    wanted = pd.MultiIndex.from_arrays(
        [of_group.reindex(told["group_seg"], fill_value=""), _numbered(told["control_number"])]
    )
    return pd.Series(known.reindex(wanted, fill_value=0).to_numpy(np.int64), told["seg"])


def _numbered(control_number: pd.Series[str]) -> pd.Series[str]:
    """Leave out the zeros before a control number: partners write them as they like."""
    return control_number.str.lstrip("0")


def _named_claim(answer: Frames, errors: pd.DataFrame, transaction_seg: Integers, sent: Frames) -> Integers:
    """Return the claim that the context of each error names, 0 where it names none of its set."""
    contexts, claims = answer["contexts"], sent["claims"]
    units = contexts[(contexts["name"] == "CLM01") & (contexts["reference"] != "")].drop_duplicates("segment_seg")
    number = units.set_index("segment_seg")["reference"].reindex(errors["seg"], fill_value="")
    known = pd.Series(
        claims["seg"].to_numpy(np.int64), pd.MultiIndex.from_frame(claims[["transaction_seg", "claim_number"]])
    )
    known = known[~known.index.duplicated(keep=False)]
    wanted = pd.MultiIndex.from_arrays([transaction_seg, number])
    return np.asarray(known.reindex(wanted, fill_value=0), np.int64)


def _last_claim(target: Integers, transaction_seg: Integers, sent: Frames) -> Integers:
    """Return the claim that is open at each segment: begun in its set, and not ended by a level after it."""
    claims, levels = sent["claims"]["seg"].to_numpy(np.int64), sent["hierarchy"]["seg"].to_numpy(np.int64)
    begins = np.concatenate(([0], claims, levels))
    claim_of = np.concatenate(([0], claims, np.zeros_like(levels)))
    order = np.argsort(begins, kind="stable")
    at = order[np.searchsorted(begins[order], target, side="right") - 1]
    return np.where(begins[at] > transaction_seg, claim_of[at], 0)
