"""Segments of one set in a window in; by segment id their elements, and the components of those, out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from claims.x12.blanks import trimmed
from claims.x12.numbers import FIRST, Flags, Integers, Values, Words, values_at, word_at
from claims.x12.tokens import Tokens

_ONES, _HIGH, _ONE = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080), np.uint64(1)


class Rows:
    """Segments of one set's transactions in a window, in the order of their ids; each element is found once.

    What is asked of all segments (`order`, and what others sort by it) is then one slice (`span`) for each id.
    `wanted`: by id, the elements that will be asked for; they are read at once, while the cache has the window's bytes.
    """

    def __init__(self, tokens: Tokens, mine: Flags | None, wanted: Mapping[int, tuple[int, ...]]) -> None:
        self.tokens = tokens
        code = tokens.code if mine is None else np.where(mine, tokens.code, 0)
        self.order = np.argsort(code, kind="stable")
        self._edges = np.searchsorted(code.take(self.order), np.arange(257)).tolist()
        self._first = tokens.first.take(self.order)
        self._values: dict[tuple[int, int], Values | None] = {}
        for segment, elements in wanted.items():
            if self.count(segment):
                self._read(segment, elements)

    def span(self, segment: int) -> slice:
        """Return where the segments with an id stand in `order`."""
        return slice(self._edges[segment], self._edges[segment + 1])

    def count(self, segment: int) -> int:
        """Return the number of segments with an id."""
        return int(self._edges[segment + 1] - self._edges[segment])

    def of(self, segment: int) -> Integers:
        """Return the segments with an id, in file order."""
        return self.order[self.span(segment)]

    def values(self, segment: int, element: int) -> Values | None:
        """Return an element of all segments with an id; None when no segment is so long."""
        if self._edges[segment] == self._edges[segment + 1]:
            return None
        key = (segment, element)
        if key not in self._values:
            self._read(segment, (element,))
        return self._values[key]

    def _read(self, segment: int, elements: tuple[int, ...]) -> None:
        """Find some elements of all segments with an id, all in one go: a row of each array for each element."""
        first = self._first[self.span(segment)]
        width = self.tokens.last.take(self.of(segment)) - first
        shortest, longest = int(width.min()), int(width.max())
        self._values |= {(segment, element): None for element in elements}
        sent = [element for element in elements if element <= longest]
        if not sent:
            return
        tokens = self.tokens
        start, length = self._places(segment, first, sent)
        if shortest < sent[-1]:
            unsent = width < np.array(sent).reshape(-1, 1)
            start[unsent], length[unsent] = tokens.te[-1], 0
        eight = word_at(tokens.view, start.ravel()).reshape(start.shape)
        least, most = length.min(axis=1).tolist(), length.max(axis=1).tolist()
        for number, element in enumerate(sent):
            self._values[segment, element] = values = Values(start[number], length[number], eight[number])
            values.shortest, values.longest = least[number], most[number]

    def _places(self, segment: int, first: Integers, elements: list[int]) -> tuple[Integers, Integers]:
        """Return where elements start and how long they are, a row of each array for each element.

        Where an element begins the one before it ends: each edge is looked up once for both.
        """
        tokens = self.tokens
        if tokens.padded_ts is not None and tokens.is_padded[segment]:
            place = first + np.array(elements).reshape(-1, 1)
            start = tokens.padded_ts.take(place, mode="clip")
            return start, tokens.te.take(place, mode="clip") - start
        needed, begins, ends = _needed(tuple(elements))
        edges = tokens.te.take(first + needed, mode="clip")
        start, length = edges.take(begins, axis=0), edges.take(ends, axis=0)
        start += 1
        length -= start
        return start, length


@lru_cache(maxsize=1024)
def _needed(elements: tuple[int, ...]) -> tuple[Integers, Integers, Integers]:
    """Return the edges that tell where elements begin and end, in a column; which of these begin and end each element.

    Where an element begins the one before it ends.
    """
    needed = np.unique([edge for element in elements for edge in (element - 1, element)])
    ends = np.searchsorted(needed, elements)
    return needed.reshape(-1, 1), ends - 1, ends


class Components:
    """The components of one composite value in many segments, split from the left as far as someone asks."""

    def __init__(self, tokens: Tokens, values: Values) -> None:
        self._tokens = tokens
        self._separator = np.uint64(tokens.delimiters.component * 0x0101010101010101)
        self._end = values.start + values.length
        self._starts: list[Integers] = [values.start]
        self._words: list[Words] = [values.eight]
        self._ends: list[Integers] = []
        self._is_split = False

    def part(self, number: int) -> Values:
        """Return component `number` (from 1); an empty value where it was not sent."""
        return self.between(number, number)

    def between(self, first: int, last: int) -> Values:
        """Return components `first` to `last`, or to the last one sent, with the separators between them."""
        own, end = self._start_of(first), self._end_of(last)
        eight = self._words[first - 1] if first <= len(self._words) else None
        kept = self._tokens.delimiters.kept
        start, end = trimmed(self._tokens.data, own, end, kept, None if eight is None else eight.astype(np.uint8))
        if start is own and eight is not None:
            return Values(start, end - start, eight)
        return values_at(self._tokens.view, start, end - start)

    def _start_of(self, number: int) -> Integers:
        while len(self._starts) < number and not self._is_split:
            self._split()
        return self._starts[number - 1] if number <= len(self._starts) else self._end

    def _end_of(self, number: int) -> Integers:
        while len(self._ends) < number and not self._is_split:
            self._split()
        return self._ends[number - 1] if number <= len(self._ends) else self._end

    def _split(self) -> None:
        """Find the separator behind the last component that is known."""
        start = self._starts[-1]
        length = self._end - start
        place = self._first_separator(self._words[-1], length)
        more = np.flatnonzero((place == 8) & (length > 8)) if length.max() > 8 else start[:0]
        while len(more):
            words = word_at(self._tokens.view, start[more] + place[more])
            further = self._first_separator(words, length[more] - place[more])
            place[more] += further
            more = more[(further == 8) & (length[more] > place[more])]
        found = place < length
        self._is_split = not found.any()
        end = self._end if self._is_split else start + np.minimum(place, length)
        self._ends.append(end)
        self._starts.append(end + found)
        self._words.append(self._words[0] if self._is_split else word_at(self._tokens.view, self._starts[-1]))

    def _first_separator(self, words: Words, length: Integers) -> Integers:
        """Return how far from each start the first separator is, 8 when none is among the eight bytes from there."""
        word = words & FIRST.take(length, mode="clip")
        word ^= self._separator
        hits = word - _ONES
        hits &= ~word
        hits &= _HIGH
        # The bits below the first hit.
        below = hits - _ONE
        below &= ~hits
        return np.asarray(np.bitwise_count(below) >> 3, np.int32)
