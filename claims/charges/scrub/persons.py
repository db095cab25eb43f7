"""S08 and S10: services before birth, after death or after today; and whether subscriber and patient are told apart."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from claims.charges.scrub.columns import Flags, Integers, matches
from claims.charges.scrub.work import Found, Look, Work

_SELF = ("18", "")
_RELATIONS = ("18", "01", "19", "20", "21", "39", "40", "53", "G8", "")
_NEEDED = {"last_name": "NM103", "address": "N301", "city": "N401", "birth_date": "DMG02", "gender": "DMG03"}


def look(work: Work) -> Look:
    """Check the days of each claim against the patient's life and today."""
    birth, first, last = work.claims.numbers("patient_birth_date"), work.first_day, work.last_day
    yield _told(work, "S08a", (birth > 0) & (first > 0) & (first < birth), first)
    yield _told(work, "S08b", last > work.today, last, str(work.today))
    death = _death(work)
    yield _told(work, "S08c", (death > 0) & (last > death), last)


def _told(work: Work, edit_id: str, wrong: Flags, day: Integers, expected: str = "") -> Found:
    rows = np.flatnonzero(wrong)
    return work.at_claims(edit_id, rows, found=[str(one) for one in day[rows].tolist()], expected=expected)


def _death(work: Work) -> Integers:
    """Return the day of death of each claim's patient (PAT06), 0 for none."""
    claims, patients = work.claims, work.table("patients")
    dead = np.flatnonzero(patients.numbers("death_date") > 0)
    if not len(dead):
        return np.zeros(len(claims), np.int64)
    level = np.where(claims.numbers("patient_seg") > 0, claims.numbers("patient_seg"), claims.numbers("subscriber_seg"))
    levels, first = np.unique(patients.numbers("hl_seg")[dead], return_index=True)
    row = matches(levels, np.where(level > 0, level, -1))
    return np.append(patients.numbers("death_date")[dead[first]], 0)[row]


def look_at_relation(work: Work) -> Look:
    """Check that a patient who is the subscriber is sent as one, and another with all that the guide asks for."""
    claims, relation = work.claims, work.claims.coded("relationship_code")
    yield work.at_claims("S10b", ~relation.are(_RELATIONS))
    is_self = relation.are(_SELF)
    differs = np.zeros(len(claims), np.bool_)
    for name in ("last_name", "first_name"):
        mine, theirs = f"patient_{name}", f"subscriber_{name}"
        if mine in claims and theirs in claims and len(claims):
            other = pc.not_equal(pc.utf8_upper(claims.arrow(mine)), pc.utf8_upper(claims.arrow(theirs)))
            differs |= np.asarray(other) & claims.is_filled(mine)
    born, holder = claims.numbers("patient_birth_date"), claims.numbers("subscriber_birth_date")
    differs |= (born > 0) & (holder > 0) & (born != holder)
    yield work.at_claims("S10a", is_self & differs)
    for who, loop, asked in (("subscriber", "2010BA", is_self), ("patient", "2010CA", ~is_self)):
        for name, element in _NEEDED.items():
            column = f"{who}_{name}"
            if column in claims:
                is_there = claims.numbers(column) > 0 if name == "birth_date" else claims.is_filled(column)
                yield work.at_claims("S10c", asked & ~is_there, f"{element} of {loop}")
