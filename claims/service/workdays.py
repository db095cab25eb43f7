"""Business days of the United States: a day and a number in; the day so many business days later out."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

Days = npt.NDArray[np.datetime64]


def business_days_after(days: pd.Series, counts: pd.Series) -> pd.Series:
    """Give the ISO day that is so many business days after each ISO day; weekends and federal holidays are none."""
    start = days.to_numpy(dtype="datetime64[D]")
    if not len(start):
        return days
    first, last = (
        int(str(year)) for year in (start.min().astype("datetime64[Y]"), start.max().astype("datetime64[Y]"))
    )
    free = _federal_holidays(first, last + 2)
    found = np.busday_offset(start, counts.to_numpy(np.int64), roll="backward", holidays=free)
    return pd.Series(found.astype(str), index=days.index, dtype="str")


def holidays_between(first: date, last: date) -> list[str]:
    """Give the federal holidays of the years of two days, as ISO days: no bank works on them."""
    return [str(day) for day in _federal_holidays(first.year, last.year)]


@cache
def _federal_holidays(first: int, last: int) -> Days:
    return np.array(sorted(holidays.country_holidays("US", years=range(first, last + 1))), dtype="datetime64[D]")
