"""Procedures of one day of an 837, and the NCCI and MUE lists in; doubtful pairs and units out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.codes.lists import CodeList
from claims.x12.balance import sums
from claims.x12.edits.code_sets import CodeSets
from claims.x12.edits.part import Part
from claims.x12.edits.report import Report
from claims.x12.numbers import Flags, Integers

_PAIR, _UNITS = "ncci-pair", "units-exceed-mue"
# Modifiers that say of two procedures that they were separate, as far as the pair allows it (indicator 1).
_SEPARATE_WORDS = (
    "24 25 27 57 58 59 78 79 91 XE XS XP XU LT RT LC LD LM RC RI E1 E2 E3 E4 FA F1 F2 F3 F4 F5 F6 F7 F8 F9 "
    "TA T1 T2 T3 T4 T5 T6 T7 T8 T9"
)
_SEPARATE = frozenset(_SEPARATE_WORDS.split())
# MUE indicators that count all lines of a day; any other counts each line.
_BY_DAY = ("2", "3")


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
    """Join the lines of a day with the pairs that both their procedures are in."""
    code = part.coded("service_lines", "procedure_code")
    modifiers = part.coded("service_lines", "modifiers").are(lambda text: bool(_SEPARATE & set(text.split())))
    used = sorted({code.values[place] for place in np.unique(code.at[rows]).tolist()})
    first, last = known.spans(used)
    pairs = known.rows.iloc[np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])]
    pairs = pairs[pairs["column_two"].isin(used)]
    if pairs.empty:
        return
    lines = pd.DataFrame(
        {"row": rows, "visit": visit, "day": day, "code": code.texts(rows), "is_separate": modifiers[rows]}
    )
    found = lines[["visit", "day", "code", "is_separate"]].merge(pairs, on="code")
    found = found[(found["from_date"] <= found["day"]) & (found["day"] <= found["to_date"])]
    found = found.merge(
        lines[["row", "visit", "code", "is_separate"]], left_on=["visit", "column_two"], right_on=["visit", "code"],
        suffixes=("", "_two"),
    )  # fmt: skip
    excused = (found["modifier_indicator"] == "1") & (found["is_separate"] | found["is_separate_two"])
    found = found[~excused & (found["modifier_indicator"] != "9")]
    found = found.drop_duplicates("row").sort_values("row")
    place = part.place("service_lines", found["row"].to_numpy("int64"))
    report.add(_PAIR, place, "", found=found["code_two"].tolist(), expected=found["code"].tolist())


def _units(part: Part, report: Report, known: CodeList, rows: Integers, day: Integers, visit: Integers) -> None:
    """Compare the units of each line, or of all lines of a day, with the most that is likely."""
    code = part.coded("service_lines", "procedure_code")
    first, last = known.spans(code.values)
    begun, after = first[code.at[rows]], last[code.at[rows]]
    since, until = known.rows["from_date"].to_numpy(), known.rows["to_date"].to_numpy()
    most = np.full(len(rows), -1, np.int64)
    by_day: Flags = np.zeros(len(rows), np.bool_)
    is_by_day, limit = known.rows["adjudication_indicator"].isin(_BY_DAY).to_numpy(), known.rows["max_units"].to_numpy()
    for number in range(int((after - begun).max(initial=0))):
        row = np.minimum(begun + number, len(limit) - 1)
        mine = (begun + number < after) & (since[row] <= day) & (day <= until[row])
        most[mine], by_day[mine] = limit[row[mine]], is_by_day[row[mine]]
    units = part.numbers("service_lines", "units_milli")[rows]
    together, _ = pd.factorize(visit * len(code.values) + code.at[rows])
    total = np.where(by_day, sums(together, units, len(rows))[together], units)
    over = np.flatnonzero((most >= 0) & (total > most * 1000))
    # Of several lines that are too many together only the first is told of.
    _, once = np.unique(np.where(by_day[over], together[over], -1 - over), return_index=True)
    over = over[np.sort(once)]
    report.add(
        _UNITS, part.place("service_lines", rows[over]), "",
        found=[f"{value / 1000:g}" for value in total[over].tolist()],
        expected=[str(one) for one in most[over].tolist()],
    )  # fmt: skip
