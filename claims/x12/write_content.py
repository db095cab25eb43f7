"""The frames to be written in; the columns of each, and its rows by the row that they belong to, out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.errors import FrameError
from claims.x12.numbers import Integers
from claims.x12.write_columns import Columns, Frames, Style


class Content:
    """What is to be written; the columns of a frame are cleaned once, whoever asks for them."""

    def __init__(self, frames: Frames, style: Style | None = None) -> None:
        """Take frames as docs/frames.md describes them."""
        self.frames, self.style = frames, style or Style()
        self._columns: dict[str, Columns] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.frames

    def columns(self, name: str) -> Columns:
        """Give all rows of a frame; none when it is not there."""
        if name not in self._columns:
            self._columns[name] = Columns(name, self.frames.get(name, pd.DataFrame()), self.style)
        return self._columns[name]

    def children(self, name: str, owner: str, keys: Integers, *, optional: bool = True) -> tuple[Columns, Integers]:
        """Give the rows of frame `name` whose `owner` is among `keys`, ordered by owner, with the owner's number."""
        columns = self.columns(name)
        if not optional and name not in self.frames:
            raise FrameError(name, owner, "the frame is needed to write this set")
        if not len(columns):
            return columns, np.zeros(0, np.int64)
        if owner not in columns:
            raise FrameError(name, owner, "the column is needed to write this set")
        if not (keys[1:] > keys[:-1]).all() and len(np.unique(keys)) < len(keys):
            raise FrameError(name, owner, "may name rows that are there more than once: their seg is the same")
        number, seg = positions(keys, columns.integers(owner)), columns.integers("seg")
        if (number[0] >= 0) and (number[1:] >= number[:-1]).all() and (seg[1:] >= seg[:-1]).all():
            return columns, number
        kept = np.flatnonzero(number >= 0)
        order = kept[np.lexsort((seg[kept], number[kept]))]
        return columns.at(order), number[order]

    def matching(self, name: str, column: str, keys: Integers) -> Columns:
        """Give the first row of a frame for each key, one without anything where there is none; 0 is nobody's."""
        columns = self.columns(name)
        found, first = np.unique(columns.integers(column), return_index=True)
        place = np.where(keys > 0, positions(found, keys), -1)
        return columns.at(np.where(place >= 0, np.append(first, 0)[place], -1))


def positions(keys: Integers, values: Integers) -> Integers:
    """Give the place of each value among `keys`, which are all different, -1 where it is not there."""
    if not len(keys):
        return np.full(len(values), -1, np.int64)
    if (keys[1:] > keys[:-1]).all():
        place = np.minimum(np.searchsorted(keys, values), len(keys) - 1)
        return np.where(keys[place] == values, place, -1)
    return pd.Index(keys).get_indexer(pd.Index(values)).astype(np.int64)
