"""Frames without rows: a mapping of column to dtype in, a typed empty frame out; and joining the parts of a frame."""

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
