"""Numbers that count on through a transaction set: HL and LX segments of a window in, those that count wrongly out."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from claims.x12 import numbers
from claims.x12.conform.text import Text
from claims.x12.levels import level_above
from claims.x12.numbers import Integers
from claims.x12.owners import Owners
from claims.x12.segments import CODES

_HL, _LX, _CLM, _ST = (CODES[name] for name in ("HL", "LX", "CLM", "ST"))
# Stands for a value that is no number; no count reaches it.
_NO_NUMBER = -1


class Sequences:
    """Counts levels in every set, and service lines in claims of an 837."""

    def __init__(self) -> None:
        self._levels, self._lines = 0, 0
        # Numbers and kinds (HL03) of the levels that are open.
        self._open: list[int] = []
        self._kinds: list[int] = []

    def wrong(self, text: Text, owners: Owners) -> list[tuple[str, int, int]]:
        """Return (fault, segment, element) of each."""
        is_837 = np.array([*(own.set_code.startswith("837") for own in owners.transactions), False], np.bool_)
        lines, claims = (
            rows[is_837[owners.of(rows)]] for rows in (np.flatnonzero(text.code == code) for code in (_LX, _CLM))
        )
        return [*self._wrong_lines(text, lines, claims), *self._wrong_levels(text, owners)]

    def _wrong_lines(self, text: Text, lines: Integers, claims: Integers) -> list[tuple[str, int, int]]:
        count, self._lines = _count_from(lines, claims, self._lines)
        value, length = _values(text, lines, 1)
        # 01 is not 1: the number is written without zeros.
        digits = np.searchsorted(10 ** np.arange(1, 9), count, side="right") + 1
        wrong = lines[(value != count) | (length != digits)]
        return [("line-number", row, 1) for row in wrong.tolist()]

    def _wrong_levels(self, text: Text, owners: Owners) -> list[tuple[str, int, int]]:
        levels, sets = np.flatnonzero(text.code == _HL), np.flatnonzero(text.code == _ST)
        before = self._levels
        count, self._levels = _count_from(levels, sets, before)
        value, _ = _values(text, levels, 1)
        found = [("hierarchy-number", row, 1) for row in levels[value != count].tolist()]
        parent, length = _values(text, levels, 2)
        kind = text.word(np.minimum(text.first[levels] + 3, text.last[levels])) * (text.elements[levels] >= 3)
        # The kind of one that is counted wrongly is not known: what it has for a number may mean another.
        kind *= value == count
        wanted = self._kinds_above(owners, levels, kind.tolist())
        opened, kinds, previous = self._open, self._kinds, before
        for row, number, above, is_named, own, wants in zip(
            levels.tolist(), count.tolist(), parent.tolist(), (length > 0).tolist(), kind.tolist(), wanted, strict=True
        ):
            if number <= previous:
                opened, kinds = [], []
            previous = number
            if is_named:
                # The open levels rise, so that the one named is found without looking at all of them.
                place = bisect_left(opened, above)
                is_open = place < len(opened) and opened[place] == above
                if not is_open or (wants and kinds[place] not in (0, wants)):
                    found.append(("hierarchy-parent", row, 2))
                end = place + 1 if is_open else 0
                del opened[end:], kinds[end:]
            opened.append(number)
            kinds.append(own)
        goes_on = not len(sets) or (len(levels) and levels[-1] > sets[-1])
        self._open, self._kinds = (opened, kinds) if goes_on else ([], [])
        return found

    def _kinds_above(self, owners: Owners, levels: Integers, kinds: list[int]) -> list[int]:
        """Return the kind of level that each must hang on, 0 where the set does not say."""
        codes = [*(own.set_code for own in owners.transactions), ""]
        return [
            level_above(codes[own]).get(kind, 0) for own, kind in zip(owners.of(levels).tolist(), kinds, strict=True)
        ]


def _count_from(rows: Integers, starts: Integers, before: int) -> tuple[Integers, int]:
    """Count `rows` from 1 after each of `starts`, on from `before` up to the first; return also the last count."""
    group = np.searchsorted(starts, rows)
    count = np.arange(len(rows)) - np.searchsorted(group, group) + 1 + np.where(group == 0, before, 0)
    if len(rows) and group[-1] == len(starts):
        return count, int(count[-1])
    return count, 0 if len(starts) else before


def _values(text: Text, rows: Integers, element: int) -> tuple[Integers, Integers]:
    """Return an element of segments as numbers, `_NO_NUMBER` where it is none, and its length."""
    token = np.where(text.elements[rows] >= element, text.first[rows] + element, text.first[rows])
    start, end = text.start[token], text.end[token]
    end = np.where(text.elements[rows] >= element, end, start)
    value, good = numbers.integers(numbers.values_at(text.view, start, end - start))
    component = chr(text.tokens.delimiters.component)
    for at in np.flatnonzero(~good & (end > start)).tolist():
        # Empty components behind a number, refused as such, do not hide which one it is.
        number = text.bytes_between(int(start[at]), int(end[at])).decode("latin-1").rstrip(component)
        value[at] = _integer(number)
    value[~good & (end == start)] = _NO_NUMBER
    return value, end - start


def _integer(value: str) -> int:
    try:
        found = int(value)
    except ValueError:
        return _NO_NUMBER
    return found if 0 <= found < 1 << 60 else _NO_NUMBER
