"""A simulated payer at work: claim frames in; claim payments, service payments, adjustments and remarks out.

Set-based: every rule is an expression over all lines of the claims handed in. What a payer must remember between two
calls (services seen, deductible used by each member in a year) is a `Books`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from claims.payer import causes
from claims.payer.books import Books
from claims.payer.draws import Integers, Keys, keys
from claims.payer.fees import percent_of, priced
from claims.payer.terms import table

Frames = dict[str, pd.DataFrame]
FOREVER = 99991231

_SAME_SERVICE = ["payer_code", "member_id", "patient_first_name", "service_date", "procedure_code", "modifiers"]
_CLAIM_COLUMNS = [
    *("payer_code", "filing_indicator_code", "member_id", "patient_first_name", "prior_authorization"),
    *("received_date", "payer_claim_number"),
]
# What else may be said of a line, and what holds when it is not.
_PLAIN = {
    "is_prior_missing": False, "is_estimate": False, "is_bundle": False,
    # What another payer has settled; what a line gave to, or took from, a line that it was bundled with.
    "prior_cents": 0, "given_cents": 0, "taken_cents": 0,
}  # fmt: skip


def adjudicate(claims: pd.DataFrame, lines: pd.DataFrame, members: pd.DataFrame, books: Books, seed: int) -> Frames:
    """Decide claims of any payers of the table `payers`; `lines` are their service lines.

    `claims` needs, beside the columns of docs/frames.md, `received_date` and `payer_claim_number`; `members` says whom
    the payers know: payer_code, member_id, coverage_to_date. `lines` may hold `forced_cause` (see causes.found).
    Gives the 835 frames claim_payments, service_payments, adjustments and remarks, not yet part of any remittance,
    and `decisions`: one row per line with what was decided and why.
    """
    rng = np.random.default_rng([seed, books.next_seg])
    work = _gathered(claims, lines, members)
    return decide(claims, work, rng.integers(0, 100, size=len(work)), books)


def decide(claims: pd.DataFrame, work: pd.DataFrame, draws: Integers, books: Books) -> Frames:
    """Decide lines that have their claim's columns, the payer's terms and the price; as `adjudicate` gives it.

    `work` is in order of claims and of their lines; `draws` are 0 to 99, one for each line.
    """
    work = work.assign(**{name: value for name, value in _PLAIN.items() if name not in work})
    work["is_duplicate"] = _seen_before(work, books)
    work["cause"] = causes.found(work, draws)
    work = _remembered(_split(work, books), books)
    return _as_remittance(claims, work, books)


def joined(parts: list[Frames]) -> Frames:
    """Put frames of the same names together, in order."""
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


def service_keys(work: pd.DataFrame) -> Keys:
    """Give the key by which a payer knows a service again."""
    return keys(*(work[name] for name in _SAME_SERVICE))


def deductible_keys(work: pd.DataFrame) -> Keys:
    """Give the key of a member's year with a payer."""
    return keys(work["payer_code"], work["member_id"], work["service_date"] // 10000)


def _gathered(claims: pd.DataFrame, lines: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Join to every line its claim, its payer's terms and what the payer knows of the member."""
    work = lines.merge(
        claims[["seg", *_CLAIM_COLUMNS]].rename(columns={"seg": "claim_seg"}), on="claim_seg", validate="m:1"
    )
    work = work.merge(table("payers"), on="payer_code", validate="m:1", suffixes=("", "_of_payer"))
    known = members[["payer_code", "member_id", "coverage_to_date"]].assign(is_member=True)
    work = work.merge(known, on=["payer_code", "member_id"], how="left", validate="m:1")
    work["is_member"] = work["is_member"].notna()
    work["coverage_to_date"] = work["coverage_to_date"].fillna(FOREVER).astype("int64")
    work = priced(work.sort_values(["claim_seg", "ordinal"], kind="stable").reset_index(drop=True))
    return work.assign(is_odd_modifier=causes.odd_modifier(work))


def _seen_before(work: pd.DataFrame, books: Books) -> np.ndarray:
    """Tell which services another claim had: the same one twice on one claim is not a duplicate."""
    key, claim = service_keys(work), work["claim_seg"].to_numpy(np.int64)
    first = pd.Series(claim).groupby(key).transform("first").to_numpy(np.int64)
    result: np.ndarray = (books.services.of(key) > 0) | (first != claim)
    return result


def _split(work: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Split each charge into denied, contractual, copay, deductible, coinsurance and paid.

    What another payer settled, and what a line gave to one it was bundled with, is not this payer's to split.
    """
    charge = work["charge_cents"].to_numpy(np.int64)
    units = work["units_milli"].to_numpy(np.int64)
    partly = (work["cause"] == "units-over-limit").to_numpy()
    passed = partly | (work["cause"] == "").to_numpy()
    kept_units = np.where(partly, np.minimum(work["units_limit"].to_numpy(np.int64) * 1000, units), units)
    denied = np.where(passed, 0, charge)
    denied = np.where(partly, charge - charge * kept_units // np.maximum(units, 1), denied)
    estimate = np.where(work["is_estimate"], charge, 0)
    denied = np.where(work["is_estimate"], 0, denied)
    bundled = passed & work["is_bundle"].to_numpy()
    bundled &= pd.Series(bundled).groupby(work["claim_seg"].to_numpy()).transform("all").to_numpy()
    own = {name: np.where(bundled, work[name].to_numpy(np.int64), 0) for name in ("given_cents", "taken_cents")}
    prior = np.where(passed, work["prior_cents"].to_numpy(np.int64), 0)
    open_cents = charge + own["taken_cents"] - denied - estimate - prior - own["given_cents"]
    allowed = work["allowed_cents"].to_numpy(np.int64)
    allowed = np.where(partly, allowed * kept_units // np.maximum(units, 1), allowed)
    allowed = np.minimum(np.where(passed, allowed, 0), open_cents)

    visit = ((work["kind"] == "visit") & (work["copay_cents"] > 0)).to_numpy()
    first_visit = visit & ~work["claim_seg"].where(visit & (allowed > 0), -1 - work.index).duplicated().to_numpy()
    copay = np.where(first_visit, np.minimum(work["copay_cents"].to_numpy(np.int64), allowed), 0)
    shared = ~visit & (work["kind"] != "preventive").to_numpy()
    deductible = _deductible(work, np.where(shared, allowed, 0), books)
    coinsurance = np.where(shared, percent_of(allowed - deductible, work["coinsurance_percent"].to_numpy(np.int64)), 0)
    return work.assign(
        **own,
        prior_cents=prior,
        estimate_cents=estimate,
        denied_cents=denied,
        allowed_cents=allowed,
        contractual_cents=open_cents - allowed,
        copay_cents=copay,
        deductible_taken_cents=deductible,
        coinsurance_cents=coinsurance,
        paid_cents=allowed - copay - deductible - coinsurance,
        paid_units_milli=np.where(allowed > 0, kept_units, units),
    )


def _deductible(work: pd.DataFrame, eligible: Integers, books: Books) -> Integers:
    """Take from each line, in order, what is left of its member's deductible of the year."""
    key = deductible_keys(work)
    before = books.deductibles.of(key)
    running = pd.Series(eligible).groupby(key).cumsum().to_numpy(np.int64)
    limit = work["deductible_cents"].to_numpy(np.int64)
    after = np.minimum(before + running, limit)
    result: Integers = np.maximum(after - np.minimum(before + running - eligible, limit), 0)
    return result


def _remembered(work: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Enter the lines in the books, and say with each what was entered: a reversal takes it out again."""
    passed = (work["cause"].isin(["", "units-over-limit"]) & ~work["is_estimate"]).to_numpy()
    work = work.assign(service_key=service_keys(work), deductible_key=deductible_keys(work), remembered=1 * passed)
    enter(work, books, 1)
    return work


def enter(lines: pd.DataFrame, books: Books, sign: int) -> None:
    """Enter lines as `service_payments` has them in the books, or take them out (`sign` -1)."""
    counted, taken = lines["remembered"].to_numpy(np.int64), lines["deductible_taken_cents"].to_numpy(np.int64)
    books.services.add(lines["service_key"].to_numpy(np.uint64)[counted != 0], sign * counted[counted != 0])
    books.deductibles.add(lines["deductible_key"].to_numpy(np.uint64)[taken != 0], sign * taken[taken != 0])


def _as_remittance(claims: pd.DataFrame, work: pd.DataFrame, books: Books) -> Frames:
    """Lay the decisions out as the rows of an 835."""
    work = work.merge(table("causes").drop(columns="percent_of_lines"), on="cause", how="left").fillna(
        {"group_code": "", "reason_code": "", "remark_code": "", "status_code": "1"}
    )
    work["is_line_of"] = work["claim_seg"]
    if "payment_seg" in work:  # a claim may be answered in parts
        work["claim_seg"] = work["payment_seg"]
    first = books.take(len(claims))
    number = pd.Series(np.arange(first, first + len(claims)), index=claims["seg"])
    first = books.take(len(work))
    work["seg"] = np.arange(first, first + len(work))
    work["claim_seg"] = number.reindex(work["claim_seg"]).to_numpy()

    denied_share = work["denied_cents"].where(work["group_code"] == "PR", 0)
    work["share_cents"] = (
        work["copay_cents"] + work["deductible_taken_cents"] + work["coinsurance_cents"] + denied_share
    )
    sums = work.groupby("claim_seg")[["charge_cents", "paid_cents", "share_cents"]].sum()
    status = work.groupby("claim_seg")["status_code"].max()
    payments = claims[
        [
            *("claim_number", "filing_indicator_code", "payer_claim_number", "facility_code", "frequency_code"),
            *("patient_last_name", "patient_first_name", "member_id", "statement_from_date", "statement_to_date"),
            *("received_date", "payer_code"),
        ]
    ].assign(seg=number.to_numpy(), transaction_seg=0, original_reference="", interest_cents=0)
    payments = payments.set_index("seg", drop=False).rename_axis(None)
    payments["charge_cents"], payments["paid_cents"] = sums["charge_cents"], sums["paid_cents"]
    payments["patient_responsibility_cents"] = sums["share_cents"].astype("Int64")
    payments["status_code"] = status
    services = work[
        [
            *("seg", "claim_seg", "ordinal", "procedure_qualifier", "procedure_code", "modifiers", "charge_cents"),
            *("paid_cents", "paid_units_milli", "service_date", "service_to_date", "line_control_number"),
            *("service_key", "deductible_key", "deductible_taken_cents", "remembered", "given_cents"),
            *(name for name in ("revenue_code",) if name in work),
        ]
    ].assign(allowed_cents=work["allowed_cents"].where(work["allowed_cents"] > 0).astype("Int64"))
    return {
        "claim_payments": payments.reset_index(drop=True),
        "service_payments": services,
        "adjustments": _adjustments(work, books),
        "remarks": _remarks(work, books),
        "decisions": work[
            [
                *("is_line_of", "claim_seg", "seg", "cause", "charge_cents", "denied_cents", "contractual_cents"),
                *("allowed_cents", "paid_cents", "share_cents"),
            ]
        ],
    }


def _adjustments(work: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Write each part of a charge that was not paid as group, reason and amount."""
    parts: list[tuple[Any, Any, pd.Series]] = [
        ("CO", "45", work["contractual_cents"]),
        (work["group_code"], work["reason_code"], work["denied_cents"]),
        ("PR", "1", work["deductible_taken_cents"]),
        ("PR", "2", work["coinsurance_cents"]),
        ("PR", "3", work["copay_cents"]),
        ("OA", "23", work["prior_cents"]),
        ("CO", "97", work["given_cents"]),
        ("OA", "94", -work["taken_cents"]),
        ("OA", "101", work["estimate_cents"]),
    ]
    rows = [
        work[["claim_seg"]].assign(
            service_seg=work["seg"], group_code=group, reason_code=reason, amount_cents=amount, part=part
        )
        for part, (group, reason, amount) in enumerate(parts)
    ]
    frame = pd.concat(rows, ignore_index=True)
    frame = frame[frame["amount_cents"] != 0].sort_values(["service_seg", "part"], kind="stable")
    first = books.take(len(frame))
    return frame.drop(columns="part").assign(seg=np.arange(first, first + len(frame))).reset_index(drop=True)


def _remarks(work: pd.DataFrame, books: Books) -> pd.DataFrame:
    told = work[work["remark_code"] != ""]
    first = books.take(len(told))
    return pd.DataFrame(
        {
            "seg": np.arange(first, first + len(told)),
            "claim_seg": told["claim_seg"].to_numpy(),
            "service_seg": told["seg"].to_numpy(),
            "ordinal": 2,
            "source": "LQ",
            "remark_code": told["remark_code"].to_numpy(),
        }
    )
