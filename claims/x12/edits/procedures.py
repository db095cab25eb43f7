"""Procedures of one day of an 837, and the NCCI and MUE lists in; doubtful pairs and units out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.codes import bundling
from claims.codes.lists import CodeList
from claims.x12.edits.code_sets import CodeSets
from claims.x12.edits.part import Part
from claims.x12.edits.report import Report
from claims.x12.numbers import Integers

_PAIR, _UNITS = "ncci-pair", "units-exceed-mue"


def look(part: Part, report: Report, sets: CodeSets) -> None:
    """Check the procedures of each claim and day; claims are looked at one by one."""
    if not part.count("service_lines") or not report.wants(_PAIR, _UNITS, "ncci-not-checked", "mue-not-checked"):
        return
    claim = part.rows("service_lines", "claim_seg", "claims")
    qualified = part.coded("service_lines", "procedure_qualifier").are(("HC",)) & (claim >= 0)
    rows = np.flatnonzero(qualified & ~part.coded("service_lines", "procedure_code").are(("",)))
    if not len(rows):
        return
    day = part.numbers("service_lines", "service_date")[rows]
    visit = _visits(claim[rows], day)
    shared = np.bincount(visit)[visit] > 1
    for name, note, chosen in (
        ("NCCI", "ncci-not-checked", shared),
        ("MUE", "mue-not-checked", np.full(len(rows), True)),
    ):
        known = sets.lists.get(name)
        covered = known.covers(day) if known else np.zeros(len(rows), np.bool_)
        lost = chosen & ~covered
        sets.not_checked(part, report, note, "service_lines", rows[lost], day[lost], has_list=known is not None)
        if known and (chosen & covered).any():
            check = _pairs if name == "NCCI" else _units
            check(part, report, known, rows[chosen & covered], day[chosen & covered], visit[chosen & covered])


def _visits(claim: Integers, day: Integers) -> Integers:
    """Number the distinct days of each claim."""
    return np.asarray(pd.factorize(claim * 100_000_000 + day)[0], np.int64)


def _pairs(part: Part, report: Report, known: CodeList, rows: Integers, day: Integers, visit: Integers) -> None:
    lines = _lines(part, rows, day, visit)
    separate = part.coded("service_lines", "modifiers").are(bundling.says_separate)[rows]
    found = bundling.pairs(known, lines.assign(is_separate=separate))
    place = part.place("service_lines", found["row"].to_numpy("int64"))
    report.add(_PAIR, place, "", found=found["code_two"].tolist(), expected=found["code"].tolist())


def _units(part: Part, report: Report, known: CodeList, rows: Integers, day: Integers, visit: Integers) -> None:
    units = part.numbers("service_lines", "units_milli")[rows]
    found = bundling.units(known, _lines(part, rows, day, visit).assign(units_milli=units))
    report.add(
        _UNITS, part.place("service_lines", found["row"].to_numpy("int64")), "",
        found=[f"{value / 1000:g}" for value in found["units_milli"].tolist()],
        expected=[str(one) for one in found["most"].tolist()],
    )  # fmt: skip


def _lines(part: Part, rows: Integers, day: Integers, visit: Integers) -> pd.DataFrame:
    code = part.coded("service_lines", "procedure_code").texts(rows)
    return pd.DataFrame({"row": rows, "visit": visit, "day": day, "code": code})
