"""Elements and components of a window in; which values break a rule of their field out.

Vectors find what may be wrong (a wrong length, an unknown code, no number, an odd byte): that is all in a bad file and
nothing in a good one. `exact.faults` then decides, once for each distinct value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claims.x12 import numbers
from claims.x12.conform import fields as f
from claims.x12.conform.exact import faults
from claims.x12.conform.fields import Fields
from claims.x12.conform.nodes import Element
from claims.x12.conform.text import Text
from claims.x12.numbers import Flags, Integers, pack

_REMEMBERED = 100_000
_D8, _RD8, _DASH = np.uint64(pack("D8")), np.uint64(pack("RD8")), ord("-")
_QUALIFIED = {"RD8", "D8", "D6", "DT", "TM"}


@dataclass
class Values:
    """Values: where each stands in the window, its field (0: not to be looked at), its token (None: they are the
    tokens of the window), which repetition it is (from 0; one number for all of them, or one for each).
    """

    start: Integers
    end: Integers
    field: Integers
    token: Integers | None
    repeat: Integers

    def token_of(self, which: Integers) -> Integers:
        """Return the tokens of some of them."""
        return which if self.token is None else self.token[which]


@dataclass(frozen=True)
class BadValue:
    """A value with its faults."""

    token: int
    field: int
    repeat: int
    text: str
    faults: tuple[str, ...]


class ValueRules:
    """The rules for values of one guide."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._codes: dict[tuple[int, int], bool] = {}
        self._faults: dict[tuple[int, str, tuple[str, ...]], tuple[str, ...]] = {}

    def bad(self, text: Text, values: Values) -> Iterator[BadValue]:
        """Return all values that break a rule."""
        suspects = np.flatnonzero(self._suspect(text, values))
        encoding = "latin-1" if text.tokens.is_ascii else text.tokens.encoding
        repeats = values.repeat[suspects] if len(values.repeat) > 1 else np.zeros(len(suspects), np.int64)
        for start, end, number, token, repeat in zip(
            values.start[suspects].tolist(), values.end[suspects].tolist(), values.field[suspects].tolist(),
            values.token_of(suspects).tolist(), repeats.tolist(), strict=True,
        ):  # fmt: skip
            value = text.bytes_between(start, end).decode(encoding, "replace")
            found = self._exact(text, number, token, value)
            if found:
                yield BadValue(token, number, repeat, value, found)

    def _exact(self, text: Text, number: int, token: int, value: str) -> tuple[str, ...]:
        place = self.fields.places[number]
        assert place is not None and isinstance(place.item, Element)
        formats = place.item.formats
        if self.fields.checks[number] & f.BY_QUALIFIER:
            before = token - 1
            qualifier = text.bytes_between(int(text.start[before]), int(text.end[before])).decode("latin-1")
            formats = (qualifier,) if qualifier in _QUALIFIED else ()
        key = (number, value, formats)
        if key not in self._faults:
            if len(self._faults) > _REMEMBERED:
                self._faults.clear()
            self._faults[key] = faults(place.item, value, formats)
        return self._faults[key]

    # ---- what may be wrong

    def _suspect(self, text: Text, values: Values) -> Flags:
        length = values.end - values.start
        fields = self.fields
        found = length < fields.low.take(values.field)
        found |= length > fields.high.take(values.field)
        checks = fields.checks.take(values.field)
        found |= (checks & f.ODD) != 0
        self._codes_of(text, values, checks, found)
        self._numbers(text, values, checks, found)
        self._dates(text, values, checks, found)
        if text.is_odd:
            self._bytes(text, values, found)
        elif values.token is None:
            found[text.padded] = True
        else:
            found |= text.data.take(values.end - 1) == 32
        return found & fields.is_checked.take(values.field)

    def _codes_of(self, text: Text, values: Values, checks: numbers.Bytes, found: Flags) -> None:
        at = np.flatnonzero(checks & f.CODED)
        if not len(at):
            return
        word = text.word_between(values.start[at], values.end[at])
        number, distinct = pd.factorize(word)
        sets = len(self.fields.code_sets)
        pair, pairs = pd.factorize(number * sets + self.fields.codes[values.field[at]])
        unknown = np.empty(len(pairs), np.bool_)
        for place, one in enumerate(pairs.tolist()):
            unknown[place] = not self._is_code(one % sets, int(distinct[one // sets]))
        found[at] |= unknown[pair]

    def _is_code(self, code_set: int, word: int) -> bool:
        return word in self.fields.code_words[code_set]

    def _numbers(self, text: Text, values: Values, checks: numbers.Bytes, found: Flags) -> None:
        at = np.flatnonzero(checks & f.WHOLE)
        if len(at):
            found[at] |= ~numbers.integers(_at(text, values.start[at], values.end[at]))[1]
        at = np.flatnonzero(checks & f.REAL)
        if len(at):
            start, end = values.start[at], values.end[at]
            found[at] |= ~numbers.are_decimals(_at(text, start, end)) | (text.data[end - 1] == ord("."))

    def _dates(self, text: Text, values: Values, checks: numbers.Bytes, found: Flags) -> None:
        at = np.flatnonzero(checks & (f.DATE | f.FORMATS))
        if len(at):
            found[at] |= ~_is_day(text, values.start[at], values.end[at])
        at = np.flatnonzero(checks & f.BY_QUALIFIER)
        if not len(at):
            return
        start, end = values.start[at], values.end[at]
        qualifier = text.word(values.token_of(at) - 1)
        is_day = _is_day(text, start, end)
        is_range = (end - start == 17) & (text.data[start + 8] == _DASH)
        both = np.flatnonzero(is_range & (qualifier == _RD8))
        if len(both):
            one = start[both]
            is_range[both] = _is_day(text, one, one + 8) & _is_day(text, one + 9, one + 17)
        good = ((qualifier == _D8) & is_day) | ((qualifier == _RD8) & is_range)
        found[at] |= ~good

    def _bytes(self, text: Text, values: Values, found: Flags) -> None:
        """Odd bytes and blanks at an end: few windows have any."""
        odd = text.odd_places
        found |= np.searchsorted(odd, values.end) > np.searchsorted(odd, values.start)
        found |= text.data[values.end - 1] == 32


def _is_day(text: Text, start: Integers, end: Integers) -> Flags:
    return np.asarray((end - start == 8) & (numbers.dates(_at(text, start, start + 8)) != 0))


def _at(text: Text, start: Integers, end: Integers) -> numbers.Values:
    return numbers.values_at(text.view, start, end - start)
