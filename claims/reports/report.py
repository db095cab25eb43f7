"""A report before it is written: its tables, the sums that control them, and the checks that must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

DEFINITIONS = "2026.1"


@dataclass(frozen=True)
class Check:
    """Two figures that must be equal, in cents or counts."""

    name: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """Tell whether they are."""
        return self.left == self.right


class Parts:
    """A table that is too long to be held at once: frames that are made while they are written, at least one.

    ``expected`` is how many rows there will be; ``rows`` and ``totals_cents`` are of those that were written so far.
    """

    def __init__(self, frames: Iterable[pd.DataFrame], expected: int) -> None:
        self._frames, self.expected = frames, expected
        self.rows, self.totals_cents = 0, dict[str, int]()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        for frame in self._frames:
            self.rows += len(frame)
            for name, cents in totals_cents(frame).items():
                self.totals_cents[name] = self.totals_cents.get(name, 0) + cents
            yield frame


@dataclass(frozen=True)
class Report:
    """Tables by file name, control totals in cents by name, checks. Columns ending in ``_cents`` are money.

    ``sums`` names the table and column that a control total is the sum of, where it is one. ``late`` gives the checks
    of tables in parts, once they are written; ``parameters`` what was asked for besides day, instant and format.
    """

    name: str
    tables: Mapping[str, pd.DataFrame | Parts]
    controls: dict[str, int] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    sums: dict[str, tuple[str, str]] = field(default_factory=dict)
    late: Callable[[], tuple[Check, ...]] = tuple
    parameters: dict[str, str] = field(default_factory=dict)


def totals_cents(frame: pd.DataFrame) -> dict[str, int]:
    """Add up each column of money."""
    return {str(column): int(frame[column].sum()) for column in frame.columns if str(column).endswith("_cents")}


def apart(one: Mapping[str, int], other: Mapping[str, int]) -> int:
    """Add up by how much amounts by name differ; what has none is zero."""
    return sum(abs(one.get(name, 0) - other.get(name, 0)) for name in one.keys() | other.keys())


def days_between(dates: pd.Series[str], as_of: str) -> pd.Series[int]:
    """Count calendar days from ISO days to ``as_of``, ``Int64``; missing where there is no day."""
    then = pd.to_datetime(dates.where(dates != ""), format="%Y-%m-%d")
    return (pd.Timestamp(as_of) - then).dt.days.astype("Int64")
