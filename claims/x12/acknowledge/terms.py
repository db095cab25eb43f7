"""A day and a first control number in; the dates and numbers of answers out. The same terms give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

from claims.errors import UsageError

_HIGHEST = 999_999_999


@dataclass(frozen=True)
class Terms:
    """When answers are written (a datetime has a time, a date is midnight), and their first control number."""

    day: date
    control: int

    def __post_init__(self) -> None:
        """Refuse a number that no ISA can hold."""
        if not 1 <= self.control <= _HIGHEST:
            raise UsageError(f"A control number is between 1 and {_HIGHEST}.")

    @property
    def date(self) -> int:
        """Return the day as YYYYMMDD."""
        return int(self.day.strftime("%Y%m%d"))

    @property
    def time(self) -> str:
        """Return HHMM."""
        return self.day.strftime("%H%M") if isinstance(self.day, datetime) else "0000"

    def numbers(self) -> Iterator[int]:
        """Count control numbers, from 1 again after the highest."""
        return ((number - 1) % _HIGHEST + 1 for number in count(self.control))


def control_of(sha256: str) -> int:
    """Return the first control number for the answers to a file: the same file is always answered alike."""
    return int(sha256[:12], 16) % _HIGHEST + 1
