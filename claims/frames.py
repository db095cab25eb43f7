"""Frames without rows: a mapping of column to dtype in, a typed empty frame out; joining the parts of a frame; and the
first `seg` that frames have not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

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
