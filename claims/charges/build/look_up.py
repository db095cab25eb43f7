"""Master data as building asks for it, a row for each key on its day; and filling in what a frame leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np
import pandas as pd

Frames = Mapping[str, pd.DataFrame]


class LookUp(Protocol):
    """What building needs of master data."""

    def look_up(self, kind: str, keys: pd.DataFrame, days: pd.Series) -> pd.DataFrame:
        """Give for each row of `keys` the row of `kind` in force on its day (YYYYMMDD), empty where none is."""
        ...

    def rows(self, kind: str) -> pd.DataFrame:
        """Give all rows of a kind, with effective_from and effective_to."""
        ...


def rows_for(master: LookUp, kind: str, key: str, values: pd.Series, days: pd.Series) -> pd.DataFrame:
    """Look each distinct (value, day) up once; give a row for each value, with its index."""
    asked = pd.DataFrame({key: values.to_numpy(), "day": days.to_numpy()}).astype({key: "str"})
    codes, _ = pd.factorize(asked[key] + "\x1f" + asked["day"].astype("str"))
    first = np.flatnonzero(~pd.Series(codes).duplicated().to_numpy())
    distinct = asked.iloc[first].reset_index(drop=True)
    found = master.look_up(kind, distinct[[key]], distinct["day"]).reset_index(drop=True)
    result = found.iloc[codes]
    result.index = values.index
    return result


def text(rows: pd.DataFrame, column: str) -> pd.Series:
    """Give a column of text; empty where the frame does not have it."""
    return rows[column] if column in rows else pd.Series("", index=rows.index, dtype="str")


def filled_in(rows: pd.DataFrame, values: Mapping[str, pd.Series], *, where: pd.Series | None = None) -> pd.DataFrame:
    """Fill texts in where all of `values`' columns are empty: an address comes whole from one source, or not at all."""
    is_silent = pd.Series(True, index=rows.index) if where is None else where.copy()
    for column in values:
        is_silent &= text(rows, column) == ""
    if not is_silent.any():
        return _with_columns(rows, values)
    changed = {
        column: text(rows, column).where(~is_silent, found.to_numpy()).astype("str") for column, found in values.items()
    }
    return rows.assign(**changed)


def _with_columns(rows: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    missing = [name for name in names if name not in rows]
    return rows.assign(**{name: text(rows, name) for name in missing}) if missing else rows
