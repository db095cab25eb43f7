"""Rows of two frames in; which row of the one is which of the other, out: by one set of columns after another."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def paired(a: pd.DataFrame, b: pd.DataFrame, passes: Sequence[Sequence[str]], *, named: str = "") -> pd.DataFrame:
    """Pair rows that agree in the columns of the first pass, then of what is left those of the second, and so on.

    Rows that are alike in all columns of a pass pair in the order in which they come. A pass with the column `named`
    leaves rows out in which it is empty. Returns the index values of both, `a` and `b`, in the order of `a`.
    """
    found = [pd.DataFrame({"a": [], "b": []}, dtype="int64")]
    left, right = a, b
    for columns in passes:
        keys = list(columns)
        both = [frame[frame[named] != ""] if named in keys else frame for frame in (left, right)]
        if not len(both[0]) or not len(both[1]):
            continue
        one, other = (_numbered(frame, keys) for frame in both)
        pairs = one.merge(other, on=[*keys, _PLACE], suffixes=("_a", "_b"))[[f"{_ROW}_a", f"{_ROW}_b"]]
        found.append(pairs.set_axis(["a", "b"], axis=1))
        left, right = left.drop(found[-1]["a"]), right.drop(found[-1]["b"])
    return pd.concat(found).sort_values("a", ignore_index=True)


_PLACE, _ROW = "(place)", "(row)"


def _numbered(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Count equal rows, and remember which row each was."""
    found = frame[keys].copy()
    found[_PLACE] = frame.groupby(keys, dropna=False).cumcount()
    found[_ROW] = frame.index
    return found
