"""S11, S14 and S15: frequency, place of service and accident, and what each of them asks for."""

from __future__ import annotations

from functools import cache

import numpy as np

from claims import codes
from claims.charges.scrub.work import Look, Work
from claims.findings import shown

_REPLACES = ("7", "8")
_RE_OPENS = ("Q",)  # institutional only
_ACCIDENTS = frozenset({"AA", "EM", "OA"})


def look_at_frequency(work: Work) -> Look:
    """Check that just replacements and voids name the claim that they follow."""
    claims, frequency = work.claims, work.claims.coded("frequency_code")
    is_institutional = work.is_kind("I")
    follows = frequency.are(_REPLACES) | (frequency.are(_RE_OPENS) & is_institutional)
    named = claims.is_filled("original_reference")
    rows = np.flatnonzero(follows & ~named)
    yield work.at_claims("S11a", rows, found=shown(frequency.texts(rows), 2))
    rows = np.flatnonzero(~follows & named)
    yield work.at_claims("S11b", rows, found=shown(frequency.texts(rows), 2))
    rows = np.flatnonzero(~frequency.are(("1", *_REPLACES)) & ~is_institutional)
    yield work.at_claims("S11c", rows, found=shown(frequency.texts(rows), 2), expected="1, 7 or 8")
    yield work.at_claims(
        "S11d", frequency.are(("7",)) & (work.payer >= 0) & (work.payer_number("takes_replacement") == 0)
    )


def look_at_places(work: Work) -> Look:
    """Check places of service, and that inpatient care tells the day of admission."""
    place = work.claims.coded("facility_code")
    rows = np.flatnonzero(~place.are(_places()) & ~work.is_kind("I"))
    yield work.at_claims("S14a", rows, "CLM05-1", found=shown(place.texts(rows), 3))
    own = work.lines.coded("place_of_service")
    wrong = np.flatnonzero(own.are(lambda text: text != "" and text not in _places()))
    yield work.at_lines("S14a", wrong, found=shown(own.texts(wrong), 3))
    admitted = work.claim_date("admission_date", "435")
    rows = np.flatnonzero(place.are(_inpatient()) & (admitted == 0))
    yield work.at_claims("S14b", rows, found=place.texts(rows))


def look_at_accidents(work: Work) -> Look:
    """Check that an accident has its day, and one with a car its state."""
    causes = work.claims.coded("related_cause_codes")
    is_accident = causes.are(lambda text: bool(_ACCIDENTS & set(text.split())))
    if not is_accident.any():
        return
    yield work.at_claims("S15a", is_accident & (work.claim_date("accident_date", "439") == 0))
    by_car = causes.are(lambda text: "AA" in text.split())
    yield work.at_claims("S15b", by_car & ~work.claims.is_filled("accident_state"))


@cache
def _places() -> frozenset[str]:
    return frozenset(codes.table("places_of_service")["code"])


@cache
def _inpatient() -> frozenset[str]:
    places = codes.table("places_of_service")
    return frozenset(places.loc[places["needs_admission"] == "Y", "code"])
