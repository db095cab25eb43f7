"""Hierarchy of an 837: HL rows of a window in; who each claim's biller, subscriber and patient are, out.

Parents come from HL02. What later windows may still ask for is carried: every billing level, the subscribers that have
dependents, and the last level of each set; of all others only number and `seg`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from claims.x12.extract import Extract
from claims.x12.numbers import Flags, Integers, Words, no_values, pack
from claims.x12.segments import CODES
from claims.x12.window import Window

_BILLING, _SUBSCRIBER, _PATIENT, _YES = (np.uint64(pack(code)) for code in ("20", "22", "23", "1"))
# How many levels above a claim's own one are looked for: patient, subscriber, billing provider.
_DEPTH = 3


@dataclass
class _Keys:
    """The numbers of HL rows, in file order: whose they are, and HL01 to HL04 as words."""

    seg: Integers
    transaction_seg: Integers
    number: Words
    parent: Words
    level: Words
    child: Words

    def parts(self) -> list[Any]:
        return [self.seg, self.transaction_seg, self.number, self.parent, self.level, self.child]


def _no_keys() -> _Keys:
    none, nothing = np.zeros(0, np.int64), np.zeros(0, np.uint64)
    return _Keys(none, none, nothing, nothing, nothing, nothing)


class Levels:
    """The levels of the open transaction set that claims may still refer to, with what is known of each."""

    def __init__(self) -> None:
        self._keys = _no_keys()
        self._known: dict[str, Any] = {}
        self._parent: Integers = np.zeros(0, np.int64)

    def enter(self, window: Window, found: Extract | None) -> None:
        """Take the HL rows of a window in."""
        rows = window.rows.of(CODES["HL"])
        values = [window.rows.values(CODES["HL"], element) or no_values(len(rows)) for element in (1, 2, 3, 4)]
        new = [window.seg(rows), window.owners.seg_of(rows), *(one.code for one in values)]
        self._keys = _Keys(*(np.concatenate(pair) for pair in zip(self._keys.parts(), new, strict=True)))
        if found is not None:
            for name, values in found.columns.items():
                before = self._known.get(name)
                if isinstance(values, pa.Array):
                    self._known[name] = values if before is None else pa.concat_arrays([before, values])
                else:
                    self._known[name] = values if before is None else np.concatenate([before, values])
        self._parent = _parents(self._keys)

    def parent_seg(self, segs: Integers) -> Integers:
        """Return the `seg` of the parent of each HL, 0 for none."""
        return self.segs(self._parent[np.searchsorted(self._keys.seg, segs)])

    def ancestors(self, claim_seg: Integers, transaction_seg: Integers) -> tuple[Integers, Integers, Integers]:
        """Return for each claim the rows of its billing provider, subscriber and patient levels, -1 for none."""
        keys = self._keys
        row = np.searchsorted(keys.seg, claim_seg) - 1
        if not len(keys.seg):
            return row, row, row
        row = np.where((row >= 0) & (keys.transaction_seg[row] == transaction_seg), row, -1)
        found = []
        wanted = {code: np.full(len(row), -1, np.int64) for code in (_BILLING, _SUBSCRIBER, _PATIENT)}
        for _ in range(_DEPTH):
            here = row >= 0
            for code, rows in wanted.items():
                take: Flags = here & (keys.level[row] == code) & (rows < 0)
                rows[take] = row[take]
            row = np.where(here, self._parent[row], -1)
        found = list(wanted.values())
        return found[0], found[1], np.where(found[2] >= 0, found[2], found[1])

    def rows(self, segs: Integers) -> Integers:
        """Return the rows of levels by their `seg`, which is there or 0; -1 for 0."""
        return np.where(segs > 0, np.searchsorted(self._keys.seg, segs), -1)

    def text(self, name: str, rows: Integers) -> pa.Array:
        """Return a text of each row; `""` for row -1."""
        nothing = pa.array([""], pa.large_string())
        known = self._known.get(name)
        padded = nothing if known is None else pa.concat_arrays([known, nothing])
        return padded.take(pa.array(np.where(rows >= 0, rows, len(padded) - 1)))

    def date(self, name: str, rows: Integers) -> Integers:
        """Return a date of each row; 0 for row -1."""
        return np.append(self._known.get(name, np.zeros(0, np.int32)), np.int32(0))[rows]

    def segs(self, rows: Integers) -> Integers:
        """Return the `seg` of each row; 0 for row -1."""
        return np.append(self._keys.seg, 0)[rows]

    def leave(self, open_seg: int) -> None:
        """Let go of everything that no later window can ask for; `open_seg` is the set still open, 0 for none."""
        keys = self._keys
        if not len(keys.seg):
            return
        mine = keys.transaction_seg == open_seg
        latest = _next_of_level(keys) == len(keys.seg)
        keep = mine & ((keys.level == _BILLING) | (keys.child == _YES) | latest)
        if keep.all():
            return
        self._keys = _Keys(*(part[keep] for part in keys.parts()))
        for name, values in self._known.items():
            self._known[name] = values.filter(pa.array(keep)) if isinstance(values, pa.Array) else values[keep]
        self._parent = _parents(self._keys)


def _names(*columns: Any) -> Integers:
    """Number the distinct combinations of equally long columns."""
    name = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        place, distinct = pd.factorize(column)
        name = name * (len(distinct) + 1) + place
    return name


def _next_of_level(keys: _Keys) -> Integers:
    """Return the row of the next HL with the same level in the same set, or the number of rows."""
    count = len(keys.seg)
    name = _names(keys.transaction_seg, keys.level)
    order = np.argsort(name, kind="stable")
    following = np.full(count, count, np.int64)
    same = name[order[:-1]] == name[order[1:]]
    following[order[:-1][same]] = order[1:][same]
    return following


def _parents(keys: _Keys) -> Integers:
    """Return the row of each level's parent, -1 for none.

    It is the last level before it in its set with the number of HL02. That one must be a billing level, say that it has
    children, or be the last of its level so far: so the answer never depends on where a window was cut.
    """
    count = len(keys.seg)
    if not count:
        return np.zeros(0, np.int64)
    sets = np.concatenate([keys.transaction_seg, keys.transaction_seg])
    names = _names(sets, np.concatenate([keys.number, keys.parent]))
    own, asked = names[:count], names[count:]
    order = np.argsort(own, kind="stable")
    row = np.arange(count)
    place = np.searchsorted(own[order] * count + order, asked * count + row)
    before = order[np.maximum(place - 1, 0)]
    good = (place > 0) & (own[before] == asked) & (before < row) & (keys.parent != 0)
    open_still = (keys.level[before] == _BILLING) | (keys.child[before] == _YES) | (_next_of_level(keys)[before] >= row)
    return np.where(good & open_still, before, -1)
