"""The frames of one part in; their columns as arrays out: numbers, and texts as places in a list of distinct ones."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from claims.x12.file import X12File
from claims.x12.numbers import Flags, Integers

# The reader takes such an amount as 0 and holds its set: no sum that it stands in is judged here.
_UNREADABLE = ("amount-not-readable", "amount-missing")


class Coded(NamedTuple):
    """A column of texts: the distinct `values`, and for each row its place among them."""

    at: Integers
    values: list[str]

    def are(self, wanted: Collection[str] | Callable[[str], bool]) -> Flags:
        """Tell which rows hold a wanted text; each distinct one is asked about once."""
        test = wanted if callable(wanted) else wanted.__contains__
        return np.fromiter((test(value) for value in self.values), np.bool_, len(self.values))[self.at]

    def each(self, value_of: Callable[[str], int]) -> Integers:
        """Return a number for each row that depends on its text only."""
        return np.fromiter((value_of(value) for value in self.values), np.int64, len(self.values))[self.at]

    def texts(self, rows: Integers) -> list[str]:
        """Return the texts of some rows."""
        return [self.values[place] for place in self.at[rows].tolist()]


class Place(NamedTuple):
    """Where some findings are: their set, segment and first byte."""

    transaction_seg: Integers
    seg: Integers
    offset: Integers


class Part:
    """The columns of one part of a file, each read once however many rules ask for it."""

    def __init__(self, file: X12File) -> None:
        self.file = file
        self._numbers: dict[tuple[str, str], Integers] = {}
        self._coded: dict[tuple[str, str], Coded] = {}
        self._rows: dict[tuple[str, str, str], Integers] = {}

    def count(self, frame: str) -> int:
        """Return the number of rows of a frame."""
        return len(self.file.frames[frame])

    def numbers(self, frame: str, column: str) -> Integers:
        """Return a column of numbers that are never absent."""
        key = (frame, column)
        if key not in self._numbers:
            self._numbers[key] = np.asarray(self.file.frames[frame][column].to_numpy())
        return self._numbers[key]

    def optional(self, frame: str, column: str) -> tuple[Integers, Flags]:
        """Return a column of numbers, 0 where absent, and where they are there."""
        column_of = self.file.frames[frame][column]
        return column_of.to_numpy("int64", na_value=0), column_of.notna().to_numpy()

    def arrow(self, frame: str, column: str) -> Any:
        """Return a column of texts as Arrow holds it."""
        found = pa.array(self.file.frames[frame][column])
        return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])

    def coded(self, frame: str, column: str) -> Coded:
        """Return a column of texts."""
        key = (frame, column)
        if key not in self._coded:
            self._coded[key] = coded(self.arrow(frame, column))
        return self._coded[key]

    def rows(self, child: str, column: str, parent: str) -> Integers:
        """Return for each row of `child` the row of `parent` whose `seg` stands in `column`, -1 for none."""
        key = (child, column, parent)
        if key not in self._rows:
            self._rows[key] = matches(self.numbers(parent, "seg"), self.numbers(child, column))
        return self._rows[key]

    def place(self, frame: str, rows: Integers) -> Place:
        """Return where some rows of a frame are."""
        return Place(*(self.numbers(frame, column)[rows] for column in ("transaction_seg", "seg", "offset")))

    def child(self, child: str, column: str, chosen: Flags, parent: str, rows: Integers) -> tuple[Place, Flags]:
        """Return where the first `chosen` row of `child` is under each row of `parent`, and whether there is one.

        Where there is none the place is that of the parent.
        """
        own = np.flatnonzero(chosen)
        owners, first = np.unique(self.numbers(child, column)[own], return_index=True)
        place, asked = self.place(parent, rows), self.numbers(parent, "seg")[rows]
        if not len(own):
            return place, np.zeros(len(rows), np.bool_)
        at = np.minimum(np.searchsorted(owners, asked), len(owners) - 1)
        found = owners[at] == asked
        theirs = self.place(child, own[first[at]])
        return Place(*(np.where(found, one, other) for one, other in zip(theirs, place, strict=True))), found

    def segment_ids(self, segs: Integers) -> list[str]:
        """Return the ids of some segments of this part."""
        rows = np.searchsorted(self.numbers("segments", "seg"), segs)
        return self.file.frames["segments"]["segment_id"].iloc[rows].tolist()

    @property
    def unreadable_segs(self) -> Integers:
        """Return the segments with an amount that could not be read, each as often as it has one."""
        found = self.file.findings
        return np.asarray(found.loc[found["code"].isin(_UNREADABLE), "seg"].to_numpy())

    def unreadable(self, parent: str) -> Flags:
        """Tell which rows of `claims` or `claim_payments` hold an amount that could not be read."""
        segs = self.unreadable_segs
        flags = np.zeros(self.count(parent) + 1, np.bool_)
        flags[np.searchsorted(self.numbers(parent, "seg"), segs, side="right") - 1] = True
        return flags[:-1]


def coded(texts: Any) -> Coded:
    """Number the distinct texts of an Arrow column."""
    found = texts.dictionary_encode().combine_chunks()
    if isinstance(found, pa.ChunkedArray):  # one without any chunk
        return Coded(np.zeros(0, np.int64), [])
    return Coded(found.indices.to_numpy(zero_copy_only=False), found.dictionary.to_pylist())


def matches(keys: Integers, wanted: Integers) -> Integers:
    """Return the row of each wanted key in ascending `keys`, -1 for none; children of one parent stand together."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1, np.int64)
    starts = np.flatnonzero(np.concatenate(([True], wanted[1:] != wanted[:-1])))
    own = wanted[starts]
    row = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
    row = np.where(keys[row] == own, row, -1)
    return np.repeat(row, np.diff(np.append(starts, len(wanted))))


def last_before(parents: Integers, parent_owner: Integers, children: Integers, child_owner: Integers) -> Integers:
    """Return the row of the last parent before each child that has the same owner, -1 for none; all are `seg`."""
    if not len(parents):
        return np.full(len(children), -1, np.int64)
    row = np.searchsorted(parents, children) - 1
    return np.where((row >= 0) & (parent_owner[row] == child_owner), row, -1)
