"""Days of a payer: YYYYMMDD numbers in; day numbers, and the weekday on which the payer pays, out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Integers = npt.NDArray[np.int64]

DAYS_TO_PAY = 10  # at the earliest; then the payer's next weekday
_MONDAY = 4  # day number 4 after 1970-01-01, a Thursday


def day_numbers(dates: pd.Series | npt.NDArray[np.integer]) -> Integers:
    """Turn YYYYMMDD integers into days since 1970-01-01; a month or day of 0 counts as 1."""
    values = np.asarray(dates, np.int64)
    months = (values // 10000 - 1970) * 12 + np.maximum(values // 100 % 100, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.asarray(first + np.maximum(values % 100, 1) - 1, np.int64)


def dates_of(days: Integers) -> Integers:
    """Turn days since 1970-01-01 into YYYYMMDD integers."""
    stamps = days.astype("datetime64[D]")
    months = stamps.astype("datetime64[M]")
    month = months.astype(np.int64)
    day = (stamps - months.astype("datetime64[D]")).astype(np.int64) + 1
    return np.asarray((month // 12 + 1970) * 10000 + (month % 12 + 1) * 100 + day, np.int64)


def next_cycle(days: Integers, weekday: Integers) -> Integers:
    """Give the first day from `days` on that is the payer's weekday (0 Monday)."""
    return np.asarray(days + (weekday - (days - _MONDAY)) % 7, np.int64)
