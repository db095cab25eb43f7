"""Days as numbers (YYYYMMDD, 0 for none) in; differences, and days some months later, out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from claims.charges.scrub.columns import Integers

Days = npt.NDArray[np.datetime64]


def calendar(days: Integers) -> Days:
    """Return days of the calendar; what is none becomes one in the year 1970."""
    days = np.where(days > 0, days, 19700101)
    month = ((days // 10_000 - 1970) * 12 + days // 100 % 100 - 1).astype("datetime64[M]")
    found: Days = month.astype("datetime64[D]") + (days % 100 - 1).astype("timedelta64[D]")
    return found


def number(days: Days) -> Integers:
    """Return days of the calendar as numbers."""
    month = days.astype("datetime64[M]")
    months = month.astype(np.int64)
    day = (days - month.astype("datetime64[D]")).astype(np.int64) + 1
    return np.asarray((1970 + months // 12) * 10_000 + (months % 12 + 1) * 100 + day, np.int64)


def iso(days: Integers) -> list[str]:
    """Write numbers of days as people do: 2026-10-01."""
    return [f"{one // 10000:04}-{one // 100 % 100:02}-{one % 100:02}" for one in days.tolist()]


def between(start: Integers, end: Integers) -> Integers:
    """Count the days from one day to another; 0 where one of them is none."""
    both = (start > 0) & (end > 0)
    return np.where(both, (calendar(end) - calendar(start)).astype(np.int64), 0)


def later(days: Days, count: int, unit: str) -> Days:
    """Add so many days, months or years; the last day of a shorter month stands for the missing ones."""
    if unit == "day":
        found: Days = days + np.timedelta64(count, "D")
        return found
    month = days.astype("datetime64[M]")
    months = np.timedelta64(count * (12 if unit == "year" else 1), "M")
    last = (month + months + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    by_month: Days = np.minimum((month + months).astype("datetime64[D]") + (days - month.astype("datetime64[D]")), last)
    return by_month
