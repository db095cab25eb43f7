"""Frames in; a FrameError out where a value cannot be written as it is: cut, padded or left out it would say otherwise.

The error names frame, column and the first such row (from 1), never the value.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.errors import FrameError, UsageError
from claims.x12.numbers import Flags, Integers
from claims.x12.write_pieces import TEXT, Texts

_TO_MONTH, _TO_YEAR = 100, 10_000


class FrameValueError(FrameError, UsageError):
    """A value of a frame cannot be written as it is; `row` counts from 1."""

    def __init__(self, frame: str, column: str, row: int, problem: str) -> None:
        super().__init__(frame, column, f"row {row} {problem}")
        self.row = row


class _Limit(NamedTuple):
    frame: str
    column: str
    least: int
    most: int
    form: str

    @property
    def problem(self) -> str:
        size = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        return f"does not hold {size} {self.form or 'characters'}"


@cache
def _limits() -> tuple[_Limit, ...]:
    text = resources.files("claims.x12").joinpath("write_limits.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(
        _Limit(row["frame"], row["column"], int(row["least"]), int(row["most"]), row["form"]) for row in rows
    )  # fmt: skip


def refuse(name: str, column: str, is_bad: Flags, problem: str) -> None:
    """Raise for the first bad row, if there is any."""
    if is_bad.any():
        raise FrameValueError(name, column, int(np.flatnonzero(is_bad)[0]) + 1, problem)


def refuse_sizes(name: str, frame: pd.DataFrame) -> None:
    """Refuse identifiers and numbers that have another size than their element; one that is empty is not there."""
    for limit in _limits():
        if limit.frame != name or limit.column not in frame:
            continue
        texts = _texts(frame[limit.column])
        size = np.asarray(pc.utf8_length(texts), np.int64)
        is_bad = (size > 0) & ((size < limit.least) | (size > limit.most))
        if limit.form:
            is_bad |= (size > 0) & ~np.asarray(pc.match_substring_regex(texts, "^[0-9]*$"), np.bool_)
        refuse(name, limit.column, is_bad, limit.problem)


def refuse_missing(name: str, column: str, frame: pd.DataFrame) -> None:
    """Refuse an amount that is needed and not there."""
    if column.endswith("_cents"):
        refuse(name, column, frame[column].isna().to_numpy(np.bool_), "holds no amount")


def refuse_no_days(name: str, column: str, days: Integers) -> None:
    """Refuse what is neither a day (YYYYMMDD) nor 0."""
    year, month, day = days // _TO_YEAR, days // _TO_MONTH % _TO_MONTH, days % _TO_MONTH
    is_whole = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(is_whole, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    length = ((months + np.timedelta64(1, "M")).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(
        np.int64
    )
    refuse(name, column, (days != 0) & ~(is_whole & (day <= length)), "holds no day (YYYYMMDD)")


def _texts(series: pd.Series) -> Texts:
    return pa.array([str(value).strip() for value in series.astype("object").where(series.notna(), "")], TEXT)
