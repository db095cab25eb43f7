"""Seeded chance that knows no order: text columns in, 64-bit keys out; the same key draws the same, in any order."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Keys = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

_BETWEEN = "\x1f"  # stands in no text of a claim


def keys(*columns: pd.Series[Any], seed: int = 0) -> Keys:
    """Give the key of each row of text or whole-number columns; the same texts have the same key everywhere."""
    text, *others = (column.astype("str").reset_index(drop=True) for column in columns)
    for other in others:
        text = text + _BETWEEN + other
    hashed = pd.util.hash_array(text.to_numpy(object), hash_key=f"{seed % 10**16:016d}")
    return np.asarray(hashed, np.uint64)


def draws(key: Keys, purpose: str, below: int) -> Integers:
    """Draw from 0 up to `below` for each key; each purpose draws by itself."""
    salt = zlib.crc32(purpose.encode()) * 0x9E3779B97F4A7C15 % 2**64
    mixed = key ^ np.uint64(salt)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed % np.uint64(below), np.int64)
