"""Open cases and a day come in; how urgent each is goes out, as whole points whose parts can be shown.

score = (50 value + 35 urgency + 15 time untouched - 10 effort) / 100, rounded down, never below 0. The value is that of
the money at risk times the chance to win it, on a scale of tenfolds; the chance is the practice's own experience with
payer and reason where it has any.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims import codes
from claims.denials.deadlines import as_days

WEIGHTS = {"value_points": 50, "urgency_points": 35, "touch_points": 15, "effort_points": -10}
PARTS = ("recovery_percent", "expected_value_cents", *WEIGHTS, "score", "priority_rank")

PRIORS = {"H": 75, "M": 45, "L": 15, "0": 2}
ENOUGH_CASES, PRIOR_CASES = 30, 5
# Outcomes that say something of the chance to win; a case that something else took the place of says nothing.
WON = ("overturned", "partly_overturned")
LOST = ("upheld", "written_off", "expired")

_DAYS_LEFT = np.array([3, 7, 14, 30, 60])
_URGENCY = np.array([100, 90, 70, 40, 15, 5])
_NO_DEADLINE_POINTS = 5
_RANK_CENTS, _RANK_DAYS = 36, 20  # bits

Integers = npt.NDArray[np.int64]


def _thresholds() -> Integers:
    """Give the least cents worth 1, 2, ... 100 points: 20 log10(1 + dollars) >= n, in whole numbers.

    That is (100 + cents)^20 >= 10^(n + 40).
    """
    found = []
    for points in range(1, 101):
        wanted = 10 ** (points + 40)
        guess = round(10 ** ((points + 40) / 20))
        least = next(one for one in range(guess - 2, guess + 3) if one**20 >= wanted)
        found.append(least - 100)
    return np.array(found, dtype=np.int64)


_VALUE_CENTS = _thresholds()


def chances(closed: pd.DataFrame) -> pd.DataFrame:
    """Count the practice's own experience: payer_code, reason_code, wins, cases, where there is enough of it.

    ``closed``: payer_code, reason_code, outcome, cases.
    """
    told = closed[closed["outcome"].isin([*WON, *LOST])]
    told = told.assign(wins=told["cases"].where(told["outcome"].isin(WON), 0))
    sums = told.groupby(["payer_code", "reason_code"], as_index=False)[["wins", "cases"]].sum()
    return sums[sums["cases"] >= ENOUGH_CASES].reset_index(drop=True)


def points(cases: pd.DataFrame, known: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return PARTS in the order of ``cases``.

    ``cases``: payer_code, reason_code, recoverable, next_action, at_risk_cents, deadline_date (ISO or empty),
    last_touched_date; optional is_lost: other cases' experience says nothing for it. ``known``: what ``chances`` gave.
    """
    today = np.datetime64(day.isoformat())
    percent = _percents(cases, known)
    at_risk = cases["at_risk_cents"].to_numpy("int64")
    expected = at_risk * percent // 100
    deadline = as_days(cases["deadline_date"])
    left = (deadline - today).astype("int64")
    urgency = np.where(
        np.isnat(deadline), _NO_DEADLINE_POINTS, _URGENCY[np.searchsorted(_DAYS_LEFT, left, side="left")]
    )
    untouched = (today - as_days(cases["last_touched_date"])).astype("int64")
    efforts = codes.table("next_actions").set_index("id")["effort"].astype("int64")
    parts = {
        "value_points": np.searchsorted(_VALUE_CENTS, expected, side="right").astype("int64"),
        "urgency_points": urgency.astype("int64"),
        "touch_points": np.clip(2 * untouched, 0, 100),
        "effort_points": efforts.reindex(cases["next_action"], fill_value=0).to_numpy("int64"),
    }
    weighed = sum((weight * parts[name] for name, weight in WEIGHTS.items()), np.zeros(len(cases), dtype=np.int64))
    score = np.maximum(0, weighed // 100)
    rank = _ranks(score, at_risk, deadline)
    return pd.DataFrame(
        {"recovery_percent": percent, "expected_value_cents": expected, **parts, "score": score, "priority_rank": rank},
        index=cases.index,
    )


def _percents(cases: pd.DataFrame, known: pd.DataFrame) -> Integers:
    """Give the chance to win in percent: own experience, drawn a little to the usual, else the usual."""
    prior = cases["recoverable"].map(PRIORS).fillna(PRIORS["0"]).to_numpy("int64")
    own = known.set_index(["payer_code", "reason_code"])[["wins", "cases"]]
    found = own.reindex(pd.MultiIndex.from_frame(cases[["payer_code", "reason_code"]]), fill_value=0)
    wins, number = found["wins"].to_numpy("int64"), found["cases"].to_numpy("int64")
    learned = (wins * 100 + PRIOR_CASES * prior) // (number + PRIOR_CASES)
    percent = np.asarray(np.where(number >= ENOUGH_CASES, learned, prior))
    if "is_lost" in cases:
        percent = np.where(cases["is_lost"].to_numpy(bool), PRIORS["0"], percent)
    return percent


def _ranks(score: Integers, at_risk: Integers, deadline: npt.NDArray[np.datetime64]) -> Integers:
    """Give one number that sorts as score, then money at risk, then earlier deadline; the most urgent is lowest."""
    cents = np.clip(at_risk, 0, 2**_RANK_CENTS - 1)
    last = 2**_RANK_DAYS - 1
    days = np.where(np.isnat(deadline), last, np.clip(deadline.astype("int64"), 0, last))
    return np.asarray(-((score << (_RANK_CENTS + _RANK_DAYS)) + (cents << _RANK_DAYS) + (last - days)))
