"""Dates of a part in; services before birth, after death, after the file or the payment, and ends before begins, out.

Dates of birth and death are compared and never told.
"""

from __future__ import annotations

import numpy as np

from claims.x12.edits.part import Part
from claims.x12.edits.report import Report
from claims.x12.numbers import Integers

_ESTIMATE = "25"
_ADMISSION, _DISCHARGE, _SERVICE = ("435",), ("096",), ("472",)


def look_claims(part: Part, report: Report, file_date: Integers, death_date: Integers) -> None:
    """Check the dates of an 837; `file_date` and `death_date` are those of each row of `claims`."""
    if not part.count("claims"):
        return
    start, end = part.numbers("claims", "statement_from_date"), part.numbers("claims", "statement_to_date")
    birth = part.numbers("claims", "patient_birth_date")
    for rule, is_wrong in (
        ("service-before-birth", (start > 0) & (start < birth)),
        ("service-after-death", (death_date > 0) & (start > death_date)),
    ):
        rows = np.flatnonzero(is_wrong)
        report.add(rule, part.place("claims", rows), found=_days(start[rows]))
    if part.count("dates"):
        _periods(part, report, end)
    if not part.count("service_lines"):
        return
    claim = part.rows("service_lines", "claim_seg", "claims")
    day = part.numbers("service_lines", "service_date")
    sent = np.append(file_date, 0)[claim]
    rows = np.flatnonzero((sent > 0) & (day > sent))
    _tell_line(part, report, "service-after-file", rows, _days(day[rows]), _days(sent[rows]))
    if "I" in part.coded("claims", "kind").values:
        _outside(part, report, claim)


def _periods(part: Part, report: Report, end: Integers) -> None:
    first, last = part.numbers("dates", "date"), part.numbers("dates", "date_to")
    rows = np.flatnonzero((last > 0) & (first > last))
    report.add(
        "date-range-reversed", part.place("dates", rows), "DTP03", found=_days(first[rows]), expected=_days(last[rows])
    )
    if not report.wants("discharge-before-admission"):
        return
    qualifier, claim = part.coded("dates", "qualifier_code"), part.rows("dates", "claim_seg", "claims")
    if not {*_ADMISSION, *_DISCHARGE} & set(qualifier.values):
        return
    # An institutional claim tells the hour of discharge only: its day is the last of the statement.
    is_institutional = part.coded("claims", "kind").are(("I",))
    discharged = np.append(np.where(is_institutional, end, 0), 0)
    of_claim = np.flatnonzero((part.numbers("dates", "service_seg") == 0) & (claim >= 0))
    told = of_claim[qualifier.are(_DISCHARGE)[of_claim] & (first[of_claim] > 0)]
    discharged[claim[told]] = first[told]
    rows = of_claim[qualifier.are(_ADMISSION)[of_claim]]
    out = discharged[claim[rows]]
    rows, out = rows[(out > 0) & (first[rows] > out)], out[(out > 0) & (first[rows] > out)]
    report.add(
        "discharge-before-admission", part.place("dates", rows), "DTP03", found=_days(first[rows]), expected=_days(out)
    )


def _outside(part: Part, report: Report, claim: Integers) -> None:
    """Compare the lines of an institutional claim with its statement period."""
    start, end = part.numbers("claims", "statement_from_date"), part.numbers("claims", "statement_to_date")
    day, last = part.numbers("service_lines", "service_date"), part.numbers("service_lines", "service_to_date")
    mine = np.append(part.coded("claims", "kind").are(("I",)), False)[claim]
    start, end = np.append(start, 0)[claim], np.append(end, 0)[claim]
    rows = np.flatnonzero(mine & (start > 0) & (day > 0) & ((day < start) | (np.maximum(day, last) > end)))
    expected = [f"{one}-{two}" for one, two in zip(start[rows].tolist(), end[rows].tolist(), strict=True)]
    found = [str(one) if one < begin else str(max(one, two)) for one, two, begin in
             zip(day[rows].tolist(), last[rows].tolist(), start[rows].tolist(), strict=True)]  # fmt: skip
    _tell_line(part, report, "service-outside-statement", rows, found, expected)


def _tell_line(part: Part, report: Report, rule: str, rows: Integers, found: list[str], expected: list[str]) -> None:
    """Tell of lines at their date."""
    if len(rows):
        chosen = part.coded("dates", "qualifier_code").are(_SERVICE)
        place, is_dated = part.child("dates", "service_seg", chosen, "service_lines", rows)
        elements = ["DTP03" if one else "" for one in is_dated.tolist()]
        report.add(rule, place, elements, found=found, expected=expected)


def look_payments(part: Part, report: Report, payment_date: Integers) -> None:
    """Check the dates of an 835; `payment_date` is that of each row of `claim_payments`."""
    for frame, key, first_column, last_column, qualifier in (
        ("claim_payments", "claim_seg", "statement_from_date", "statement_to_date", "233"),
        ("service_payments", "service_seg", "service_date", "service_to_date", "151"),
    ):
        if part.count(frame):
            first, last = part.numbers(frame, first_column), part.numbers(frame, last_column)
            rows = np.flatnonzero((last > 0) & (first > last))
            found, expected = _days(first[rows]), _days(last[rows])
            _tell_payment(part, report, "payment-dates-reversed", frame, key, (qualifier,), rows, found, expected)
    if not part.count("service_payments"):
        return
    claim = part.rows("service_payments", "claim_seg", "claim_payments")
    day, paid = part.numbers("service_payments", "service_date"), np.append(payment_date, 0)[claim]
    late = (paid > 0) & (day > paid)
    if late.any():
        is_estimate = part.coded("claim_payments", "status_code").are((_ESTIMATE,))
        rows = np.flatnonzero(late & ~np.append(is_estimate, False)[claim])
        _tell_payment(part, report, "payment-before-service", "service_payments", "service_seg", ("472", "150"), rows,
                      _days(day[rows]), _days(paid[rows]))  # fmt: skip


def _tell_payment(
    part: Part, report: Report, rule: str, frame: str, key: str, qualifiers: tuple[str, ...], rows: Integers,
    found: list[str], expected: list[str],
) -> None:  # fmt: skip
    """Tell of claims or services of an 835 at their date."""
    if len(rows):
        place, _ = part.child("dates", key, part.coded("dates", "qualifier_code").are(qualifiers), frame, rows)
        report.add(rule, place, "DTM02", found=found, expected=expected)


def _days(values: Integers) -> list[str]:
    return [str(value) for value in values.tolist()]
