"""Columns that a frame may lack: a frame and a name in, the column or its empty form out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.arrays import IntegerArray


def texts(frame: pd.DataFrame, name: str) -> pd.Series:
    """Give a text column, "" where it is missing."""
    if name not in frame:
        return pd.Series("", index=frame.index, dtype="str")
    return frame[name].fillna("").astype("str")


def integers(frame: pd.DataFrame, name: str) -> pd.Series:
    """Give a column of whole numbers, 0 where it is missing."""
    if name not in frame:
        return pd.Series(0, index=frame.index, dtype="int64")
    return frame[name].fillna(0).astype("int64")


def optional_cents(cents: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]) -> IntegerArray:
    """Give cents where they are known, nothing elsewhere."""
    return IntegerArray(np.array(cents, dtype=np.int64), ~known)
