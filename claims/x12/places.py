"""Where each segment of a window stands: its elements and a plan in; loop, and innermost row of each scope, out.

Loops and parents come by carrying the last opener forward. Windows are cut where a claim, a hierarchy level or a set
begins, so that nothing but the hierarchy is ever carried from one window to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from claims.x12.layout import Opener, plan
from claims.x12.numbers import Bytes, Integers, Words
from claims.x12.rows import Rows


class _Spans:
    """What reaches from each of some segments to the next of them, the last one to the end; and a value of each.

    The first span is that before the first of these segments.
    """

    def __init__(self, at: Integers, size: int, values: Any, before: int) -> None:
        self._at, self._size = at, size
        self.values = np.empty(len(at) + 1, values.dtype)
        self.values[0], self.values[1:] = before, values

    def filled(self, values: Any = None) -> Any:
        """Give each segment the value of the span it is in."""
        edges = np.concatenate([_START, self._at, [self._size]])
        return np.repeat(self.values if values is None else values, edges[1:] - edges[:-1])

    def of(self, rows: Integers) -> Any:
        """Return the value of the span of a few segments."""
        return self.values.take(np.searchsorted(self._at, rows, side="right"))


_START = np.zeros(1, np.int64)


class Scope:
    """The segments that open a scope (`openers`), and which of them each segment stands in.

    That number is the row in the frame of the scope, -1 for none.
    """

    def __init__(self, openers: Integers, spans: _Spans, size: int) -> None:
        self.openers, self._spans, self._few = openers, spans, size >> 8

    @cached_property
    def _number(self) -> Integers:
        found: Integers = self._spans.filled()
        return found

    def owner(self, rows: Integers) -> Integers:
        """Return the row number of the opener of each segment, -1 for none."""
        if len(rows) < self._few and "_number" not in self.__dict__:
            found: Integers = self._spans.of(rows)
            return found
        return self._number.take(rows)

    def segs(self, before: int) -> Integers:
        """Return for each segment the `seg` of the opener that it stands in, 0 for none.

        `before`: the `seg` of the last segment before the window.
        """
        # The last one answers for -1.
        segs = np.append(self.openers + (before + 1), 0).take(self._spans.values)
        found: Integers = self._spans.filled(segs)
        return found


@dataclass
class Places:
    """For each segment its loop; and the scopes."""

    loop: Bytes
    scopes: tuple[Scope, ...]


# What stands for a qualifier of more than two bytes.
_NO_CODE = np.uint64(0xFFFF)


class _Choice:
    """Which of the openers with one segment id a segment is: the first whose qualifier and loop fit."""

    def __init__(self, openers: list[Opener], *, is_first_pass: bool) -> None:
        self.segment = openers[0].segment
        self.element = max(opener.element for opener in openers)
        self.codes: Words = np.unique(np.array([code for one in openers for code in one.qualifiers], np.uint64))
        # Of qualifiers of up to two bytes, as all are: the number of each possible one, without a search.
        self.numbers = np.full(1 << 16, len(self.codes), np.uint8)
        self.numbers[self.codes.astype(np.int64)] = np.arange(len(self.codes))
        self.is_plain = not len(self.codes) and not openers[0].within
        # By the number of the qualifier (the last one is any other) and the loop before; 0 for no opener.
        table = np.zeros((len(self.codes) + 1, 256), np.uint8)
        for number, opener in reversed(list(enumerate(openers, 1))):
            codes = np.isin(self.codes, np.array(opener.qualifiers, np.uint64))
            rows = np.append(codes, False) if opener.qualifiers else np.ones(len(table), np.bool_)
            within = np.array(opener.within or range(256))
            table[np.ix_(rows, within)] = number
        self.table = table.ravel()
        self.loop = np.array([0, *(opener.loop for opener in openers)], np.uint8)
        changes = [is_first_pass or max(one.opens, one.depth) >= 0 for one in openers]
        packed = [_change(one) if changed else 0 for one, changed in zip(openers, changes, strict=True)]
        self.change = np.array([0, *packed], np.uint8)
        self.opens_scopes = any(changes)

    def of(self, rows: Rows, loop: Bytes) -> tuple[Integers, Bytes | int]:
        """Return the segments that open a loop, and the number of the opener of each."""
        at = rows.of(self.segment)
        if self.is_plain:
            return at, 1
        here = loop.take(at).astype(np.int64)
        if len(self.codes):
            values = rows.values(self.segment, self.element)
            if values is None:
                here += len(self.codes) * 256
            else:
                code = np.minimum(values.code, _NO_CODE).astype(np.int64)
                here += self.numbers.take(code).astype(np.int64) << 8
        number = self.table.take(here)
        is_opener = number > 0
        return (at, number) if is_opener.all() else (at[is_opener], number[is_opener])


def _change(opener: Opener) -> int:
    """Pack what an opener does to scopes into a byte that is not 0, so that one byte a segment is put down.

    The upper half is the depth of the scope that it leaves open, two more than its number, the lower one the scope that
    it opens, one more than its number.
    """
    return (opener.depth + 2) << 4 | (opener.opens + 1)


@cache
def _choices(set_code: str, *, complete: bool) -> list[list[_Choice]]:
    """Return for each pass what its segment ids may open."""
    passes: list[list[_Choice]] = []
    for openers in plan(set_code, complete=complete).passes:
        by_segment: dict[int, list[Opener]] = {}
        for opener in openers:
            by_segment.setdefault(opener.segment, []).append(opener)
        passes.append([_Choice(same, is_first_pass=not passes) for same in by_segment.values()])
    return passes


def places(rows: Rows, set_code: str, size: int, *, complete: bool = False) -> Places:
    """Walk the openers of a set, pass by pass; a later pass sees the loops of the earlier ones."""
    loop = marks = np.zeros(size, np.uint8)
    changes = np.zeros(size, np.uint8)
    for choices in _choices(set_code, complete=complete):
        is_marked = False
        for choice in choices:
            at, number = choice.of(rows, loop)
            if not len(at):
                continue
            is_marked = True
            marks[at] = choice.loop.take(number)
            if choice.opens_scopes:
                changes[at] = choice.change.take(number)
        if not is_marked:
            continue
        opened = np.flatnonzero(marks > 0)
        loop = _Spans(opened, size, marks.take(opened), 0).filled()
    closing = np.flatnonzero(changes > 0)
    changes = changes.take(closing)
    scopes = range(len(plan(set_code, complete=complete).scopes))
    return Places(loop, tuple(_scope(scope, closing, changes, size) for scope in scopes))


def _scope(scope: int, at: Integers, changes: Bytes, size: int) -> Scope:
    """Return a scope, from all segments that change one: `changes` as `_change` packs them.

    An opener of this scope starts it, an opener further out ends it, one further in leaves it alone.
    """
    starts = (changes & 0x0F) == scope + 1
    if not starts.any():
        return Scope(at[:0], _Spans(at[:0], size, at[:0], -1), size)
    concerned = starts | (changes < (scope + 2) << 4)
    if not concerned.all():
        kept = np.flatnonzero(concerned)
        starts, at = starts.take(kept), at.take(kept)
    openers = np.flatnonzero(starts)
    numbers = np.full(len(at), -1, np.int64)
    numbers[openers] = np.arange(len(openers))
    return Scope(at.take(openers), _Spans(at, size, numbers, -1), size)
