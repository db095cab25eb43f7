"""Why a simulated payer denies a line: what is really wrong with the claim, then a few seeded causes.

The first cause in the order of causes.csv wins.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.cycles import day_numbers
from claims.payer.terms import table


def found(lines: pd.DataFrame, draws: np.ndarray) -> pd.Series:
    """Name the cause of each priced line, `""` when nothing is wrong; `draws` are 0 to 99, one for each line.

    A `forced_cause` column decides where it is filled: `none` lets a line pass, anything else is its cause.
    """
    facts: dict[str, pd.Series] = {
        "no-prior-payment": lines["is_prior_missing"],
        "unknown-member": ~lines["is_member"],
        "coverage-ended": lines["service_date"] > lines["coverage_to_date"],
        "late": lines["filing_limit_days"] < day_numbers(lines["received_date"]) - day_numbers(lines["service_date"]),
        "duplicate": lines["is_duplicate"],
        "missing-authorization": lines["needs_authorization"] & (lines["prior_authorization"] == ""),
        "not-covered": ~lines["is_covered"],
        "bad-modifier": lines["is_odd_modifier"],
        "units-over-limit": lines["units_milli"] > lines["units_limit"] * 1000,
    }
    # A first line is bundled with nothing, and who has seen the first payer's decision does not ask for it.
    may_draw = {"bundled": lines["ordinal"] > 1, "other-payer-first": lines["prior_cents"] == 0}
    cause = pd.Series("", index=lines.index, dtype="str")
    edge = 0
    for row in table("causes").sort_values("priority").to_dict("records"):
        if row["percent_of_lines"]:
            share = int(row["percent_of_lines"])
            drawn = pd.Series((draws >= edge) & (draws < edge + share), index=lines.index)
            hit: pd.Series = drawn & may_draw.get(row["cause"], True)
            edge += share
        else:
            hit = facts[row["cause"]]
        cause = cause.where((cause != "") | ~hit, row["cause"])
    if "forced_cause" in lines:
        forced = lines["forced_cause"]
        cause = cause.where(forced == "", forced.where(forced != "none", ""))
    return cause.mask(lines["is_estimate"], "")


def odd_modifier(lines: pd.DataFrame) -> pd.Series:
    """Tell where a modifier is none of those that the schedule has for the procedure."""
    known = lines["known_modifiers"].str.split(" ")
    odd = [
        any(modifier not in allowed for modifier in given.split())
        for given, allowed in zip(lines["modifiers"], known, strict=True)
    ]
    return pd.Series(odd, index=lines.index, dtype=bool) & (lines["known_modifiers"] != "*")
