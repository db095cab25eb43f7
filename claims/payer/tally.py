"""Sums by key that grow a part at a time: 64-bit keys and whole numbers in, the sum of any key out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from claims.payer.draws import Integers, Keys


@dataclass
class Tally:
    """Runs of ordered keys, each with its sums; runs of like length are merged, so that there are never many."""

    runs: list[tuple[Keys, Integers]] = field(default_factory=list)

    def add(self, key: Keys, amount: Integers) -> None:
        """Add amounts to the sums of their keys."""
        if not len(key):
            return
        self.runs.append(_summed(key, amount))
        while len(self.runs) > 1 and len(self.runs[-2][0]) < 2 * len(self.runs[-1][0]):
            last, before = self.runs.pop(), self.runs.pop()
            self.runs.append(_summed(np.concatenate([before[0], last[0]]), np.concatenate([before[1], last[1]])))

    def of(self, key: Keys) -> Integers:
        """Give the sum of each key, 0 for one that was never seen."""
        found = np.zeros(len(key), np.int64)
        for ordered, sums in self.runs:
            place = np.minimum(np.searchsorted(ordered, key), len(ordered) - 1)
            found += np.where(ordered[place] == key, sums[place], 0)
        return found

    def frame(self) -> pd.DataFrame:
        """Give all sums that are not 0, by key."""
        none: tuple[Keys, Integers] = (np.zeros(0, np.uint64), np.zeros(0, np.int64))
        key, sums = _summed(*(np.concatenate(part) for part in zip(none, *self.runs, strict=True)))
        return pd.DataFrame({"key": key[sums != 0], "sum": sums[sums != 0]})

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Tally:
        """Take up sums again that `frame` gave."""
        tally = cls()
        tally.add(frame["key"].to_numpy(np.uint64), frame["sum"].to_numpy(np.int64))
        return tally


def _summed(key: Keys, amount: Integers) -> tuple[Keys, Integers]:
    if not len(key):
        return key, amount
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return ordered[starts], np.add.reduceat(amount[order], starts)
