"""Adjudications with their classified adjustments come in; one row per denial case to open or repeat goes out.

Each row has the columns of table ``denial_cases`` that follow from the remittance, and ``base``: what the case is
about, in words that do not depend on the order of arrival. ``case_key`` is a hash of it: keys carry no patient data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import count

import numpy as np
import pandas as pd

from claims import codes
from claims.denials.causes import causes
from claims.denials.deadlines import NO_LIMITS, deadlines, payer_types
from claims.denials.figures import denied_parts

# payer sequence -> the one before it
EARLIER = {"S": "P", "T": "S", "A": "T", "B": "A", "C": "B", "D": "C", "E": "D", "F": "E", "G": "F", "H": "G"}

SPARE = 20  # openings of one base that were undone, at most, for its keys to be read

# Columns of a case that follow from the remittance that denied it last.
FACTS = [
    "claim_payment_id",
    "family_id",
    "payer_code",
    "payer_name",
    "payer_type",
    "own_payer_code",
    "next_payer_code",
    "claim_number",
    "payer_claim_number",
    "payer_sequence",
    "line_number",
    "extent",
    "denial_class",
    "group_code",
    "reason_code",
    "all_codes",
    "remark_codes",
    "procedure_codes",
    "category",
    "root_cause",
    "core_scenario",
    "preventable",
    "recoverable",
    "billed_cents",
    "denied_cents",
    "worth_cents",
    "at_risk_cents",
    "next_action",
    "then_action",
    "cause",
    "service_date",
    "service_to_date",
    "remit_date",
    "deadline_date",
    "deadline_rule",
]


def bases(cases: pd.DataFrame) -> pd.Series[str]:
    """Say what each case is about: the line of a known claim for a payer in turn, or of a payment of an unknown one.

    Needs family_id, billing_npi, claim_number (of the family, else CLP01), payer_sequence, payer_code,
    payer_claim_number and line_number.
    """
    line = "|" + cases["line_number"].astype("int64").astype("str")
    known = cases["billing_npi"] + "|" + cases["claim_number"] + "|" + cases["payer_sequence"] + line
    unknown = "unknown|" + cases["payer_code"] + "|" + cases["claim_number"] + "|" + cases["payer_claim_number"] + line
    return known.where(cases["family_id"] != 0, unknown)


def case_keys(base: Iterable[str], opening: Iterable[int]) -> list[str]:
    """Return the key of each case: sha256 hex of its base, and of its opening where that is not the first."""
    texts = (text if number == 1 else f"{text}|{number}" for text, number in zip(base, opening, strict=True))
    return [hashlib.sha256(text.encode()).hexdigest() for text in texts]


def openings(cases: pd.DataFrame) -> pd.Series[int]:
    """Number the cases (case_key, base) of each base as their keys say; one with another key takes a number left over.

    Their rows tell nothing: of two openings in one look either may be stored first. One whose opening was undone is not
    among them, and its number is not given again.
    """
    number = cases.groupby("base").cumcount() + 1
    keys = pd.Series(case_keys(cases["base"], number), index=cases.index, dtype="str")
    odd = cases[keys != cases["case_key"]]
    for tried in range(1, int(number.max() if len(odd) else 0) + SPARE):
        keys = pd.Series(case_keys(odd["base"], [tried] * len(odd)), index=odd.index, dtype="str")
        number = number.mask(number.index.isin(odd.index[keys == odd["case_key"]]), tried)
        odd = odd[keys != odd["case_key"]]
        if odd.empty:
            return number
    told = cases.assign(number=number).drop(index=odd.index)
    taken = {base: set(numbers) for base, numbers in told[told["base"].isin(odd["base"])].groupby("base")["number"]}
    left: list[int] = []
    for base in odd["base"].tolist():
        given = taken.setdefault(base, set())
        left.append(next(one for one in count(1) if one not in given))
        given.add(left[-1])
    number = number.mask(number.index.isin(odd.index), pd.Series(left, index=odd.index).reindex(number.index))
    return number.astype("int64")


def denied_cases(
    claim_payments: pd.DataFrame,
    figures: pd.DataFrame,
    adjustments: pd.DataFrame,
    classified: pd.DataFrame,
    remarks: pd.DataFrame,
    limits: pd.DataFrame = NO_LIMITS,
) -> pd.DataFrame:
    """Return one row per case that these adjudications deny: FACTS, base, billing_npi, action_reason, is_earlier.

    ``limits``: rules of payers on filing and appeals, as ``deadlines`` wants them.

    ``is_earlier``: a later payer's denial that only the earlier payer can settle; the case is that payer's (R7).
    """
    parts = denied_parts(claim_payments, figures)
    cases = pd.concat([parts, causes(parts, figures, adjustments, classified, remarks)], axis=1)
    claims = claim_payments.set_index("claim_payment_id").loc[cases["claim_payment_id"]].reset_index(drop=True)
    is_known = (claims["family_id"] != 0).to_numpy(bool)
    hints = codes.table("claim_status").set_index("code")["sequence_hint"]
    hint = hints.reindex(claims["status_code"]).fillna("").to_numpy()
    cases["payer_sequence"] = claims["payer_sequence"].where(is_known & (claims["payer_sequence"] != ""), hint)
    cases["claim_number"] = claims["family_claim_number"].where(is_known, claims["claim_number"])
    for name in ("family_id", "billing_npi", "payer_code", "payer_name", "payer_claim_number"):
        cases[name] = claims[name]
    cases["payer_type"] = (
        claims["payer_type"] if "payer_type" in claims else payer_types(claims["filing_indicator_code"])
    )
    cases["line_number"] = cases["line"]
    cases["at_risk_cents"] = cases["worth_cents"]  # until it is held against what is open (at_risk)
    for name in ("own_payer_code", "next_payer_code"):
        cases[name] = claims.get(name, "")
    cases["service_date"] = cases["service_from"]
    cases["service_to_date"] = cases["service_through"]
    cases["remit_date"] = claims["payment_date"]
    _settle_with_earlier_payer(cases)
    _without_other_payer(cases, claims)
    cases["primary_remit_date"] = cases["remit_date"].where(cases["next_action"] == "SEC", _primary_dates(claims))
    cases[["deadline_date", "deadline_rule"]] = deadlines(cases, limits)
    cases["base"] = bases(cases)
    return cases[[*FACTS, "base", "billing_npi", "action_reason", "is_earlier"]]


def _settle_with_earlier_payer(cases: pd.DataFrame) -> None:
    """Give a later payer's denial that hangs on the earlier payer to the earlier payer's claim (R7)."""
    rules = codes.table("later_payer_denials").set_index("code").reindex(cases["reason_code"])
    applies = rules["category"].notna().to_numpy(bool) & cases["payer_sequence"].isin(list(EARLIER)).to_numpy(bool)
    cases["is_earlier"] = applies & (cases["family_id"] != 0).to_numpy(bool)
    for name, column in (("category", "category"), ("next_action", "next_action"), ("action_reason", "own_reason")):
        cases[name] = cases[name].where(~applies, rules[column].to_numpy())
    cases["payer_sequence"] = cases["payer_sequence"].where(
        ~cases["is_earlier"], cases["payer_sequence"].map(EARLIER).fillna("")
    )


def _without_other_payer(cases: pd.DataFrame, claims: pd.DataFrame) -> None:
    """Choose the second action where the other payer to bill is not known (``has_other_payer``, when given)."""
    if "has_other_payer" not in claims:
        return
    is_lost = (claims["family_id"] != 0) & ~claims["has_other_payer"].astype(bool)
    is_lost &= (cases["next_action"] == "SEC") & (cases["then_action"] != "")
    cases["next_action"] = cases["next_action"].where(~is_lost, cases["then_action"])
    cases["action_reason"] = cases["action_reason"].where(~is_lost, "no other payer is on file")


def _primary_dates(claims: pd.DataFrame) -> pd.Series[str]:
    """Return the day of the earlier payer's remittance, where the caller knows it."""
    if "primary_payment_date" in claims:
        return claims["primary_payment_date"]
    return pd.Series(np.full(len(claims), ""), dtype="str")
