"""Master data as one knows it: frames by kind in; the row in force for a key on a day out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.master.columns import EFFECTIVE, columns, keys, nothing

Integers = npt.NDArray[np.int64]
_DAYS = 100_000_000  # more than any YYYYMMDD: a key's number and a day in one integer


@dataclass(frozen=True)
class Master:
    """Rows by kind. Columns as in columns.csv, amounts as `_cents`, flags bool, days YYYYMMDD, texts `""` when empty.

    `effective_to` is never after the day before the next row of the same key begins.
    """

    frames: Mapping[str, pd.DataFrame]

    @classmethod
    def empty(cls) -> Master:
        """Give master data that knows nothing."""
        return cls({})

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame]) -> Master:
        """Build from frames with any of the columns: what a frame lacks takes the column's default."""
        return cls({kind: _in_order(kind, _completed(kind, rows)) for kind, rows in frames.items()})

    def rows(self, kind: str) -> pd.DataFrame:
        """Give all rows of a kind, by key and day."""
        return self.frames[kind] if kind in self.frames else nothing(kind)

    def at(self, kind: str, day: int) -> pd.DataFrame:
        """Give the rows in force on a day."""
        rows = self.rows(kind)
        return rows[(rows["effective_from"] <= day) & (day <= rows["effective_to"])].reset_index(drop=True)

    def look_up(self, kind: str, keys: pd.DataFrame, days: pd.Series) -> pd.DataFrame:
        """Give, for each row of `keys`, the row in force on its day: index as `keys`, `is_known` False without one.

        `keys` has the kind's key columns; one that it lacks is looked up empty. Where nothing is known, texts are
        `""`, numbers 0 and flags False.
        """
        rows = self.rows(kind)
        if rows.empty:
            return self._taken(rows, np.full(len(keys), -1, np.int64), keys.index)
        finder = self._finders[kind]
        key = finder.numbers(keys)
        day = days.to_numpy(np.int64)
        place = np.searchsorted(finder.starts, key * _DAYS + day, side="right") - 1
        known = (key >= 0) & (place >= 0)
        known &= (finder.starts[place] // _DAYS == key) & (day <= rows["effective_to"].to_numpy(np.int64)[place])
        return self._taken(rows, np.where(known, place, -1), keys.index)

    @staticmethod
    def _taken(rows: pd.DataFrame, place: Integers, index: pd.Index) -> pd.DataFrame:
        known = place >= 0
        place = np.where(known, place, -1)
        found = {}
        for name in rows.columns:
            empty = _EMPTY[rows[name].dtype.kind]
            found[name] = pd.api.extensions.take(rows[name].array, place, allow_fill=True, fill_value=empty)
        return pd.DataFrame(found, index=index).assign(is_known=known)

    @cached_property
    def _finders(self) -> dict[str, _Finder]:
        return {kind: _Finder.of(rows, keys(kind)) for kind, rows in self.frames.items() if len(rows)}


_EMPTY = {"i": 0, "b": False, "O": "", "U": "", "T": ""}


@dataclass(frozen=True)
class _Finder:
    """Numbers the keys of a kind's rows, which stand in their order; `starts` is key and first day in one integer."""

    distinct: tuple[pd.Index, ...]
    known: Integers
    starts: Integers

    @classmethod
    def of(cls, rows: pd.DataFrame, names: list[str]) -> _Finder:
        distinct = _distinct(rows, names)
        mixed = _mixed(distinct, rows)
        known = np.unique(mixed)
        number = np.searchsorted(known, mixed)
        return cls(distinct, known, number * _DAYS + rows["effective_from"].to_numpy(np.int64))

    def numbers(self, frame: pd.DataFrame) -> Integers:
        """Give the number of each row's key, -1 where no row has it."""
        mixed = _mixed(self.distinct, frame)
        place = np.searchsorted(self.known, mixed).clip(max=len(self.known) - 1)
        numbers: Integers = np.where((mixed >= 0) & (self.known[place] == mixed), place, -1)
        return numbers


def _distinct(rows: pd.DataFrame, names: list[str]) -> tuple[pd.Index, ...]:
    return tuple(pd.Index(rows[name].unique(), name=name).sort_values() for name in names)


def _mixed(distinct: tuple[pd.Index, ...], frame: pd.DataFrame) -> Integers:
    """Make one integer of a row's key columns; -1 where a column has a value that no row has."""
    mixed = np.zeros(len(frame), np.int64)
    for values in distinct:
        own = frame[values.name] if values.name in frame else pd.Series("", index=frame.index, dtype="str")
        place = values.get_indexer(pd.Index(own)).astype(np.int64)
        mixed = np.where((mixed < 0) | (place < 0), -1, mixed * len(values) + place)
    return mixed


def _completed(kind: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Give all columns of the kind, in order."""
    wanted = (*columns()[kind], *EFFECTIVE)
    lacking = {column.target: column.value_of_empty for column in wanted if column.target not in rows}
    dtypes: dict[str, Any] = {column.target: column.dtype for column in wanted}
    return rows.assign(**lacking)[list(dtypes)].astype(dtypes)


def _in_order(kind: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Sort as `_Finder` numbers: by key, then first day; end each row before the next of its key begins."""
    mixed = _mixed(_distinct(rows, keys(kind)), rows)
    order = np.lexsort((rows["effective_from"].to_numpy(), mixed))
    rows, mixed = rows.iloc[order].reset_index(drop=True), mixed[order]
    follows = np.append(mixed[1:] == mixed[:-1], False)[: len(rows)]
    next_from = np.append(rows["effective_from"].to_numpy()[1:], 0)[: len(rows)]
    last = _day_before(next_from[follows])
    ends = rows["effective_to"].to_numpy().copy()
    ends[follows] = np.minimum(ends[follows], last)
    return rows.assign(effective_to=ends)


def _day_before(days: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Give the day before each YYYYMMDD."""
    months = ((days // 10_000 - 1970) * 12 + days // 100 % 100 - 1).astype("datetime64[M]")
    before = months.astype("datetime64[D]") + (days % 100 - 2).astype("timedelta64[D]")
    year = before.astype("datetime64[Y]").astype(np.int64) + 1970
    month = before.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (before - before.astype("datetime64[M]")).astype(np.int64) + 1
    result: npt.NDArray[np.int32] = (year * 10_000 + month * 100 + day).astype(np.int32)
    return result
