"""A frame in; its columns as arrays out: numbers, and texts as places in a list of distinct ones.

A column or frame that is not there is all empty: an edit says nothing of what nobody could tell it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Coded(NamedTuple):
    """A column of texts: the distinct `values`, and for each row its place among them."""

    at: Integers
    values: list[str]

    def are(self, wanted: Collection[str] | Callable[[str], bool]) -> Flags:
        """Tell which rows hold a wanted text; each distinct one is asked about once."""
        test = wanted if callable(wanted) else wanted.__contains__
        found: Flags = np.fromiter((test(value) for value in self.values), np.bool_, len(self.values))
        return found[self.at]

    def each(self, value_of: Callable[[str], int]) -> Integers:
        """Return a number for each row that depends on its text only."""
        return np.fromiter((value_of(value) for value in self.values), np.int64, len(self.values))[self.at]

    def texts(self, rows: Integers) -> list[str]:
        """Return the texts of some rows."""
        return [self.values[place] for place in self.at[rows].tolist()]

    def take(self, rows: Integers) -> Coded:
        """Return some rows; row -1 is empty."""
        return Coded(np.append(self.at, len(self.values))[rows], [*self.values, ""])


class Table:
    """The columns of one frame, each read once however many edits ask for it."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self._coded: dict[str, Coded] = {}
        self._numbers: dict[str, Integers] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def __contains__(self, column: str) -> bool:
        return column in self.frame

    def arrow(self, column: str) -> Any:
        """Return a column of texts as Arrow holds it, in one piece."""
        values = self.frame[column]
        if values.dtype != "str":  # a number that is also a name, as LX01
            values = values.astype("object").where(values.notna(), "").astype("str")
        found = pa.array(values, type=pa.large_string())
        if isinstance(found, pa.ChunkedArray):
            return found.combine_chunks() if found.num_chunks != 1 else found.chunk(0)
        return found

    def coded(self, column: str) -> Coded:
        """Return a column of texts."""
        if column not in self._coded:
            if column in self.frame and len(self):
                found = self.arrow(column).dictionary_encode()
                at = found.indices.to_numpy(zero_copy_only=False).astype(np.int64)
                self._coded[column] = Coded(at, found.dictionary.to_pylist())
            else:
                self._coded[column] = Coded(np.zeros(len(self), np.int64), [""])
        return self._coded[column]

    def is_filled(self, column: str) -> Flags:
        """Tell which rows have a text."""
        return ~self.coded(column).are(("",))

    def numbers(self, column: str) -> Integers:
        """Return a column of numbers, 0 where absent."""
        if column not in self._numbers:
            if column in self.frame:
                self._numbers[column] = self.frame[column].to_numpy("int64", na_value=0)
            else:
                self._numbers[column] = np.zeros(len(self), np.int64)
        return self._numbers[column]

    def is_there(self, column: str) -> Flags:
        """Tell which rows have a number, be it 0."""
        if column not in self.frame:
            return np.zeros(len(self), np.bool_)
        return self.frame[column].notna().to_numpy(np.bool_)


def matches(keys: Integers, wanted: Integers) -> Integers:
    """Return the row of each wanted key among `keys`, which are distinct; -1 for none."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    row = order[at]
    return np.where(keys[row] == wanted, row, -1)


def sums(owners: Integers, values: Integers, count: int) -> Integers:
    """Add integers up by owner (0 to `count` - 1, -1 for none), exactly."""
    total = np.zeros(count + 1, np.int64)
    np.add.at(total, owners, values)
    return total[:count]


def counts(owners: Integers, count: int) -> Integers:
    """Count rows by owner, -1 for none."""
    return np.bincount(owners[owners >= 0], minlength=count).astype(np.int64)


def some(owners: Integers, count: int) -> Flags:
    """Tell which owners have a row."""
    return counts(owners, count) > 0


def numbered(parts: Sequence[Coded]) -> Integers:
    """Give rows that agree in several columns one number."""
    at = np.zeros(len(parts[0].at), np.int64)
    size = 1
    for part in parts:
        if size > 1 << 32:  # before the product leaves int64
            at, distinct = pd.factorize(at)
            size = len(distinct)
        at = at * max(len(part.values), 1) + part.at
        size *= max(len(part.values), 1)
    return np.asarray(pd.factorize(at)[0], np.int64)


def together(parts: Sequence[Coded]) -> tuple[Integers, list[tuple[str, ...]]]:
    """Number the distinct combinations of several columns: the number of each row, and the combinations."""
    at = numbered(parts)
    _, row = np.unique(at, return_index=True)
    return at, list(zip(*(part.texts(row) for part in parts), strict=True))


def places(owner: Integers) -> Integers:
    """Number the rows of each owner in their order, from 1."""
    order = np.argsort(owner, kind="stable")
    own = owner[order]
    starts = np.flatnonzero(np.append(True, own[1:] != own[:-1])) if len(own) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(own)))
    place = np.zeros(len(owner), np.int64)
    place[order] = np.arange(len(own)) - np.repeat(starts, lengths) + 1
    return place
