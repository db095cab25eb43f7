"""Diagnoses and pointers of an 837 in; pointers to nothing, repeats, points, mixed code lists and too many out."""

from __future__ import annotations

import numpy as np

from claims.findings import shown
from claims.x12.edits.part import Part
from claims.x12.edits.report import Report
from claims.x12.numbers import Integers

_ICD10, _ICD9 = ("ABK", "ABF", "ABJ", "ABN", "APR"), ("BK", "BF", "BJ", "BN", "PR")
# What pointers count, and what must not be repeated: principal and other diagnoses.
_POINTED = ("ABK", "ABF", "BK", "BF")
_FIRST_ICD10_DAY = 20151001
# How many codes of a kind a claim may have: by kind of claim, the qualifiers counted together.
_MOST = (
    ("P", ("ABK", "ABF", "BK", "BF"), 12),
    ("D", ("ABK", "ABF", "BK", "BF"), 4),
    ("I", ("ABK", "BK"), 1),
    ("I", ("ABF", "BF"), 24),
    ("I", ("ABJ", "BJ"), 1),
    ("I", ("APR", "PR"), 3),
    ("I", ("ABN", "BN"), 12),
)
_OUT_OF_RANGE, _REPEATED_POINTER = "diagnosis-pointer-out-of-range", "diagnosis-pointer-repeated"


def look(part: Part, report: Report) -> None:
    """Check the diagnoses of each claim and the pointers of each line."""
    if not part.count("claims"):
        return
    claims = part.count("claims")
    claim = part.rows("diagnoses", "claim_seg", "claims")
    qualifier = part.coded("diagnoses", "qualifier_code")
    pointed = np.flatnonzero(qualifier.are(_POINTED) & (claim >= 0))
    each = np.bincount(claim[pointed], minlength=claims) if len(pointed) else np.zeros(claims, np.int64)
    if report.wants(_OUT_OF_RANGE, _REPEATED_POINTER):
        _pointers(part, report, each)
    if part.count("diagnoses"):
        _repeats(part, report, claim, pointed)
        _points(part, report)
        _code_sets(part, report, claim)
        _counts(part, report, claim, each)


def _pointers(part: Part, report: Report, diagnoses: Integers) -> None:
    pointers = part.coded("service_lines", "diagnosis_pointers")
    sent = [text.split() for text in pointers.values]
    claim = part.rows("service_lines", "claim_seg", "claims")
    highest = [max((_number(one) for one in split), default=0) for split in sent]
    is_wrong = [any(_number(one) == 0 for one in split) for split in sent]
    most = np.append(diagnoses, 0)[claim]
    over = np.array(highest, np.int64)[pointers.at] > most
    out = np.flatnonzero((over | np.array(is_wrong, np.bool_)[pointers.at]) & (claim >= 0))
    report.add(
        _OUT_OF_RANGE, part.place("service_lines", out), _element(part, out), found=shown(pointers.texts(out), 8),
        expected=[str(number) for number in most[out].tolist()],
    )  # fmt: skip
    twice = np.flatnonzero(np.array([len(set(split)) < len(split) for split in sent], np.bool_)[pointers.at])
    report.add(
        _REPEATED_POINTER,
        part.place("service_lines", twice),
        _element(part, twice),
        found=shown(pointers.texts(twice), 8),
    )


def _number(pointer: str) -> int:
    """Read a pointer: 0 for one that is no number, a number beyond all diagnoses for one that is too long."""
    if not (pointer.isascii() and pointer.isdecimal()):
        return 0
    return int(pointer) if len(pointer) <= 2 else 99


def _element(part: Part, rows: Integers) -> list[str]:
    segments = part.segment_ids(part.numbers("service_lines", "seg")[rows])
    return ["SV311" if name == "SV3" else "SV107" for name in segments]


def _repeats(part: Part, report: Report, claim: Integers, pointed: Integers) -> None:
    if not report.wants("diagnosis-repeated"):
        return
    code = part.coded("diagnoses", "code")
    key = claim[pointed] * len(code.values) + code.at[pointed]
    order = np.argsort(key, kind="stable")
    again = order[1:][key[order[1:]] == key[order[:-1]]]
    rows = np.sort(pointed[again])
    report.add("diagnosis-repeated", part.place("diagnoses", rows), "HI", found=shown(code.texts(rows), 8))


def _points(part: Part, report: Report) -> None:
    code = part.coded("diagnoses", "code")
    pointed = [text for text in code.values if "." in text]
    if pointed:
        rows = np.flatnonzero(code.are(pointed) & part.coded("diagnoses", "qualifier_code").are(_ICD10 + _ICD9))
        found = shown(code.texts(rows), 8)
        report.add("diagnosis-with-point", part.place("diagnoses", rows), "HI", found=found)


def _code_sets(part: Part, report: Report, claim: Integers) -> None:
    """ICD-9 for services before October 2015, ICD-10 after; by the last day of the claim."""
    claims = part.count("claims")
    qualifier = part.coded("diagnoses", "qualifier_code")
    has = []
    for qualifiers in (_ICD9, _ICD10):
        flags = np.zeros(claims + 1, np.bool_)
        flags[claim[qualifier.are(qualifiers)]] = True
        has.append(flags[:-1])
    is_mixed = has[0] & has[1]
    _tell(part, report, "diagnosis-code-sets-mixed", np.flatnonzero(is_mixed), _ICD9)
    day = part.numbers("claims", "statement_to_date")
    for name, qualifiers, flags, is_other in (
        ("ICD-9", _ICD9, has[0], day >= _FIRST_ICD10_DAY), ("ICD-10", _ICD10, has[1], day < _FIRST_ICD10_DAY),
    ):  # fmt: skip
        rows = np.flatnonzero(flags & is_other & (day > 0) & ~is_mixed)
        expected = [str(one) for one in day[rows].tolist()]
        _tell(part, report, "diagnosis-code-set-date", rows, qualifiers, found=name, expected=expected)


def _tell(
    part: Part, report: Report, rule: str, claims: Integers, qualifiers: tuple[str, ...], found: str | list[str] = "",
    expected: str | list[str] = "",
) -> None:  # fmt: skip
    """Tell of claims at their first diagnosis with one of the qualifiers."""
    if len(claims):
        chosen = part.coded("diagnoses", "qualifier_code").are(qualifiers)
        place, _ = part.child("diagnoses", "claim_seg", chosen, "claims", claims)
        report.add(rule, place, "HI", found=found, expected=expected)


def _counts(part: Part, report: Report, claim: Integers, pointed: Integers) -> None:
    if not report.wants("diagnoses-too-many"):
        return
    kind, qualifier = part.coded("claims", "kind"), part.coded("diagnoses", "qualifier_code")
    for letter, qualifiers, most in _MOST:
        if letter not in kind.values:
            continue
        if qualifiers == _POINTED:
            each = pointed
        else:
            each = np.bincount(claim[qualifier.are(qualifiers) & (claim >= 0)], minlength=part.count("claims"))
        rows = np.flatnonzero((each > most) & kind.are((letter,)))
        found = [str(number) for number in each[rows].tolist()]
        _tell(part, report, "diagnoses-too-many", rows, qualifiers, found=found, expected=str(most))
