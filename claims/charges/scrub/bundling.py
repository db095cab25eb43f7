"""S23: procedures of one day that are part of each other, too many units, and codes that lack their partner."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.charges.scrub.columns import Integers
from claims.charges.scrub.work import Look, Work
from claims.codes import bundling
from claims.codes.lists import CodeList
from claims.findings import shown

_SEPARATE_VISIT = "25"


def look(work: Work) -> Look:
    """Check the procedures of each claim and day by the NCCI and MUE lists, where they cover the day."""
    lines, code = work.lines, work.lines.coded("procedure_code")
    rows = np.flatnonzero(lines.coded("procedure_qualifier").are(("HC",)) & ~code.are(("",)) & (work.claim >= 0))
    if not len(rows):
        return
    visit = np.asarray(pd.factorize(work.claim[rows] * 100_000_000 + work.line_day[rows])[0], np.int64)
    shared = np.bincount(visit)[visit] > 1
    for name, note, chosen in (("NCCI", "S23y", shared), ("MUE", "S23z", np.full(len(rows), True))):
        known = work.lists.get(name)
        covered = known.covers(work.line_day[rows]) if known else np.zeros(len(rows), np.bool_)
        yield work.at_lines(note, rows[chosen & ~covered])
        own = chosen & covered
        if known and own.any():
            yield from (_pairs if name == "NCCI" else _units)(work, known, rows[own], visit[own])


def _pairs(work: Work, known: CodeList, rows: Integers, visit: Integers) -> Look:
    separate = work.lines.coded("modifiers").are(bundling.says_separate)[rows]
    found = bundling.pairs(known, _lines(work, rows, visit).assign(is_separate=separate))
    texts = shown(found["code_two"].tolist(), 5), shown(found["code"].tolist(), 5)
    yield work.at_lines("S23a", found["row"].to_numpy(np.int64), "", *texts)


def _units(work: Work, known: CodeList, rows: Integers, visit: Integers) -> Look:
    units = work.lines.numbers("units_milli")[rows]
    found = bundling.units(known, _lines(work, rows, visit).assign(units_milli=units))
    counted = [f"{one / 1000:g}" for one in found["units_milli"].tolist()]
    yield work.at_lines(
        "S23b", found["row"].to_numpy(np.int64), "", counted, [str(one) for one in found["most"].tolist()]
    )


def _lines(work: Work, rows: Integers, visit: Integers) -> pd.DataFrame:
    code = work.lines.coded("procedure_code").texts(rows)
    return pd.DataFrame({"row": rows, "visit": visit, "day": work.line_day[rows], "code": code})


def look_at_partners(work: Work) -> Look:
    """Check that an add-on has its primary procedure, and a visit beside a procedure its modifier."""
    rules, code = work.rules("procedures"), work.lines.coded("procedure_code")
    added = work.trait("add_on")
    for row in np.unique(added[added >= 0]).tolist():
        wanted = rules.coded("primary_codes").values[rules.coded("primary_codes").at[row]].split()
        if wanted:
            is_primary = code.are(lambda text, wanted=wanted: any(fits(text, one) for one in wanted))  # type: ignore[misc]
            lacking = np.flatnonzero((added == row) & ~np.isin(work.claim, work.claim[is_primary]))
            yield work.at_lines("S23c", lacking, found=shown(code.texts(lacking), 5))
    visits = work.trait("evaluation") >= 0
    visits &= ~work.lines.coded("modifiers").are(lambda text: _SEPARATE_VISIT in text.split())
    if visits.any():
        together = work.claim * 100_000_000 + work.line_day
        surgery = work.trait("minor_surgery") >= 0
        rows = np.flatnonzero(visits & np.isin(together, together[surgery]))
        yield work.at_lines("S23d", rows, found=shown(code.texts(rows), 5))


def fits(code: str, pattern: str) -> bool:
    """Tell whether a code is what master data names: itself, or the beginning of it and a star."""
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern
