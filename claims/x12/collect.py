"""Columns of many windows in, one data frame per kind of row out, with the dtypes that docs/frames.md promises."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from claims import frames
from claims.x12.layout import frame_kinds

_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
_NUMBERS = {"int": np.int64, "cents": np.int64, "milli": np.int64, "date": np.int32, "flag": np.bool_}


@cache
def _empty(name: str) -> pd.DataFrame:
    return frames.empty(frame_kinds()[name])


def frame_names() -> list[str]:
    """Return the names of all frames but the findings; names in brackets are for the reader's own use."""
    return [name for name in frame_kinds() if not name.startswith("(")]


class Collector:
    """Parts of frames, in order of arrival."""

    def __init__(self) -> None:
        self._parts: dict[str, list[dict[str, Any]]] = {}

    def add(self, frame: str, columns: dict[str, Any]) -> None:
        """Add rows to a frame, as one array per column; one number stands for a column of equal ones."""
        self._parts.setdefault(frame, []).append(columns)

    def add_rows(self, frame: str, rows: list[dict[str, Any]]) -> None:
        """Add rows to a frame, as mappings; for the few rows of an envelope."""
        if rows:
            self.add(frame, {name: [row[name] for row in rows] for name in frame_kinds()[frame]})

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return all frames; one without rows has its columns all the same."""
        return {name: self._frame(name) for name in frame_names()}

    def _frame(self, name: str) -> pd.DataFrame:
        parts = self._parts.get(name)
        if not parts:
            return _empty(name).copy(deep=False)
        kinds = frame_kinds()[name]
        counts = [len(part["seg"]) for part in parts]
        columns = {column: _joined(kind, [part[column] for part in parts], counts) for column, kind in kinds.items()}
        frame = pd.DataFrame(columns, copy=False)
        seg = columns["seg"]
        if (seg[1:] < seg[:-1]).any():
            frame = frame.sort_values("seg", kind="stable", ignore_index=True)
        return frame


def _joined(kind: str, values: list[Any], counts: list[int]) -> Any:
    if kind in ("text", "code"):
        arrays = [value if isinstance(value, pa.Array) else pa.array(value, pa.large_string()) for value in values]
        return pd.arrays.ArrowStringArray(pa.chunked_array(arrays, pa.large_string()), dtype=_TEXT)  # type: ignore[call-arg]
    if kind.endswith("?"):
        parts = [_optional(kind, value) for value in values]
        if len(parts) == 1:
            return parts[0]
        data = np.concatenate([part._data for part in parts])
        return type(parts[0])(data, np.concatenate([part._mask for part in parts]))
    if len(values) == 1 and isinstance(values[0], np.ndarray):
        return np.asarray(values[0], _NUMBERS[kind])
    found: Any = np.empty(sum(counts), _NUMBERS[kind])
    end = 0
    for value, count in zip(values, counts, strict=True):
        begin, end = end, end + count
        found[begin:end] = value
    return found


def _optional(kind: str, value: Any) -> Any:
    return value if hasattr(value, "dtype") else pd.array(value, dtype=frames.DTYPES[kind])
