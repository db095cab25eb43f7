"""CAS and remark codes of an 835 in; codes unknown, stopped, in a wrong group or without a needed remark out.

What is odd about a code stands in `codes/carc.csv`: the first row that fits an adjustment names it in `exception`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from claims import codes
from claims.codes.lists import CodeLists
from claims.findings import shown
from claims.x12.conform.maps import outside_codes
from claims.x12.edits.part import Part
from claims.x12.edits.report import Report
from claims.x12.numbers import Flags, Integers

_GROUPS = ("CO", "PR", "OA", "PI", "CR")
_EXCEPTIONS = {
    "GROUP_MISMATCH": "adjustment-group-not-allowed",
    "CO45_FULL": "contractual-full-charge",
    "PREDETERMINATION_101": "predetermination-outside-estimate",
}
_LATER = ("S", "T")
_REVERSAL = "22"


def look(part: Part, report: Report, lists: CodeLists, payment_date: Integers) -> None:
    """Check the codes of a part; `payment_date` is that of each row of `claim_payments`."""
    if not part.count("claim_payments"):
        return
    if part.count("remarks"):
        _remarks(part, report)
    if part.count("adjustments"):
        _adjustments(part, report, lists, payment_date)


def _remarks(part: Part, report: Report) -> None:
    """Look at remarks of LQ only: the guide has those of MOA and MIA checked."""
    remark = part.coded("remarks", "remark_code")
    if not report.wants("rarc-not-known") or all(code in _alerts() for code in remark.values):
        return
    is_unknown = remark.are(lambda code: code not in _alerts() and code not in outside_codes("remark_code"))
    rows = np.flatnonzero(is_unknown & part.coded("remarks", "source").are(("LQ",)))
    report.add("rarc-not-known", part.place("remarks", rows), "LQ02", found=shown(remark.texts(rows), 5))


def _adjustments(part: Part, report: Report, lists: CodeLists, payment_date: Integers) -> None:
    reason, group = part.coded("adjustments", "reason_code"), part.coded("adjustments", "group_code")
    claim = part.rows("adjustments", "claim_seg", "claim_payments")
    status = part.coded("claim_payments", "status_code")
    normal = [code.lstrip("0") for code in reason.values]

    is_correction = group.are(("CR",))
    if is_correction.any():
        rows = np.flatnonzero(is_correction & ~np.append(status.are((_REVERSAL,)), True)[claim])
        report.add(
            "correction-group-outside-reversal", part.place("adjustments", rows), "CAS01",
            found=shown(status.texts(claim[rows]), 5), expected=_REVERSAL,
        )  # fmt: skip

    known = np.fromiter((code != "" and code in _carc() for code in normal), np.bool_, len(normal))
    if not known.all():
        _tell(part, report, "carc-not-known", np.flatnonzero(~known[reason.at]))

    # R0: only decisions are looked at, and not those that hold a group CR.
    decided = np.append(status.are(_decisions()), False)
    decided[claim[is_correction]] = False
    of_decision = decided[claim]
    stopped = [code for code in normal if code in _stopped()]
    dated = lists.get("CARC")
    if report.wants("carc-stopped") and (stopped or dated):
        later = np.append(status.are(_later_payer()), False)
        day = np.append(payment_date, 0)[claim]
        is_stopped = np.fromiter((code in _stopped() for code in normal), np.bool_, len(normal))[reason.at]
        if dated:
            is_covered = dated.covers(day)
            is_stopped = np.where(is_covered, known[reason.at] & ~dated.valid(normal, reason.at, day), is_stopped)
        _tell(part, report, "carc-stopped", np.flatnonzero(is_stopped & of_decision & ~later[claim]))
    if report.wants("carc-without-remark") and any(code in _needing_remark() for code in normal):
        needs = np.fromiter((code in _needing_remark() for code in normal), np.bool_, len(normal))[reason.at]
        _without_remark(part, report, np.flatnonzero(needs & of_decision))
    if report.wants(*_EXCEPTIONS.values()):
        _odd(part, report, normal, claim, of_decision)


def _without_remark(part: Part, report: Report, rows: Integers) -> None:
    """A remark on the line or the whole claim names the cause of a line; any of the claim that of the claim."""
    remark = part.coded("remarks", "remark_code")
    cause = ~remark.are(lambda code: _alerts().get(code) == "Y") if part.count("remarks") else np.zeros(0, np.bool_)
    claim, line = part.numbers("remarks", "claim_seg")[cause], part.numbers("remarks", "service_seg")[cause]
    own_claim = part.numbers("adjustments", "claim_seg")[rows]
    own_line = part.numbers("adjustments", "service_seg")[rows]
    explained = np.where(
        own_line == 0, np.isin(own_claim, claim), np.isin(own_line, line) | np.isin(own_claim, claim[line == 0])
    )
    _tell(part, report, "carc-without-remark", rows[~explained])


def _odd(part: Part, report: Report, normal: list[str], claim: Integers, of_decision: Flags) -> None:
    """Find the exception of each distinct situation of the adjustments, then tell of the rows that are in one."""
    reason, group = part.coded("adjustments", "reason_code"), part.coded("adjustments", "group_code")
    amount = part.numbers("adjustments", "amount_cents")
    is_compensation = np.append(part.coded("claim_payments", "filing_indicator_code").are(("WC",)), False)[claim]
    keys = (reason.at.astype(np.int64) * len(group.values) + group.at) * 4 + (amount < 0) * 2 + is_compensation
    distinct, at = _distinct(keys, len(normal) * len(group.values) * 4)
    full = _full_charge(part, claim, amount, np.flatnonzero(np.isin(reason.at, _priced(normal))))
    odd: dict[str, list[Integers]] = {}
    for is_full in (False, True):
        found = [_exception(normal[key // 4 // len(group.values)], group.values[key // 4 % len(group.values)],
                            bool(key & 2), bool(key & 1), is_full) for key in distinct.tolist()]  # fmt: skip
        for name in set(found) & set(_EXCEPTIONS):
            wrong = np.array([exception == name for exception in found], np.bool_)[at]
            rows = np.flatnonzero(wrong & of_decision & (full if is_full else ~full))
            odd.setdefault(name, []).append(rows)
    status = part.coded("claim_payments", "status_code")
    for name, parts in odd.items():
        rows, rule = np.sort(np.concatenate(parts)), _EXCEPTIONS[name]
        place = part.place("adjustments", rows)
        texts = list(zip(shown(group.texts(rows), 5), shown(reason.texts(rows), 5), strict=True))
        found = [f"{one}-{other}" for one, other in texts]
        if name == "GROUP_MISMATCH":
            allowed = [_allowed(other.lstrip("0")) for _, other in texts]
            report.add(rule, place, "CAS01", found=found, expected=allowed)
        elif name == "CO45_FULL":
            report.add(rule, place, _elements(part, rows, 3), found=found)
        else:
            report.add(rule, place, _elements(part, rows, 2), found=shown(status.texts(claim[rows]), 5), expected="25")


def _distinct(keys: Integers, size: int) -> tuple[Integers, Integers]:
    """Return the distinct keys below `size`, and the place of each key among them."""
    if size > 1 << 20:  # rubbish: as many codes as rows
        at, distinct = pd.factorize(keys)
        return np.asarray(distinct, np.int64), np.asarray(at, np.int64)
    present = np.zeros(size, np.bool_)
    present[keys] = True
    distinct = np.flatnonzero(present)
    place = np.zeros(size, np.int64)
    place[distinct] = np.arange(len(distinct))
    return distinct, place[keys]


def _priced(normal: list[str]) -> list[int]:
    return [place for place, code in enumerate(normal) if any(row["full_charge"] for row in _carc().get(code, ()))]


def _full_charge(part: Part, claim: Integers, amount: Integers, rows: Integers) -> Flags:
    """Tell which adjustments take the whole charge of an unpaid line, or at claim level of an unpaid claim."""
    full: Flags = np.zeros(len(amount), np.bool_)
    if not len(rows):
        return full
    line = part.rows("adjustments", "service_seg", "service_payments")[rows]
    charge = [np.append(part.numbers(name, "charge_cents"), 0) for name in ("service_payments", "claim_payments")]
    paid = [np.append(part.numbers(name, "paid_cents"), 0) for name in ("service_payments", "claim_payments")]
    charged = np.where(line >= 0, charge[0][line], charge[1][claim[rows]])
    is_unpaid = np.where(line >= 0, paid[0][line], paid[1][claim[rows]]) == 0
    full[rows] = (charged > 0) & (amount[rows] == charged) & is_unpaid
    return full


def _tell(part: Part, report: Report, rule: str, rows: Integers) -> None:
    texts = part.coded("adjustments", "reason_code").texts(rows)
    report.add(rule, part.place("adjustments", rows), _elements(part, rows, 2), found=shown(texts, 5))


def _elements(part: Part, rows: Integers, first: int) -> list[str]:
    """Name the element of a CAS by its group of three."""
    return [f"CAS{first + 3 * (number - 1):02d}" for number in part.numbers("adjustments", "ordinal")[rows].tolist()]


# ---- the tables, as lookups


@cache
def _carc() -> dict[str, tuple[dict[str, str], ...]]:
    """Return the rows of each code in order of priority; those for any code under the empty code."""
    found: dict[str, list[dict[str, str]]] = {}
    rows: Any = codes.table("carc").to_dict("records")
    for row in sorted(rows, key=lambda row: int(row["priority"])):
        if not row["payer"]:
            found.setdefault(row["code"], []).append(row)
    return {code: tuple(rows) for code, rows in found.items()}


def _exception(code: str, group: str, is_negative: bool, is_compensation: bool, is_full: bool) -> str:
    """Return the exception of the first row that fits (rule R1), for a payer without settings of its own."""
    known_group = group if group in _GROUPS else "other"
    return _first_row(code if code in _carc() else "", known_group, is_negative, is_compensation, is_full)


@cache
def _first_row(code: str, group: str, is_negative: bool, is_compensation: bool, is_full: bool) -> str:
    sign = "negative" if is_negative else "positive"
    rows = _carc()[code] + (_carc()[""] if code else ())
    for row in sorted(rows, key=lambda row: int(row["priority"])):
        setting = row["payer_rule"] == "" or (row["payer_rule"] == "workers_comp" and is_compensation)
        fits = row["group"] in ("", group) and row["sign"] in ("", sign) and setting
        if fits and not row["bundle_pair"] and (is_full or not row["full_charge"]):
            return row["exception"]
    return ""


@cache
def _allowed(code: str) -> str:
    groups = [group for group in _GROUPS[:-1] if _exception(code, group, False, False, False) != "GROUP_MISMATCH"]
    return ", ".join(groups)


@cache
def _stopped() -> frozenset[str]:
    return frozenset(code for code, rows in _carc().items() if rows[0]["active"] == "N")


@cache
def _needing_remark() -> frozenset[str]:
    return frozenset(code for code, rows in _carc().items() if rows[0]["needs_rarc"] == "Y")


@cache
def _alerts() -> dict[str, str]:
    table = codes.table("rarc")
    return dict(zip(table["code"], table["alert"], strict=True))


@cache
def _decisions() -> frozenset[str]:
    table = codes.table("claim_status")
    return frozenset(table.loc[(table["classify"] == "Y") & (table["code"] != "other"), "code"])


@cache
def _later_payer() -> frozenset[str]:
    table = codes.table("claim_status")
    return frozenset(table.loc[table["sequence_hint"].isin(_LATER), "code"])
