"""Hierarchy of an 837: HL rows of a window in; who each claim's biller, subscriber and patient are, out.

Parents come from HL02. What later windows may still ask for is carried: every billing level, the subscribers that have
dependents, and the last level of each set; of all others only number and `seg`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from claims.x12.extract import Extract
from claims.x12.numbers import Flags, Integers, Words, integers, no_values, pack
from claims.x12.segments import CODES
from claims.x12.texts import Choice
from claims.x12.window import Window

_BILLING, _SUBSCRIBER, _PATIENT, _YES = (np.uint64(pack(code)) for code in ("20", "22", "23", "1"))
# What each kind of level hangs on, by the kind of set.
_ABOVE = {"837": {"22": "20", "23": "22"}, "277CA": {"21": "20", "19": "21", "PT": "19"}}
# A word that is no number is told from numbers by its highest bit, which no ASCII text has.
_NO_NUMBER = np.uint64(1 << 63)
# How many levels above a claim's own one are looked for: patient, subscriber, billing provider.
_DEPTH = 3
# More than the number of any level: eight digits are read.
_NUMBERS = 100_000_000


@dataclass
class _Keys:
    """The numbers of HL rows, in file order: whose they are, HL01 to HL04 as words, and the first two as numbers.

    What is no number of up to eight digits is -1. Words of the first two that are numbers are equal when these are.
    """

    seg: Integers
    transaction_seg: Integers
    number: Words
    parent: Words
    level: Words
    child: Words
    own_number: Integers
    parent_number: Integers

    def parts(self) -> list[Any]:
        words = [self.number, self.parent, self.level, self.child]
        return [self.seg, self.transaction_seg, *words, self.own_number, self.parent_number]

    @property
    def stays_open(self) -> Flags:
        """Tell which levels may have children however far behind them."""
        return np.asarray((self.level == _BILLING) | (self.child == _YES))


def _no_keys() -> _Keys:
    none, nothing = np.zeros(0, np.int64), np.zeros(0, np.uint64)
    return _Keys(none, none, nothing, nothing, nothing, nothing, none, none)


class Levels:
    """The levels of the open transaction set that claims may still refer to, with what is known of each."""

    def __init__(self) -> None:
        self._keys = _no_keys()
        self._known: dict[str, Any] = {}
        self._parent: Integers = np.zeros(0, np.int64)
        self._entered = 0

    def enter(self, window: Window, found: Extract | None) -> None:
        """Take the HL rows of a window in."""
        rows = window.rows.of(CODES["HL"])
        values = [window.rows.values(CODES["HL"], element) or no_values(len(rows)) for element in (1, 2, 3, 4)]
        numbers = [np.where(good, number, -1) for number, good in map(integers, values[:2])]
        named = [_names_of(one.code, number) for one, number in zip(values[:2], numbers, strict=True)]
        new = [window.seg(rows), window.owners.seg_of(rows), *named, *(one.code for one in values[2:]), *numbers]
        self._keys = _Keys(*(np.concatenate(pair) for pair in zip(self._keys.parts(), new, strict=True)))
        if found is not None:
            for name, values in found.columns.items():
                before = self._known.get(name)
                if isinstance(values, pa.Array):
                    # Behind each other without a copy.
                    self._known[name] = pa.chunked_array([values] if before is None else [*before.chunks, values])
                else:
                    self._known[name] = values if before is None else np.concatenate([before, values])
        self._parent = _parents(self._keys)
        self._entered = len(rows)

    def parent_seg(self, segs: Integers) -> Integers:
        """Return the `seg` of the parent of each HL, 0 for none."""
        if len(segs) == self._entered:
            # All that came last, as almost always.
            return self.segs(self._parent[len(self._parent) - len(segs) :])
        return self.segs(self._parent[np.searchsorted(self._keys.seg, segs)])

    def hangs_wrong(self, segs: Integers, set_code: str) -> Flags:
        """Tell which levels hang on one of another kind than the set has above them."""
        rows = np.searchsorted(self._keys.seg, segs)
        above = self._parent[rows]
        level = np.append(self._keys.level, np.uint64(0))
        wrong: Flags = np.zeros(len(segs), np.bool_)
        for kind, wanted in level_above(set_code).items():
            wrong |= (level[rows] == np.uint64(kind)) & (above >= 0) & (level[above] != np.uint64(wanted))
        return wrong

    def open_seg(self, segs: Integers, transaction_seg: Integers) -> Integers:
        """Return the `seg` of the HL that each segment stands in, of an earlier window perhaps; 0 for none."""
        return self.segs(self._before(segs, transaction_seg))

    def _before(self, segs: Integers, transaction_seg: Integers) -> Integers:
        """Return the row of the last HL before each segment in its set, -1 for none."""
        keys = self._keys
        row = np.searchsorted(keys.seg, segs) - 1
        # The last place answers for -1; no segment that is asked for stands in no set.
        return np.where(np.append(keys.transaction_seg, 0).take(row) == transaction_seg, row, -1)

    def ancestors(self, claim_seg: Integers, transaction_seg: Integers) -> tuple[Integers, Integers, Integers]:
        """Return for each claim the rows of its billing provider, subscriber and patient levels, -1 for none."""
        row = self._before(claim_seg, transaction_seg)
        wanted = {code: np.full(len(row), -1, np.int64) for code in (_BILLING, _SUBSCRIBER, _PATIENT)}
        # The last place answers for -1.
        parent, level = np.append(self._parent, -1), np.append(self._keys.level, np.uint64(0))
        for _ in range(_DEPTH):
            here = level.take(row)
            for code, rows in wanted.items():
                np.copyto(rows, row, where=(here == code) & (rows < 0))
            row = parent.take(row)
            if row.max(initial=-1) < 0:
                break
        billing, subscriber, patient = wanted.values()
        return billing, subscriber, np.where(patient >= 0, patient, subscriber)

    def rows(self, segs: Integers) -> Integers:
        """Return the rows of levels by their `seg`, which is there or 0; -1 for 0."""
        return np.where(segs > 0, np.searchsorted(self._keys.seg, segs), -1)

    def choice(self, rows: Integers) -> Choice:
        """Return what takes texts of levels by their rows, -1 for none."""
        return Choice(rows, len(self._keys.seg))

    def text(self, name: str, choice: Choice) -> pa.Array:
        """Return a text of each row of a choice; `""` for row -1."""
        return choice.of(self._known.get(name))

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
        keep = mine & keys.stays_open
        keep[_last_of_levels(keys.level, np.flatnonzero(mine))] = True
        if keep.all():
            return
        self._keys = _Keys(*(part[keep] for part in keys.parts()))
        kept = Choice(np.flatnonzero(keep), len(keep))
        for name, values in self._known.items():
            is_text = isinstance(values, pa.ChunkedArray)
            self._known[name] = pa.chunked_array([kept.of(values)]) if is_text else values[keep]
        self._parent = _parents(self._keys)


@cache
def level_above(set_code: str) -> dict[int, int]:
    """Return the kind of level (HL03, as a word) that each kind hangs on in a set; empty for sets without a rule."""
    kinds = _ABOVE.get("837" if set_code.startswith("837") else set_code, {})
    return {pack(kind): pack(above) for kind, above in kinds.items()}


def _names_of(word: Words, number: Integers) -> Words:
    """Return what tells numbers of levels apart: 01 and 1 are one. 0 for none."""
    own = np.where(word > 0, word | _NO_NUMBER, np.uint64(0))
    return np.where(number >= 0, (number + 1).astype(np.uint64), own)


def _last_of_levels(level: Words, rows: Integers) -> Integers:
    """Return the last of the rows of each level."""
    backwards = rows[::-1]
    _, first = np.unique(level[backwards], return_index=True)
    return backwards[first]


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
    if not len(keys.seg):
        return np.zeros(0, np.int64)
    before, good = _rising(keys) or _any_order(keys)
    good &= keys.parent != 0
    open_still = keys.stays_open.take(before)
    if not (open_still | ~good).all():
        open_still |= _next_of_level(keys).take(before) >= np.arange(len(before))
    return np.where(good & open_still, before, -1)


def _rising(keys: _Keys) -> tuple[Integers, Flags] | None:
    """Return the row of the last level before each one that has the number of its parent, and whether there is one.

    None where the numbers of a set do not rise: almost all do, then no number stands twice and nothing is sorted.
    """
    own = keys.transaction_seg * _NUMBERS + keys.own_number
    if not (own[1:] > own[:-1]).all() or keys.own_number.min() < 0:
        return None
    row = np.searchsorted(own, keys.transaction_seg * _NUMBERS + keys.parent_number)
    row = np.minimum(row, len(own) - 1)
    is_named = (keys.number.take(row) == keys.parent) & (keys.transaction_seg.take(row) == keys.transaction_seg)
    return row, is_named & (row < np.arange(len(row)))


def _any_order(keys: _Keys) -> tuple[Integers, Flags]:
    """Return the same, however levels are numbered."""
    count = len(keys.seg)
    sets = np.concatenate([keys.transaction_seg, keys.transaction_seg])
    names = _names(sets, np.concatenate([keys.number, keys.parent]))
    own, asked = names[:count], names[count:]
    order = np.argsort(own, kind="stable")
    row = np.arange(count)
    place = np.searchsorted(own[order] * count + order, asked * count + row)
    before = order[np.maximum(place - 1, 0)]
    return before, (place > 0) & (own[before] == asked) & (before < row)
