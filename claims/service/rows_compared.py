"""Two frames of the same rows: what a file says and what stands in the books; the first difference in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

# Of a pair, the column that the books have.
BOOKS = "|books"
_NUMBERS = ("seg", "claim_seg", "ordinal")  # so that rows come in order of the file


class Difference(NamedTuple):
    """Where a table differs from its file: the address, and in words what does; no text of the file is quoted."""

    seg: int
    offset: int
    says: str


def compare(table: str, told: pd.DataFrame, stored: pd.DataFrame, key: Sequence[str]) -> Iterator[Difference]:
    """Yield differences between `told` (what the file says) and `stored`, a row each, in order of the file.

    Rows are paired by `key`; columns that only one of the two has are not compared. Cents are shown, other values not.
    """
    columns = [name for name in told.columns if name in stored.columns and name not in key]
    if len(told) == len(stored) and Counter(_rows(told, [*key, *columns])) == Counter(_rows(stored, [*key, *columns])):
        return  # as almost always
    told, stored = (_plain(rows, [*key, *columns]) for rows in (told, stored))
    for rows in (told, stored):
        rows["_again"] = rows.groupby(list(key)).cumcount()
    both = told.merge(stored, on=[*key, "_again"], how="outer", suffixes=("", BOOKS), indicator=True)
    pair = (both["_merge"] == "both").to_numpy()
    differs = {name: pair & (both[name] != both[name + BOOKS]).to_numpy() for name in columns}
    wrong = both[np.logical_or.reduce([~pair, *differs.values()])].sort_values(list(key), kind="stable")
    for label, row in zip(wrong.index.tolist(), wrong.to_dict("records"), strict=True):
        side = BOOKS if row["_merge"] == "right_only" else ""
        place = int(row["_seg" + side]), int(row["_offset" + side])
        if row["_merge"] == "left_only":
            yield Difference(*place, f"the row of {table} is missing")
        elif side:
            yield Difference(*place, f"a row of {table} that the file does not have")
        else:
            names = [name for name in columns if differs[name][label]]
            yield Difference(*place, f"{table}, {' and '.join(_shown(name, row) for name in names)}")


def _rows(rows: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give each row as texts, nothing as ""."""
    listed = ([_text(value) for value in rows[name].tolist()] for name in names)
    return zip(*listed, strict=True)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return str(int(value))
    return "" if pd.isna(value) else str(value)


def _shown(name: str, row: dict[Hashable, object]) -> str:
    if name.endswith("_cents"):
        return f"{name} is {row[name + BOOKS] or 'empty'}, the file says {row[name] or 'nothing'}"
    return f"{name} is not what the file says"


def _plain(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Give all columns one form, numbers as texts and nothing as "", with the address of each row."""
    plain = {}
    for name in names:
        values = rows[name]
        if pd.api.types.is_bool_dtype(values.dtype):
            values = values.astype("int64")
        texts = values.astype("string").fillna("").str.replace("\0", "\ufffd", regex=False)
        plain[name] = texts.astype("object") if name not in _NUMBERS else values.astype("int64")
    for name in ("seg", "offset"):
        plain[f"_{name}"] = rows[name].astype("int64") if name in rows else pd.Series(0, index=rows.index)
    return pd.DataFrame(plain).reset_index(drop=True)
