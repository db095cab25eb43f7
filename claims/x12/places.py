"""Where each segment of a window stands: tokens and a plan in; loop, and innermost row of each scope, out.

Loops and parents come by carrying the last opener forward. Windows are cut where a claim, a hierarchy level or a set
begins, so that nothing but the hierarchy is ever carried from one window to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from claims.x12.layout import Opener, Plan
from claims.x12.numbers import Bytes, Flags, Integers, Words
from claims.x12.tokens import Tokens


class Rows:
    """Segments of one set's transactions in a window, by segment id and qualifier; found once, then remembered."""

    def __init__(self, tokens: Tokens, mine: Flags | None) -> None:
        self.tokens = tokens
        code = tokens.code if mine is None else np.where(mine, tokens.code, 0)
        order = np.argsort(code, kind="stable")
        edges = np.searchsorted(code[order], np.arange(257))
        self._order, self._edges, self._code = order, edges, code
        self._words: dict[tuple[int, int], Words] = {}

    def of(self, segment: int) -> Integers:
        """Return the segments with an id, in file order."""
        return self._order[self._edges[segment] : self._edges[segment + 1]]

    @cached_property
    def place(self) -> Integers:
        """Return the place of each segment among those with its id."""
        found = np.empty_like(self._order)
        found[self._order] = np.arange(len(self._order))
        return found - self._edges[self._code]

    def qualifiers(self, segment: int, element: int) -> Words:
        """Return an element of all segments of an id, as words."""
        key = (segment, element)
        if key not in self._words:
            self._words[key] = self.tokens.words(self.of(segment), element)
        return self._words[key]


@dataclass
class Places:
    """For each segment: its loop; for each scope: the segment that opened it, or -1."""

    loop: Bytes
    opened: tuple[Integers, ...]


def _matches(rows: Rows, opener: Opener, loop: Bytes) -> Integers:
    found = rows.of(opener.segment)
    if not len(found):
        return found
    keep: Flags | None = None
    if opener.qualifiers:
        word = rows.qualifiers(opener.segment, opener.element)
        keep = word == np.uint64(opener.qualifiers[0])
        for other in opener.qualifiers[1:]:
            keep |= word == np.uint64(other)
    if opener.within:
        inside = np.zeros(256, np.bool_)
        inside[list(opener.within)] = True
        here = inside[loop[found]]
        keep = here if keep is None else keep & here
    return found if keep is None else found[keep]


def _forward(marks: Bytes) -> Bytes:
    at = np.flatnonzero(marks)
    if not len(at):
        return marks
    filled = np.zeros_like(marks)
    filled[at[0] :] = np.repeat(marks[at], np.diff(np.append(at, len(marks))))
    return filled


def places(rows: Rows, plan: Plan, size: int) -> Places:
    """Walk the openers of a plan, pass by pass; a later pass sees the loops of the earlier ones."""
    marks = np.zeros(size, np.uint8)
    loop = marks
    # Depth of the scope that an opener leaves open, one more than its number; 0 where nothing opens or closes.
    depths = np.zeros(size, np.uint8)
    opens = np.full(size, -1, np.int8)
    for openers in plan.passes:
        taken: Flags = np.zeros(size, np.bool_)
        for opener in openers:
            at = _matches(rows, opener, loop)
            if not len(at):
                continue
            if len(openers) > 1:
                at = at[~taken[at]]
                taken[at] = True
            marks[at] = opener.loop
            if openers is plan.passes[0] or opener.opens >= 0 or opener.depth >= 0:
                depths[at] = opener.depth + 2
                opens[at] = opener.opens
        loop = _forward(marks)
    closing = np.flatnonzero(depths)
    found = []
    for scope in range(len(plan.scopes)):
        # An opener of this scope starts it, an opener further out ends it, one further in leaves it alone.
        changing = closing[(depths[closing] < scope + 2) | (opens[closing] == scope)]
        value = np.where(opens[changing] == scope, changing, -1)
        opened = np.full(size, -1, np.int64)
        if len(changing):
            opened[changing[0] :] = np.repeat(value, np.diff(np.append(changing, size)))
        found.append(opened)
    return Places(loop, tuple(found))
