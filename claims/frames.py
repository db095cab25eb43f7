"""Frames without rows: a mapping of column to dtype in, a typed empty frame out; frames of arrays that are there;
joining the parts of a frame; and the first `seg` that frames have not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.internals import create_dataframe_from_blocks  # type: ignore[import-not-found]

DTYPES = {
    "int": "int64",
    "cents": "int64",
    "cents?": "Int64",
    "milli": "int64",
    "milli?": "Int64",
    "date": "int32",
    "flag": "bool",
    "flag?": "boolean",
    "text": "str",
    "code": "str",
}


def empty(kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame without rows; `kinds` names each column's kind, a key of `DTYPES`."""
    return pd.DataFrame({name: pd.Series([], dtype=DTYPES[kind]) for name, kind in kinds.items()})


def of_arrays(arrays: Mapping[str, Any], count: int) -> pd.DataFrame:
    """Make a frame of `count` rows of columns that are there: NumPy's or pandas' arrays, which it takes as they are.

    What `pd.DataFrame(arrays, copy=False)` gives, in a quarter of its time: each column is a block of its own, and
    frames with the same columns share the index of their names, which is slow to make and to look things up in anew.
    """
    blocks = [
        (array.reshape(1, -1) if isinstance(array, np.ndarray) else array, np.array([at]))
        for at, array in enumerate(map(_plain, arrays.values()))
    ]
    frame: pd.DataFrame = create_dataframe_from_blocks(blocks, pd.RangeIndex(count), _index(tuple(arrays)))
    return frame


def _plain(array: Any) -> Any:
    """NumPy's array in the place of pandas' wrapper around one (`Series.array`), which no block may hold."""
    return array.to_numpy() if isinstance(array, pd.arrays.NumpyExtensionArray) else array


@lru_cache(2_000)
def _index(names: tuple[str, ...]) -> pd.Index[Any]:
    return pd.Index(list(names), dtype="str")


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the parts of one frame under each other; at least one part, all with the same columns."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return parts[0]
    return filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)


def next_seg(frames: Mapping[str, pd.DataFrame]) -> int:
    """Return a `seg` above all that rows of these frames have or point at, so that no row is taken for a new one's."""
    filled = [rows for rows in frames.values() if len(rows)]
    keys = [rows[name] for rows in filled for name in rows.columns if name == "seg" or str(name).endswith("_seg")]
    return 1 + max((int(values.max()) for values in keys), default=0)
