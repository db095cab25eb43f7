"""A report before it is written: its tables, the sums that control them, and the checks that must hold."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Report:
    """Tables by file name, control totals in cents by name, checks. Columns ending in ``_cents`` are money.

    ``sums`` names the table and column that a control total is the sum of, where it is one.
    """

    name: str
    tables: dict[str, pd.DataFrame]
    controls: dict[str, int] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    sums: dict[str, tuple[str, str]] = field(default_factory=dict)


def days_between(dates: pd.Series[str], as_of: str) -> pd.Series[int]:
    """Count calendar days from ISO days to ``as_of``, ``Int64``; missing where there is no day."""
    then = pd.to_datetime(dates.where(dates != ""), format="%Y-%m-%d")
    return (pd.Timestamp(as_of) - then).dt.days.astype("Int64")
