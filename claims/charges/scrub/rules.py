"""Rows of master data in; which of them holds for a row and day out.

Frames are those of claims/master (Master.frames). A code may be the beginning of codes and a star.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from claims.charges.scrub.columns import Coded, Flags, Integers, Table, together

_LAST_DAY = 99991231


class Rules(Table):
    """The rows of one kind; of several that hold on a day the one that began last is meant."""

    def __init__(self, frame: pd.DataFrame) -> None:
        ordered = (
            frame.sort_values("effective_from", kind="stable", ignore_index=True)
            if "effective_from" in frame
            else frame
        )
        super().__init__(ordered)
        self._indexes: dict[tuple[str, ...], dict[tuple[str, ...], list[int]]] = {}

    def find(self, keys: dict[str, Coded], days: Integers) -> Integers:
        """Return for each row and day the row of master data with just these keys, -1 for none."""
        if not len(self) or not len(days):
            return np.full(len(days), -1, np.int64)
        at, combinations = together(list(keys.values()))
        index = self._index(tuple(keys))
        return self._last([index.get(one, []) for one in combinations], at, days)

    def exact(self, keys: dict[str, Coded], days: Integers) -> Integers:
        """Return the row of the payer, else the one for every payer; `keys` has payer_code."""
        every = Coded(np.zeros(len(days), np.int64), [""])
        own, general = self.find(keys, days), self.find({**keys, "payer_code": every}, days)
        return np.where(own >= 0, own, general)

    def best(self, column: str, codes: Coded, days: Integers, among: Flags | None = None) -> Integers:
        """Return the row with the longest beginning of each code, -1 for none; only rows `among`."""
        if not len(self) or not len(days):
            return np.full(len(days), -1, np.int64)
        return self._last([self.fitting(column, code, among) for code in codes.values], codes.at, days)

    def fitting(self, column: str, code: str, among: Flags | None = None) -> list[int]:
        """List the rows that a code fits: by its beginnings, then by itself."""
        index = self._index((column,))
        names = [code[:length] + "*" for length in range(len(code) + 1)] + [code]
        rows = [row for name in names for row in index.get((name,), ())] if code else []
        return rows if among is None else [row for row in rows if among[row]]

    def holds(self, rows: Integers, days: Integers) -> Flags:
        """Tell which rows hold on their day; row -1 never does."""
        since, until = self._days()
        return (rows >= 0) & (since[rows] <= days) & (days <= until[rows])

    def _last(self, candidates: Sequence[Sequence[int]], at: Integers, days: Integers) -> Integers:
        found = np.full(len(days), -1, np.int64)
        for number in range(max(map(len, candidates), default=0)):
            rows = np.array([one[number] if number < len(one) else -1 for one in candidates], np.int64)[at]
            found = np.where(self.holds(rows, days), rows, found)
        return found

    def _index(self, columns: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
        if columns not in self._indexes:
            index: dict[tuple[str, ...], list[int]] = {}
            texts = [[self.coded(name).values[place] for place in self.coded(name).at.tolist()] for name in columns]
            for row, name in enumerate(zip(*texts, strict=True)):
                index.setdefault(name, []).append(row)
            self._indexes[columns] = index
        return self._indexes[columns]

    def _days(self) -> tuple[Integers, Integers]:
        if "effective_from" not in self:
            return np.zeros(len(self), np.int64), np.full(len(self), _LAST_DAY)
        return self.numbers("effective_from"), self.numbers("effective_to")
