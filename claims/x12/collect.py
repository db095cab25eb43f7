"""Columns of many windows in, one data frame per kind of row out, with the dtypes that docs/frames.md promises."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from claims import frames
from claims.x12.layout import frame_kinds
from claims.x12.numbers import Maybe

_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
# Never make room for more than so many times the rows there are.
_MOST = 8
_NUMBERS = {
    "int": np.int64, "cents": np.int64, "milli": np.int64, "date": np.int32, "flag": np.bool_,
    "cents?": np.int64, "milli?": np.int64, "flag?": np.bool_,
}  # fmt: skip


@cache
def _empty(name: str, *, complete: bool) -> pd.DataFrame:
    return frames.empty(frame_kinds(complete=complete)[name])


class Collector:
    """Rows of frames, in order of arrival.

    Numbers are copied to where they stay as they come, while the processor's cache has them: put together at the end,
    they would go through memory twice more.
    """

    def __init__(self, *, complete: bool = False) -> None:
        self._complete = complete
        self._kinds = frame_kinds(complete=complete)
        self._frames: dict[str, _Frame] = {}
        # How much of all that will be collected has been read with the next rows, at a guess.
        self.share = 1.0

    def add(self, frame: str, count: int, columns: dict[str, Any]) -> None:
        """Add rows to a frame: a column is an array, one number for all, or a function that writes it to `out`."""
        if frame not in self._frames:
            self._frames[frame] = _Frame(self._kinds[frame])
        self._frames[frame].add(count, columns, self.share)

    def add_rows(self, frame: str, rows: list[dict[str, Any]]) -> None:
        """Add rows to a frame, as mappings; for the few rows of an envelope."""
        if rows:
            kinds = self._kinds[frame].items()
            self.add(frame, len(rows), {name: _of_list([row[name] for row in rows], kind) for name, kind in kinds})

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return all frames but the findings; one without rows has its columns all the same.

        Names in brackets are for the reader's own use.
        """
        return {
            name: self._frames[name].frame()
            if name in self._frames
            else _empty(name, complete=self._complete).copy(deep=False)
            for name in self._kinds
            if not name.startswith("(")
        }


def _of_list(values: list[Any], kind: str) -> Any:
    if not kind.endswith("?"):
        return values
    return Maybe(np.array([value or 0 for value in values]), np.array([value is None for value in values]))


class _Frame:
    """The columns of one frame: numbers in arrays with room for more, texts as Arrow arrays."""

    def __init__(self, kinds: dict[str, str]) -> None:
        self._kinds = kinds
        self._count = 0
        self._room = 0
        self._numbers: dict[str, Any] = {
            column: np.empty(0, _NUMBERS[kind]) for column, kind in self._kinds.items() if kind in _NUMBERS
        }
        self._missing = {column: np.empty(0, np.bool_) for column, kind in self._kinds.items() if kind.endswith("?")}
        self._texts: dict[str, list[pa.Array]] = {
            column: [] for column, kind in self._kinds.items() if kind not in _NUMBERS
        }

    def add(self, count: int, columns: dict[str, Any], share: float) -> None:
        begin, self._count = self._count, self._count + count
        if self._count > self._room:
            guess = int(self._count / share * 1.05)
            self._make_room(min(max(self._count, guess), self._count * _MOST), begin)
        here = slice(begin, self._count)
        for column, found in self._numbers.items():
            value = columns[column]
            if column in self._missing:
                found[here], self._missing[column][here] = value
            elif callable(value):
                value(out=found[here])
            else:
                found[here] = value
        for column, texts in self._texts.items():
            value = columns[column]
            texts.append(value if isinstance(value, pa.Array) else pa.array(value, pa.large_string()))

    def _make_room(self, room: int, filled: int) -> None:
        self._room = room
        for arrays in (self._numbers, self._missing):
            for column, before in arrays.items():
                arrays[column] = np.empty(room, before.dtype)
                arrays[column][:filled] = before[:filled]

    def frame(self) -> pd.DataFrame:
        columns = {column: self._column(column, kind) for column, kind in self._kinds.items()}
        frame = frames.of_arrays(columns, self._count)
        seg = self._numbers["seg"][: self._count]
        if (seg[1:] < seg[:-1]).any():
            frame = frame.sort_values("seg", kind="stable", ignore_index=True)
        return frame

    def _column(self, column: str, kind: str) -> Any:
        if column in self._texts:
            texts = pa.chunked_array(self._texts[column], pa.large_string())
            return pd.arrays.ArrowStringArray(texts, dtype=_TEXT)  # type: ignore[call-arg]
        found = self._numbers[column][: self._count]
        if column not in self._missing:
            return found
        kind_of = pd.arrays.BooleanArray if kind == "flag?" else pd.arrays.IntegerArray
        return kind_of(found, self._missing[column][: self._count])
