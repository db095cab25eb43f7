"""S20 and S21: what only an institutional claim has: type of bill, stay, status, revenue codes, POA, HI codes."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from claims import codes
from claims.charges.scrub.columns import Flags, Integers, some, sums
from claims.charges.scrub.days import between
from claims.charges.scrub.work import Look, Work
from claims.findings import shown

_FREQUENCIES = frozenset("012345789ABCDEFGHIJKMOPQXYZ")
_STILL_HERE = "30"
_INTERIM, _CORRECTS = ("2", "3"), ("7", "8", "Q")
_REVENUE = re.compile(r"(?!0001)[0-9]{4}", re.ASCII)
_POA = ("Y", "N", "U", "W", "1", "")
_WITH_POA = ("ABK", "ABF", "ABN")
_TWO = re.compile(r"[A-Z0-9]{2}", re.ASCII)
_OCCURRENCE, _SPAN, _VALUE, _CONDITION = "BH", "BI", "BE", "BG"
_COVERED, _NON_COVERED = "80", "81"


def look(work: Work) -> Look:
    """Check the head of each institutional claim."""
    claims, is_mine = work.claims, work.is_kind("I")
    if not is_mine.any():
        return
    facility, frequency = claims.coded("facility_code"), claims.coded("frequency_code")
    rows = np.flatnonzero(is_mine & ~(facility.are(_bill_types()) & frequency.are(_FREQUENCIES)))
    bills = zip(shown(facility.texts(rows), 2), shown(frequency.texts(rows), 1), strict=True)
    yield work.at_claims("S20a", rows, found=[f"{one} and {other}" for one, other in bills])
    start, end = claims.numbers("statement_from_date"), claims.numbers("statement_to_date")
    yield work.at_claims("S20b", is_mine & ((start == 0) | (end == 0)))
    for column, element in (("admission_type_code", "CL101"), ("patient_status_code", "CL103")):
        yield work.at_claims("S20c", is_mine & ~claims.is_filled(column), element)
    yield work.at_claims(
        "S20d", is_mine & ~claims.is_filled("attending_npi") & ~claims.is_filled("attending_last_name")
    )
    inpatient = is_mine & facility.are(_inpatient())
    lacking = (work.claim_date("admission_date", "435") == 0) | ~claims.is_filled("admission_time")
    yield work.at_claims("S20e", inpatient & lacking)
    still = claims.coded("patient_status_code").are((_STILL_HERE,))
    interim = frequency.are(_INTERIM)
    yield work.at_claims("S20f", inpatient & still & ~interim & ~frequency.are(_CORRECTS), found=_STILL_HERE)
    yield work.at_claims("S20f", inpatient & interim & ~still, expected=_STILL_HERE)
    revenue = work.lines.coded("revenue_code")
    wrong = np.flatnonzero(np.append(is_mine, False)[work.claim] & ~revenue.are(lambda t: bool(_REVENUE.fullmatch(t))))
    yield work.at_lines("S20g", wrong, found=shown(revenue.texts(wrong), 4))
    yield from _present_on_admission(work, inpatient)


def _present_on_admission(work: Work, inpatient: Flags) -> Look:
    table, claim = work.table("diagnoses"), work.claim_of("diagnoses")
    mark, mine = table.coded("present_on_admission_code"), table.coded("qualifier_code").are(_WITH_POA)
    marked = some(claim[mine & ~mark.are(("",))], len(work.claims))
    yield work.at_claims("S20h", inpatient & ~marked)
    wrong = np.flatnonzero(mine & ~mark.are(_POA) & (claim >= 0))
    yield work.at_claims("S20i", claim[wrong], found=shown(mark.texts(wrong), 1))


def look_at_codes(work: Work) -> Look:
    """Check occurrence, span, value and condition codes, and the days that value codes count."""
    table, claim = work.table("diagnoses"), work.claim_of("diagnoses")
    if not len(table):
        return
    qualifier, code = table.coded("qualifier_code"), table.coded("code")
    kinds = qualifier.are((_OCCURRENCE, _SPAN, _VALUE, _CONDITION))
    wrong = np.flatnonzero(kinds & ~code.are(lambda text: bool(_TWO.fullmatch(text))))
    yield work.at_claims("S21a", claim[wrong], found=shown(code.texts(wrong), 3))
    date, date_to = table.numbers("date"), table.numbers("date_to")
    lacking = qualifier.are((_OCCURRENCE, _SPAN)) & (date == 0) & ("date" in table)
    lacking |= qualifier.are((_SPAN,)) & (date_to < date) & ("date_to" in table)
    lacking |= qualifier.are((_VALUE,)) & ~table.is_there("amount_cents") & ("amount_cents" in table)
    rows = np.flatnonzero(lacking)
    yield work.at_claims("S21b", claim[rows], found=shown(code.texts(rows), 2))
    yield from _days(work, claim, qualifier.are((_VALUE,)))


def _days(work: Work, claim: Integers, is_value: Flags) -> Look:
    """Covered and non-covered days are those of the stay: the day of discharge counts for none."""
    table, claims = work.table("diagnoses"), work.claims
    is_days = is_value & table.coded("code").are((_COVERED, _NON_COVERED))
    cents = sums(np.where(is_days, claim, -1), table.numbers("amount_cents"), len(claims))
    start, end = claims.numbers("statement_from_date"), claims.numbers("statement_to_date")
    stay = between(start, end)
    stay = np.maximum(stay + claims.coded("patient_status_code").are((_STILL_HERE,)), 1) * 100
    counted = (
        some(claim[is_days], len(claims)) & claims.coded("facility_code").are(_inpatient()) & (start > 0) & (end > 0)
    )
    rows = np.flatnonzero(counted & (cents != stay))
    texts = [[f"{one / 100:g}" for one in values[rows].tolist()] for values in (cents, stay)]
    yield work.at_claims("S21c", rows, "", *texts)


@cache
def _bill_types() -> frozenset[str]:
    return frozenset(codes.table("bill_types")["facility_code"])


@cache
def _inpatient() -> frozenset[str]:
    kinds = codes.table("bill_types")
    return frozenset(kinds.loc[kinds["is_inpatient"] == "Y", "facility_code"])
