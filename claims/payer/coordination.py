"""Claims that follow another payer: what it settled in (2320, 2430); what is left of each line out.

What is left is the patient's share (PR) of the last payer before us; all else of the charge is settled: it was paid,
or nobody may ask for it. A line that the payer before us did not decide waits for its decision.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.draws import Integers

FIRST = ("P", "U", "")


def follows(claims: pd.DataFrame, other_payers: pd.DataFrame) -> np.ndarray:
    """Tell which claims come after another payer: by their own place, or by that of one of the others."""
    first_elsewhere = other_payers.loc[other_payers["payer_sequence"] == "P", "claim_seg"]
    result: np.ndarray = (~claims["payer_sequence"].isin(FIRST) | claims["seg"].isin(first_elsewhere)).to_numpy()
    return result


def settled(
    lines: pd.DataFrame, follows_other: np.ndarray, payers: pd.DataFrame, paid: pd.DataFrame, adjusted: pd.DataFrame
) -> tuple[Integers, np.ndarray]:
    """Give what other payers settled of each line, and where their decision is missing.

    `lines` are in order of claims, `follows_other` is told of each; `payers`, `paid`, `adjusted` are the frames
    other_payers, other_payer_lines and other_payer_adjustments.
    """
    charge = lines["charge_cents"].to_numpy(np.int64)
    if not follows_other.any():
        return np.zeros(len(lines), np.int64), np.zeros(len(lines), np.bool_)
    claim = lines["claim_seg"].to_numpy(np.int64)
    share = adjusted[adjusted["group_code"] == "PR"]
    last_on_line = paid.groupby("service_seg")["seg"].max()
    is_decided = lines["seg"].isin(last_on_line.index).to_numpy()
    own = share[share["seg"] > last_on_line.reindex(share["service_seg"], fill_value=np.iinfo(np.int64).max).to_numpy()]
    left = own.groupby("service_seg")["amount_cents"].sum().reindex(lines["seg"], fill_value=0).to_numpy(np.int64)

    told = adjusted[adjusted["service_seg"] == 0]
    deciding = payers[payers["paid_cents"].notna() | payers["seg"].isin(_owners(told, payers))]
    last = deciding.groupby("claim_seg")["seg"].max()
    of_claim = told[(told["group_code"] == "PR") & (told["seg"] > last.reindex(told["claim_seg"], fill_value=0).array)]
    open_cents = of_claim.groupby("claim_seg")["amount_cents"].sum().reindex(claim, fill_value=0).to_numpy(np.int64)
    # Without any adjustment, all that was not paid is left.
    unexplained = last.index[~last.index.isin(adjusted["claim_seg"]) & ~last.index.isin(paid["claim_seg"])]
    total = lines.groupby("claim_seg")["charge_cents"].transform("sum").to_numpy(np.int64)
    paid_whole = deciding.groupby("claim_seg")["paid_cents"].sum().reindex(claim, fill_value=0).to_numpy(np.int64)
    open_cents = np.where(np.isin(claim, unexplained), total - paid_whole, open_cents)
    by_line = np.isin(claim, paid["claim_seg"].to_numpy(np.int64))
    is_decided = is_decided | ~by_line & np.isin(claim, last.index.to_numpy(np.int64))

    left = np.clip(left + _spread(np.maximum(open_cents, 0), charge, total, claim), 0, charge)
    missing = follows_other & ~is_decided
    return np.where(follows_other & is_decided, charge - left, 0), missing


def _owners(told: pd.DataFrame, payers: pd.DataFrame) -> Integers:
    """Name the payer that each claim-level adjustment belongs to: the last one before it."""
    ordered = np.sort(payers["seg"].to_numpy(np.int64))
    if not len(ordered):
        return ordered
    found: Integers = ordered[np.maximum(np.searchsorted(ordered, told["seg"].to_numpy(np.int64)) - 1, 0)]
    return found


def _spread(amount: Integers, charge: Integers, total: Integers, claim: Integers) -> Integers:
    """Spread a claim's amount over its lines by their charges, to the cent."""
    running = pd.Series(charge).groupby(claim).cumsum().to_numpy(np.int64)
    whole = np.maximum(total, 1)
    result: Integers = amount * running // whole - amount * (running - charge) // whole
    return result
