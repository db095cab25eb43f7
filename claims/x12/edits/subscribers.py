"""Claims and subscribers of an 837 in; replacements that name no claim, and subscribers who lack an address, out."""

from __future__ import annotations

import numpy as np

from claims.x12.edits.part import Part, last_before
from claims.x12.edits.report import Report
from claims.x12.numbers import Integers

_REFERENCE, _INCOMPLETE = "original-reference-missing", "subscriber-incomplete"
# Claims that replace or take back an earlier one; institutional ones also open one again.
_CHANGING, _REOPENING = ("7", "8"), ("Q",)
_WANTED = ("N3", "N4", "DMG")
_ENDS = ("NM1", "CLM", "HL", "SE", "ST", "GE", "IEA")


def look(part: Part, report: Report) -> None:
    """Check the claims and the subscribers of a part."""
    if part.count("claims") and report.wants(_REFERENCE):
        _references(part, report)
    if part.count("parties") and report.wants(_INCOMPLETE):
        _subscribers(part, report)


def _references(part: Part, report: Report) -> None:
    frequency = part.coded("claims", "frequency_code")
    changes = frequency.are(_CHANGING) | (frequency.are(_REOPENING) & part.coded("claims", "kind").are(("I",)))
    rows = np.flatnonzero(changes & part.coded("claims", "original_reference").are(("",)))
    report.add(
        _REFERENCE, part.place("claims", rows), "CLM05-3", found=frequency.texts(rows), expected="REF*F8 with a number"
    )


def _subscribers(part: Part, report: Report) -> None:
    """A person who is the patient has address, birth date and gender; one with dependents has them below."""
    persons = part.coded("parties", "loop").are(("2010BA",)) & part.coded("parties", "qualifier_code").are(("IL",))
    persons &= ~part.coded("parties", "first_name").are(("",))
    rows = np.flatnonzero(persons)
    if not len(rows):
        return
    level = last_before(
        part.numbers("hierarchy", "seg"), part.numbers("hierarchy", "transaction_seg"),
        part.numbers("parties", "seg")[rows], part.numbers("parties", "transaction_seg")[rows],
    )  # fmt: skip
    is_patient = np.append(part.coded("hierarchy", "child_code").are(("0",)), False)
    rows = rows[is_patient[level]]
    begin = part.numbers("parties", "seg")[rows]
    after = _next_of(part, _ENDS, begin)
    lacking = [(name, _next_of(part, (name,), begin) >= after) for name in _WANTED]
    wrong = np.flatnonzero(np.any([is_lacking for _, is_lacking in lacking], axis=0))
    expected = [", ".join(name for name, is_lacking in lacking if is_lacking[at]) for at in wrong.tolist()]
    report.add(_INCOMPLETE, part.place("parties", rows[wrong]), expected=expected)


def _next_of(part: Part, names: tuple[str, ...], begin: Integers) -> Integers:
    """Return the `seg` of the first segment with one of some ids after each; beyond the last where there is none."""
    segs = part.numbers("segments", "seg")
    mine = np.append(segs[part.coded("segments", "segment_id").are(names)], segs[-1] + 1)
    return np.asarray(mine[np.searchsorted(mine, begin, side="right")])
