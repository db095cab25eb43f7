"""A window's tokens as they stand in the file, blanks included: what conformance looks at."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from claims.x12.numbers import Bytes, Flags, Integers, Words, values_at
from claims.x12.tokens import Tokens

_ONES, _HIGH, _ONE = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080), np.uint64(1)


class Text:
    """Elements by token: `start[k]` to `end[k]`; `row[k]` is the segment and `element[k]` the element, 0 for its id."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.data: Bytes = tokens.data
        self.view: Words = tokens.view
        self.first, self.last, self.code = tokens.first, tokens.last, tokens.code
        self.count = int(self.last[-1]) + 1 if len(self.last) else 0
        self.start = tokens.before[: self.count] + 1
        self.start[self.first] = tokens.start
        self.end = tokens.before[1 : self.count + 1]
        self.elements = self.last - self.first

    @cached_property
    def padded(self) -> Integers:
        """Return the tokens with blanks at an end."""
        tokens = self.tokens
        if tokens.padded_ts is None:
            return np.zeros(0, np.int64)
        is_trimmed = tokens.padded_ts[: self.count] != self.start
        is_trimmed |= tokens.te[: self.count] != self.end
        return np.flatnonzero(is_trimmed)

    @cached_property
    def row(self) -> Integers:
        """Return the segment of each token; -1 for the tokens of empty segments, which are no segments here."""
        owner = np.full(self.count, -1, np.int64)
        owner[self.first] = np.arange(len(self.first))
        filled = np.maximum.accumulate(owner) if self.count else owner
        if len(self.tokens.empty_at) and self.count:
            filled = np.where(np.arange(self.count) <= self.last[filled], filled, -1)
        return filled

    @cached_property
    def element(self) -> Integers:
        """Return the number of each token's element."""
        return np.arange(self.count) - self.first[self.row]

    @cached_property
    def component_places(self) -> Integers:
        """Return where component separators stand."""
        return np.flatnonzero(self.data[: self.tokens.size] == self.tokens.delimiters.component)

    @cached_property
    def is_odd(self) -> bool:
        """Tell whether any element but the padded ones may hold an odd byte."""
        tokens, data = self.tokens, self.data
        if not len(tokens.start):
            return False
        inside = data[int(tokens.start[0]) : int(tokens.stop[-1])]
        marks = [value for value in (tokens.delimiters.terminator, tokens.delimiters.element) if not 32 <= value <= 126]
        if marks or bool((inside > 126).any()):
            return True
        # Nothing but line ends stands between segments, and there are no more control characters than these.
        between = int((tokens.start[1:] - tokens.stop[:-1]).sum())
        return int(np.count_nonzero(inside < 32)) != between

    @cached_property
    def odd_places(self) -> Integers:
        """Return where bytes stand that are no printable ASCII."""
        data = self.data[: self.tokens.size]
        return np.flatnonzero((data < 32) | (data > 126))

    def has_nul(self, token: Integers) -> Flags:
        """Tell for tokens whether a byte of them is 0, which in a word fills what a text leaves."""
        places = np.flatnonzero(self.data[: self.tokens.size] == 0)
        found = np.searchsorted(places, self.end[token]) > np.searchsorted(places, self.start[token])
        return np.asarray(found)

    def word(self, token: Integers) -> Words:
        """Return the first bytes of tokens as words, case kept; 0 for an empty one and one longer than eight bytes."""
        return self.word_between(self.start[token], self.end[token])

    def word_between(self, start: Integers, end: Integers) -> Words:
        """Return ranges of bytes as words, case kept; 0 for an empty one and one longer than eight bytes."""
        return values_at(self.view, start, end - start).word * (end - start <= 8)

    def first_component(self, token: Integers) -> Words:
        """Return the first component of tokens as words; 0 where it is longer than eight bytes."""
        start, end = self.start[token], self.end[token]
        word = values_at(self.view, start, end - start).word
        other = word ^ (np.uint64(self.tokens.delimiters.component) * _ONES)
        found = (other - _ONES) & ~other & _HIGH
        below = ((found & (~found + _ONE)) >> np.uint64(7)) - _ONE
        whole = (found == 0) & (end - start > 8)
        return np.where(whole, np.uint64(0), word & below)

    def bytes_between(self, start: int, end: int) -> bytes:
        """Return a range of bytes."""
        return self.data[start:end].tobytes()
