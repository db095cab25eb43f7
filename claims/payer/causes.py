"""Why a simulated payer denies a line: what is really wrong with the claim, then a few seeded causes.

The first cause in the order of causes.csv wins.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.terms import table


def found(lines: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Name the cause of each priced line, `""` when nothing is wrong.

    A `forced_cause` column decides where it is filled: `none` lets a line pass, anything else is its cause.
    """
    facts = {
        "unknown-member": ~lines["is_member"],
        "coverage-ended": lines["service_date"] > lines["coverage_to_date"],
        "late": _days(lines["received_date"]) - _days(lines["service_date"]) > lines["filing_limit_days"],
        "duplicate": lines["is_duplicate"],
        "missing-authorization": lines["needs_authorization"] & (lines["prior_authorization"] == ""),
        "not-covered": ~lines["is_covered"],
        "bad-modifier": _odd_modifier(lines),
        "units-over-limit": lines["units_milli"] > lines["units_limit"] * 1000,
    }
    draws = rng.integers(0, 100, size=len(lines))
    cause = pd.Series("", index=lines.index, dtype="str")
    edge = 0
    for row in table("causes").sort_values("priority").itertuples():
        if row.percent_of_lines:
            share = int(str(row.percent_of_lines))
            hit = pd.Series((draws >= edge) & (draws < edge + share), index=lines.index)
            hit &= lines["ordinal"] > 1 if row.cause == "bundled" else True
            edge += share
        else:
            hit = facts[str(row.cause)]
        cause = cause.where((cause != "") | ~hit, str(row.cause))
    if "forced_cause" in lines:
        forced = lines["forced_cause"]
        cause = cause.where(forced == "", forced.where(forced != "none", ""))
    return cause


def _days(dates: pd.Series) -> pd.Series:
    """Turn YYYYMMDD integers into day numbers."""
    parsed = pd.to_datetime(dates.astype(str), format="%Y%m%d")
    return (parsed - pd.Timestamp(1970, 1, 1)).dt.days


def _odd_modifier(lines: pd.DataFrame) -> pd.Series:
    known = lines["known_modifiers"].str.split(" ")
    odd = [
        any(modifier not in allowed for modifier in given.split())
        for given, allowed in zip(lines["modifiers"], known, strict=True)
    ]
    return pd.Series(odd, index=lines.index, dtype=bool) & (lines["known_modifiers"] != "*")
