"""Procedures of one visit and the NCCI and MUE lists in; procedures that are part of another, and too many units, out.

A visit is what is looked at together: one claim and day. `lines` has row (any number), visit, day (YYYYMMDD) and code.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.codes.lists import CodeList, Flags

# Modifiers that say of two procedures that they were separate, as far as the pair allows it (indicator 1).
_SEPARATE_WORDS = (
    "24 25 27 57 58 59 78 79 91 XE XS XP XU LT RT LC LD LM RC RI E1 E2 E3 E4 FA F1 F2 F3 F4 F5 F6 F7 F8 F9 "
    "TA T1 T2 T3 T4 T5 T6 T7 T8 T9"
)
_SEPARATE = frozenset(_SEPARATE_WORDS.split())
# MUE indicators that count all lines of a day; any other counts each line.
_BY_DAY = ("2", "3")


def says_separate(modifiers: str) -> bool:
    """Tell whether one of the modifiers (blank-separated) says that a procedure was separate."""
    return bool(_SEPARATE & set(modifiers.split()))


def pairs(known: CodeList, lines: pd.DataFrame) -> pd.DataFrame:
    """Join the lines of a visit with the pairs that both their procedures are in; `lines` has is_separate too.

    Gives row, code_two (the procedure that is part of) and code, one for each line, in the order of `row`.
    """
    used = sorted(set(lines["code"].tolist()))
    first, last = known.spans(used)
    listed = [np.arange(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    rows = known.rows.iloc[np.concatenate(listed)] if listed else known.rows.iloc[:0]
    rows = rows[rows["column_two"].isin(used)]
    found = lines[["visit", "day", "code", "is_separate"]].merge(rows, on="code")
    found = found[(found["from_date"] <= found["day"]) & (found["day"] <= found["to_date"])]
    found = found.merge(
        lines[["row", "visit", "code", "is_separate"]], left_on=["visit", "column_two"], right_on=["visit", "code"],
        suffixes=("", "_two"),
    )  # fmt: skip
    excused = (found["modifier_indicator"] == "1") & (found["is_separate"] | found["is_separate_two"])
    found = found[~excused & (found["modifier_indicator"] != "9")]
    found = found.drop_duplicates("row").sort_values("row")
    return found[["row", "code_two", "code"]]


def units(known: CodeList, lines: pd.DataFrame) -> pd.DataFrame:
    """Compare the units of each line, or of all lines of a visit, with the most that is likely.

    `lines` has units_milli too. Gives row, units_milli and most (whole units); of several lines that are too many
    together only the first.
    """
    at, names = pd.factorize(lines["code"])
    day, visit = lines["day"].to_numpy(np.int64), lines["visit"].to_numpy(np.int64)
    first, last = known.spans(names.tolist())
    begun, after = first[at], last[at]
    since, until = known.rows["from_date"].to_numpy(), known.rows["to_date"].to_numpy()
    most = np.full(len(lines), -1, np.int64)
    by_day: Flags = np.zeros(len(lines), np.bool_)
    is_by_day, limit = known.rows["adjudication_indicator"].isin(_BY_DAY).to_numpy(), known.rows["max_units"].to_numpy()
    for number in range(int((after - begun).max(initial=0))):
        row = np.minimum(begun + number, len(limit) - 1)
        mine = (begun + number < after) & (since[row] <= day) & (day <= until[row])
        most[mine], by_day[mine] = limit[row[mine]], is_by_day[row[mine]]
    own = lines["units_milli"].to_numpy(np.int64)
    together, distinct = pd.factorize(visit * max(len(names), 1) + at)
    total = np.zeros(len(distinct), np.int64)
    np.add.at(total, together, own)
    count = np.where(by_day, total[together], own)
    over = np.flatnonzero((most >= 0) & (count > most * 1000))
    _, once = np.unique(np.where(by_day[over], together[over], -1 - over), return_index=True)
    over = over[np.sort(once)]
    return pd.DataFrame({"row": lines["row"].to_numpy()[over], "units_milli": count[over], "most": most[over]})
