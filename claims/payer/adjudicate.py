"""A simulated payer at work: claim frames in; claim payments, service payments, adjustments and remarks out.

Set-based: every rule is an expression over all lines of the claims handed in. What a payer must remember between two
calls (services seen, deductible used by each member in a year) is a `Books`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from claims.payer import causes
from claims.payer.fees import percent_of, priced
from claims.payer.terms import table

Frames = dict[str, pd.DataFrame]
FOREVER = 99991231

_SAME_SERVICE = ["payer_code", "member_id", "patient_first_name", "service_date", "procedure_code", "modifiers"]
_CLAIM_COLUMNS = [
    *("payer_code", "filing_indicator_code", "member_id", "patient_first_name", "prior_authorization"),
    *("received_date", "payer_claim_number"),
]


@dataclass
class Books:
    """What the payers remember: services already adjudicated, deductible amounts taken, the next free key."""

    services: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({name: [] for name in _SAME_SERVICE}))
    deductibles: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            {"payer_code": [], "member_id": [], "year": [], "amount_cents": []}
        ).astype({"payer_code": "str", "member_id": "str", "year": "int64", "amount_cents": "int64"})
    )
    next_seg: int = 1

    def take(self, count: int) -> int:
        """Hand out `count` keys for rows of a remittance; give the first."""
        first = self.next_seg
        self.next_seg += count
        return first


def adjudicate(claims: pd.DataFrame, lines: pd.DataFrame, members: pd.DataFrame, books: Books, seed: int) -> Frames:
    """Decide claims of any payers of the table `payers`; `lines` are their service lines.

    `claims` needs, beside the columns of docs/frames.md, `received_date` and `payer_claim_number`; `members` says whom
    the payers know: payer_code, member_id, coverage_to_date. `lines` may hold `forced_cause` (see causes.found).
    Gives the 835 frames claim_payments, service_payments, adjustments and remarks, not yet part of any remittance,
    and `decisions`: one row per line with what was decided and why.
    """
    rng = np.random.default_rng([seed, books.next_seg])
    work = _gathered(claims, lines, members, books)
    work["cause"] = causes.found(work, rng)
    work = _split(work, books)
    _remember(work, books)
    return _as_remittance(claims, work, books)


def joined(parts: list[Frames]) -> Frames:
    """Put frames of the same names together, in order."""
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


def _gathered(claims: pd.DataFrame, lines: pd.DataFrame, members: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Join to every line its claim, its payer's terms and what the payer knows of the member."""
    work = lines.merge(
        claims[["seg", *_CLAIM_COLUMNS]].rename(columns={"seg": "claim_seg"}), on="claim_seg", validate="m:1"
    )
    work = work.merge(table("payers"), on="payer_code", validate="m:1", suffixes=("", "_of_payer"))
    known = members[["payer_code", "member_id", "coverage_to_date"]].assign(is_member=True)
    work = work.merge(known, on=["payer_code", "member_id"], how="left", validate="m:1")
    work["is_member"] = work["is_member"].notna()
    work["coverage_to_date"] = work["coverage_to_date"].fillna(FOREVER).astype("int64")
    work = work.sort_values(["claim_seg", "ordinal"], kind="stable").reset_index(drop=True)
    seen = pd.concat([books.services[_SAME_SERVICE], work[_SAME_SERVICE]], ignore_index=True)
    # The same service twice on one claim is not a duplicate claim; once earlier, on any other claim, it is.
    first_claim = pd.concat([pd.Series(-1, index=books.services.index), work["claim_seg"]], ignore_index=True)
    first = first_claim.groupby([seen[name] for name in _SAME_SERVICE]).transform("first")
    work["is_duplicate"] = (first.iloc[len(books.services) :].to_numpy() != work["claim_seg"].to_numpy()).astype(bool)
    return priced(work)


def _split(work: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Split each charge into denied, contractual, copay, deductible, coinsurance and paid."""
    charge = work["charge_cents"].to_numpy(np.int64)
    units = work["units_milli"].to_numpy(np.int64)
    partly = (work["cause"] == "units-over-limit").to_numpy()
    kept_units = np.where(partly, np.minimum(work["units_limit"].to_numpy(np.int64) * 1000, units), units)
    denied = np.where((work["cause"] == "").to_numpy(), 0, charge)
    denied = np.where(partly, charge - charge * kept_units // np.maximum(units, 1), denied)
    allowed = work["allowed_cents"].to_numpy(np.int64) * kept_units // np.maximum(units, 1)
    allowed = np.minimum(np.where((denied == 0) | partly, allowed, 0), charge - denied)

    visit = ((work["kind"] == "visit") & (work["copay_cents"] > 0)).to_numpy()
    first_visit = visit & ~work["claim_seg"].where(visit & (allowed > 0), -1 - work.index).duplicated().to_numpy()
    copay = np.where(first_visit, np.minimum(work["copay_cents"].to_numpy(np.int64), allowed), 0)
    shared = ~visit & (work["kind"] != "preventive").to_numpy()
    deductible = _deductible(work, np.where(shared, allowed, 0), books)
    coinsurance = np.where(shared, percent_of(allowed - deductible, work["coinsurance_percent"].to_numpy(np.int64)), 0)
    return work.assign(
        denied_cents=denied,
        allowed_cents=allowed,
        contractual_cents=charge - denied - allowed,
        copay_cents=copay,
        deductible_taken_cents=deductible,
        coinsurance_cents=coinsurance,
        paid_cents=allowed - copay - deductible - coinsurance,
        paid_units_milli=np.where(allowed > 0, kept_units, units),
    )


def _deductible(work: pd.DataFrame, eligible: np.ndarray, books: Books) -> np.ndarray:
    """Take from each line, in order, what is left of its member's deductible of the year."""
    keys = ["payer_code", "member_id", "year"]
    people = work[["payer_code", "member_id"]].assign(year=work["service_date"] // 10000)
    used = books.deductibles.groupby(keys)["amount_cents"].sum()
    before = used.reindex(pd.MultiIndex.from_frame(people), fill_value=0).to_numpy(np.int64)
    running = people.assign(eligible=eligible).groupby(keys)["eligible"].cumsum().to_numpy(np.int64)
    limit = work["deductible_cents"].to_numpy(np.int64)
    after = np.minimum(before + running, limit)
    result: np.ndarray = np.maximum(after - np.minimum(before + running - eligible, limit), 0)
    return result


def _remember(work: pd.DataFrame, books: Books) -> None:
    passed = work["cause"].isin(["", "units-over-limit"])
    books.services = pd.concat([books.services, work.loc[passed, _SAME_SERVICE]], ignore_index=True)
    taken = work[work["deductible_taken_cents"] != 0]
    entries = taken[["payer_code", "member_id"]].assign(
        year=taken["service_date"] // 10000, amount_cents=taken["deductible_taken_cents"]
    )
    books.deductibles = pd.concat([books.deductibles, entries], ignore_index=True)


def _as_remittance(claims: pd.DataFrame, work: pd.DataFrame, books: Books) -> Frames:
    """Lay the decisions out as the rows of an 835."""
    work = work.merge(table("causes").drop(columns="percent_of_lines"), on="cause", how="left").fillna(
        {"group_code": "", "reason_code": "", "remark_code": "", "status_code": "1"}
    )
    work["is_line_of"] = work["claim_seg"]
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
