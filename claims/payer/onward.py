"""Claims that a payer passes on by itself: decided claims in; the same claims for the next payer out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames
from claims.payer.coordination import FIRST
from claims.payer.cycles import dates_of
from claims.payer.draws import draws, keys
from claims.payer.terms import rate

DAYS_ON_THE_WAY = 3
_STATUS = {"1": "19", "2": "20", "3": "21"}


class Onward(NamedTuple):
    """Claims and lines (`left_prior_cents`: what is not left to pay) of the next payers, and the payments, marked."""

    claims: pd.DataFrame
    work: pd.DataFrame
    marked: Frames


def crossovers(claims: pd.DataFrame, work: pd.DataFrame, first: Frames, frames: Frames, seed: int) -> Onward:
    """Pass on claims that name a second payer, where the two payers have agreed to it."""
    others = frames["other_payers"]
    second = others[(others["payer_sequence"] == "S") & (others["payer_code"] != "")].drop_duplicates("claim_seg")
    second = _with_members(second, frames["parties"])
    payments = first["claim_payments"]
    alone = payments[~payments["is_part"] & payments["status_code"].isin([*_STATUS])]
    fits = claims["payer_sequence"].isin(FIRST) & ~claims["frequency_code"].isin(["7", "8"])
    fits &= claims["sequence"].isin(alone["sequence"]) & claims["seg"].isin(second["claim_seg"])
    own = claims[fits]
    to = second.set_index("claim_seg").reindex(own["seg"])
    agreed = draws(keys(own["payer_code"], to["payer_code"], seed=seed), "crossover", 10_000) < rate("crossover")
    own, to = own[agreed], to[agreed]
    if own.empty:
        return Onward(own, work.iloc[:0], first)
    paid = payments.set_index("sequence").loc[own["sequence"]]
    marked = payments["sequence"].isin(own["sequence"]).to_numpy()
    names = pd.DataFrame({"name": to["payer_name"].to_numpy(), "code": to["payer_code"].to_numpy()}, own["sequence"])
    names = names.reindex(payments["sequence"][marked])
    payments = payments.assign(is_crossover=marked)
    payments.loc[marked, "status_code"] = payments.loc[marked, "status_code"].map(_STATUS)
    payments.loc[marked, "crossover_name"] = names["name"].where(names["name"] != "", "NEXT PAYER").to_numpy()
    payments.loc[marked, "crossover_code"] = names["code"].to_numpy()
    member = to["member_id"].to_numpy()
    passed = own.assign(
        payer_code=to["payer_code"].to_numpy(),
        payer_name=to["payer_name"].to_numpy(),
        payer_sequence="S",
        filing_indicator_code="ZZ",
        member_id=np.where(member == "", own["member_id"], member),
        received_date=dates_of(paid["pay_day"].to_numpy(np.int64) + DAYS_ON_THE_WAY),
    )
    lines = work[work["claim_seg"].isin(own["seg"])]
    lines = lines[[name for name in frames["service_lines"].columns if name in lines]]
    return Onward(
        passed.reset_index(drop=True),
        lines.assign(left_prior_cents=lines["charge_cents"] - _left(lines, first, own, paid)).reset_index(drop=True),
        {**first, "claim_payments": payments},
    )


def _left(lines: pd.DataFrame, first: Frames, own: pd.DataFrame, paid: pd.DataFrame) -> np.ndarray:
    """Give what the first payer left to the patient of each line."""
    services = first["service_payments"].query("claim_seg in @paid.seg")
    shares = first["adjustments"].query("group_code == 'PR'").groupby("service_seg")["amount_cents"].sum()
    claim = pd.Series(own["seg"].to_numpy(), index=paid["seg"].to_numpy())
    at = pd.MultiIndex.from_arrays([claim.reindex(services["claim_seg"]), services["ordinal"]])
    left = pd.Series(shares.reindex(services["seg"], fill_value=0).to_numpy(np.int64), index=at)
    found: np.ndarray = left.reindex(pd.MultiIndex.from_frame(lines[["claim_seg", "ordinal"]])).to_numpy(np.int64)
    return found


def _with_members(second: pd.DataFrame, parties: pd.DataFrame) -> pd.DataFrame:
    """Give the member number with each other payer: that of the first NM1*IL after its SBR."""
    insured = parties[(parties["qualifier_code"] == "IL") & (parties["loop"] == "2330A")]
    if second.empty or insured.empty:
        return second.assign(member_id="")
    found = pd.merge_asof(
        second.sort_values("seg"),
        insured[["seg", "claim_seg", "identifier"]].sort_values("seg").rename(columns={"identifier": "member_id"}),
        on="seg",
        by="claim_seg",
        direction="forward",
    )
    return found.fillna({"member_id": ""})
