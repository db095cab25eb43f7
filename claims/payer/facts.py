"""What a payer can know of any claim: claims and lines in, lines with terms, fees and facts out, ready to be decided.

Nothing here depends on the order of claims: what is not in the claim follows from its numbers and the seed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.adjudicate import FOREVER, Frames
from claims.payer.coordination import follows, settled
from claims.payer.draws import Integers, Keys, draws, keys
from claims.payer.fees import scheduled
from claims.payer.terms import rate, table

_OF_CLAIM = ["payer_code", "member_id", "patient_first_name", "prior_authorization", "received_date"]
_OF_PAYER = ["fee_percent", "deductible_cents", "coinsurance_percent", "copay_cents", "filing_limit_days"]


def claim_keys(claims: pd.DataFrame, seed: int) -> Keys:
    """Give the key that all draws about a claim follow from."""
    names = ("payer_code", "payer_sequence", "claim_number", "frequency_code", "original_reference")
    return keys(*(claims[name] for name in names), seed=seed)


def gathered(claims: pd.DataFrame, frames: Frames, terms: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, Integers]:
    """Give the lines of claims (ordered by `seg`) as `adjudicate.decide` wants them, and the draw of each line.

    `frames` are those of an 837; `terms` has the payer's terms for each claim, row by row.
    """
    claims, terms = claims.reset_index(drop=True), terms.reset_index(drop=True)
    lines = frames["service_lines"]
    lines = lines[lines["claim_seg"].isin(claims["seg"])].sort_values(["claim_seg", "ordinal"], kind="stable")
    lines = lines.reset_index(drop=True)
    place = np.searchsorted(claims["seg"].to_numpy(np.int64), lines["claim_seg"].to_numpy(np.int64))
    of_claim = claims[_OF_CLAIM].take(place).set_axis(lines.index)
    of_payer = terms[_OF_PAYER].take(place).set_axis(lines.index)
    work = pd.concat([lines, of_claim, of_payer], axis=1)
    code = work["procedure_code"].where(work["procedure_code"] != "", work["revenue_code"])
    qualifier = work["procedure_qualifier"].where(work["procedure_code"] != "", "NU")
    work = work.assign(procedure_code=code, procedure_qualifier=qualifier.where(qualifier != "", "HC"))
    work = scheduled(work, seed)

    is_second = follows(claims, frames["other_payers"])
    prior, is_missing = settled(
        work, is_second[place], *(frames[f"other_payer{name}"] for name in ("s", "_lines", "_adjustments"))
    )
    ordinal = np.asarray(work["ordinal"], np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    numbered = np.asarray(claim_keys(claims, seed)[place] + ordinal, np.uint64)
    return work.assign(
        **_membership(work, seed),
        prior_authorization=_authorizations(work, frames["references"]),
        is_odd_modifier=_odd_modifiers(work),
        # Who pays second waits for the first, and does not count units again.
        filing_limit_days=np.where(is_second[place], 2, 1) * work["filing_limit_days"].to_numpy(np.int64),
        units_limit=np.where(prior > 0, np.iinfo(np.int32).max, work["units_limit"]),
        prior_cents=prior,
        is_prior_missing=is_missing,
        is_estimate=(claims["submission_reason_code"] == "PB").to_numpy()[place],
    ), draws(numbered, "cause", 100)


def _membership(work: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Tell whom the payer knows, and until when each is covered in the year of the service."""
    member = keys(work["payer_code"], work["member_id"], seed=seed)
    year = work["service_date"].to_numpy(np.int64) // 10000
    of_year = np.asarray(member + year.astype(np.uint64), np.uint64)
    ended = draws(of_year, "coverage", 10_000) < rate("coverage-ended")
    last = year * 10000 + (1 + draws(of_year, "month", 11)) * 100 + 28
    return {
        "is_member": draws(member, "member", 10_000) >= rate("unknown-member"),
        "coverage_to_date": np.where(ended, last, FOREVER),
    }


def _authorizations(work: pd.DataFrame, references: pd.DataFrame) -> pd.Series:
    """Give the authorization of the claim, or of the line (REF*G1 in 2400)."""
    of_lines = references[(references["qualifier_code"] == "G1") & (references["service_seg"] > 0)]
    own = of_lines.drop_duplicates("service_seg").set_index("service_seg")["reference"]
    if own.empty:
        return work["prior_authorization"]
    return work["prior_authorization"].where(
        work["prior_authorization"] != "", own.reindex(work["seg"]).fillna("").array
    )


def _odd_modifiers(work: pd.DataFrame) -> np.ndarray:
    """Tell where modifiers exclude each other, or are none that the schedule has for its procedure.

    A loop over the distinct modifiers of distinct procedures, not over lines.
    """
    pair, distinct = pd.factorize(work["known_modifiers"] + "|" + work["modifiers"])
    conflicts = list(table("modifier_conflicts").itertuples(index=False, name=None))
    general = set(table("general_modifiers")["modifier"])
    odd = []
    for text in distinct:
        known, _, given = str(text).partition("|")
        own = set(given.split())
        is_unknown = known != "*" and bool(own - set(known.split()) - general)
        odd.append(is_unknown or any(one in own and other in own for one, other in conflicts))
    found: np.ndarray = np.array([*odd, False], np.bool_)[pair]
    return found
