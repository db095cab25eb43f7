"""Numbers straight from bytes: values of many segments in, int64 arrays out, eight bytes of a value at a time.

A value of up to eight bytes is one little-endian word; its digits become a number by three multiplications. Longer or
odd values, few in any file, go one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims import money

Integers = npt.NDArray[np.signedinteger[Any]]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

# No amount is so long, and what is longer is not looked at.
_MOST_BYTES = 40
_MORE_ZEROS = re.compile(rb"(-?[0-9]*\.[0-9]{2})0+")
# Bytes that may be read behind the last value.
PAD = 24


def _table(values: list[int]) -> Words:
    return np.array(values, np.uint64)


def _word(value: int) -> np.uint64:
    return np.uint64(value)


_ALL = (1 << 64) - 1
# FIRST[n] keeps the first n bytes of a word.
FIRST = _table([(1 << (8 * n)) - 1 for n in range(9)])
_ONE, _TWO, _THREE, _BYTE, _WHOLE, _LOWEST = (_word(value) for value in (1, 2, 3, 8, 64, 0xFF))
_ZEROS = _word(0x3030303030303030)
_MINUS, _CASE, _HIGH = _word(ord("-")), _word(0x2020202020202020), _word(0x8080808080808080)
_SEVEN, _FROM_A, _BEHIND_Z = _word(0x7F7F7F7F7F7F7F7F), _word(0x1F1F1F1F1F1F1F1F), _word(0x0505050505050505)
_BEHIND_9 = _word(0x7676767676767676)


def pack(text: str) -> int:
    """Return the word of a short code, as `Values.code` gives it."""
    return int.from_bytes(text.encode("ascii"), "little")


def words_of(data: Bytes) -> Words:
    """View `data` as a word at every byte; `data` ends in `PAD` bytes that are no data."""
    return np.ndarray(shape=(len(data) - 7,), dtype="<u8", buffer=data.data, strides=(1,))


def word_at(view: Words, start: Integers) -> Words:
    """Return the word at each place.

    pandas takes words from any byte on, numpy goes one by one where they do not stand at multiples of eight: 0.6 ns a
    word against 2.8.
    """
    return np.asarray(pd.api.extensions.take(view, start, allow_fill=True, fill_value=0), np.uint64)


@dataclass
class Values:
    """One value of each of many segments: where it starts, its length, and as a word eight bytes from its start on.

    `long`: the rows of amounts that have zeros behind their second decimal, once they are read.
    """

    start: Integers
    length: Integers
    eight: Words
    long: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def longest(self) -> int:
        """Return the length of the longest value, 0 when there is none."""
        return int(self.length.max()) if len(self.length) else 0

    @cached_property
    def shortest(self) -> int:
        """Return the length of the shortest value, 0 when there is none."""
        return int(self.length.min()) if len(self.length) else 0

    @cached_property
    def word(self) -> Words:
        """Return the first eight bytes of each value, 0 behind its end."""
        return self.eight & FIRST.take(self.lengths, mode="clip")

    @property
    def lengths(self) -> Integers:
        """Return the length of each value; where all agree, as those of codes often do, one for all."""
        return self.length[:1] if self.shortest == self.longest else self.length

    @cached_property
    def code(self) -> Words:
        """Return each value as a word in upper case; 0 for an empty one and for one longer than eight bytes."""
        found = self.word
        if (found & (found >> _ONE) & _CASE).any():
            found = _upper(found)
        return found if self.longest <= 8 else np.where(self.length > 8, _word(0), found)

    def take(self, places: Integers) -> Values:
        """Return some of the values; an empty one for place -1."""
        start, length = self.start.take(places, mode="clip"), self.length.take(places, mode="clip")
        if len(places) and places.min() < 0:
            start[places < 0] = length[places < 0] = 0
        return Values(start, length, self.eight.take(places, mode="clip"))

    def or_else(self, other: Values) -> Values:
        """Return other values in place of those that are empty."""
        unsent = self.length == 0
        if not unsent.any():
            return self
        return Values(
            np.where(unsent, other.start, self.start),
            np.where(unsent, other.length, self.length),
            np.where(unsent, other.eight, self.eight),
        )


class Maybe(NamedTuple):
    """Numbers that may be missing, each 0 where it is."""

    value: Integers
    is_missing: Flags


def values_at(view: Words, start: Integers, length: Integers) -> Values:
    """Return the values that start and end at some places."""
    return Values(start, length, word_at(view, start))


def no_values(count: int) -> Values:
    """Return as many values that were not sent."""
    nothing = np.zeros(count, np.int64)
    return Values(nothing, nothing, nothing.view(np.uint64))


def together(parts: list[Values]) -> Values:
    """Put values behind each other."""
    return Values(
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.length for part in parts]),
        np.concatenate([part.eight for part in parts]),
    )


def _upper(found: Words) -> Words:
    seven = found & _SEVEN
    lower = (seven + _FROM_A) & ~(seven + _BEHIND_Z) & ~found & _HIGH
    return np.asarray(found - (lower >> _TWO), np.uint64)


def _halves(digits: Words) -> tuple[Words, Flags]:
    """Turn words of eight digits (without their zeros' bits) into two numbers of four; the flag says all were digits.

    The number of the last four digits stands in the upper half of each word, the one before them in the lower.
    """
    good = (((digits + _BEHIND_9) | digits) & _HIGH) == 0
    digits *= _word(2561)
    digits >>= _word(8)
    digits &= _word(0x00FF00FF00FF00FF)
    digits *= _word(6553601)
    digits >>= _word(16)
    digits &= _word(0x0000FFFF0000FFFF)
    return digits, good


def _shift(count: Integers) -> Words:
    """Return by how many bits words move until the last of `count` bytes is their highest."""
    return np.asarray(((8 - count) << 3).astype(np.uint64))


def _whole(right: Words, shift: Words) -> tuple[Integers, Flags]:
    """Turn words that were moved by `shift` into numbers; the flag says that all that is left of them were digits."""
    halves, good = _halves(right ^ (_ZEROS << shift))
    halves *= _word(42949672960001)
    halves >>= _word(32)
    good &= shift < _WHOLE
    return halves.view(np.int64), good


class _Scale:
    """How to read decimals with up to `places` places; number `places` + 1 of each table is for a value without point.

    `low` and `high` keep what stands before and behind the point in a word whose last byte is its highest.
    """

    def __init__(self, places: int) -> None:
        kinds = range(places + 1)
        self.none = places + 1
        self.point = [_word(ord(".") << (8 * (7 - kind))) for kind in kinds]
        self.at_point = [_word(0xFF << (8 * (7 - kind))) for kind in kinds]
        self.low = _table([*((1 << (8 * (7 - kind))) - 1 for kind in kinds), 0])
        self.high = _table([*(_ALL << (8 * (8 - kind)) & _ALL for kind in kinds), _ALL])
        self.times = np.array([*(10 ** (places - kind) for kind in kinds), 10**places], np.int64)
        self.moved = _table([*(8 for _ in kinds), 0])

    def kinds(self, right: Words) -> Bytes:
        """Return the number of places behind the point of each value; of one for all where they agree."""
        found = np.full(len(right), self.none, np.uint8)
        for kind in range(self.none - 1, -1, -1):
            here = (right & self.at_point[kind]) == self.point[kind]
            if here.all():
                return np.full(1, kind, np.uint8)
            found[here] = kind
        return found


_CENTS, _MILLI = _Scale(2), _Scale(3)


def _short_decimal(values: Values, scale: _Scale) -> tuple[Integers, Flags]:
    """Read decimals of up to eight bytes scaled by `scale`; returns values and which were read."""
    word, count = values.eight, values.lengths
    minus = (word & _LOWEST) == _MINUS
    has_minus = bool(minus.any())
    if has_minus:
        word = word >> (minus.astype(np.uint64) << _THREE)
        count = count - minus
    shift = _shift(count)
    right = word << shift
    kind = scale.kinds(right)
    low, high = scale.low.take(kind), scale.high.take(kind)
    right = ((right & low) << _BYTE) | (right & high)
    value, good = _whole(right, shift + scale.moved.take(kind))
    if values.longest > 8:
        good &= values.length <= 8
    value *= scale.times.take(kind)
    if has_minus:
        value = np.where(minus, -value, value)
    return value, good


def _decimal(data: Bytes, values: Values, scale: _Scale, exact: Callable[[str], int | None]) -> tuple[Integers, Flags]:
    """Read decimals of any length scaled by `scale`; returns values and which were read."""
    value, good = _short_decimal(values, scale)
    if not good.all():
        for at in np.flatnonzero(~good & (values.length > 0)).tolist():
            start, length = int(values.start[at]), int(values.length[at])
            found = exact(data[start : start + length].tobytes().decode("latin-1")) if length < _MOST_BYTES else None
            good[at] = found is not None
            value[at] = found or 0
        value[~good] = 0
    return value, good


def cents(data: Bytes, values: Values) -> tuple[Integers, Flags]:
    """Read amounts as cents; the flags say which were read (an empty one was not)."""
    value, good = _decimal(data, values, _CENTS, money.cents)
    if not good.all():
        for at in np.flatnonzero(~good & (values.length > 0)).tolist():
            start, length = int(values.start[at]), min(int(values.length[at]), _MOST_BYTES)
            match = _MORE_ZEROS.fullmatch(data[start : start + length].tobytes())
            found = money.cents(match.group(1).decode("ascii")) if match else None
            if found is not None:
                value[at], good[at] = found, True
                values.long.append(at)
    return value, good


def _exact_milli(text: str) -> int | None:
    whole, _, fraction = text.strip().partition(".")
    sign = -1 if whole.startswith("-") else 1
    whole = whole.removeprefix("-")
    if not (whole + fraction).isdecimal() or not text.isascii() or len(whole) > 12:
        return None
    # More than three decimals of a quantity are cut; a quantity enters no sum of money.
    return sign * (int(whole or "0") * 1000 + int(fraction[:3].ljust(3, "0")))


def milli(data: Bytes, values: Values) -> tuple[Integers, Flags]:
    """Read quantities as thousandths; the flags say which were read."""
    return _decimal(data, values, _MILLI, _exact_milli)


def integers(values: Values) -> tuple[Integers, Flags]:
    """Read whole numbers of up to eight digits; the flags say which were read."""
    shift = _shift(values.lengths)
    value, good = _whole(values.eight << shift, shift)
    if values.longest > 8:
        good &= values.length <= 8
    value[~good] = 0
    return value, good


_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_IS_DAY: Flags = np.zeros(10_000, np.bool_)
for _month, _days in enumerate(_LONGEST, 1):
    _IS_DAY[_month * 100 + 1 : _month * 100 + _days + 1] = True
_IS_LENGTH: Flags = np.isin(np.arange(19), (8, 12, 14, 17))


def dates(values: Values) -> Integers:
    """Read days as YYYYMMDD from values that begin with eight digits (D8, DT, RD8); 0 for anything else."""
    halves, good = _halves(values.eight ^ _ZEROS)
    day = (halves >> _word(32)).view(np.int64)
    year = (halves & _word(0xFFFF)).view(np.int64)
    good &= _IS_LENGTH.take(values.length, mode="clip")
    day[~good] = 0
    good &= _IS_DAY.take(day)
    good &= year >= 1800
    leap_days = np.flatnonzero(day == 229)
    if len(leap_days):
        years = year[leap_days]
        good[leap_days] &= (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    value = year * 10_000 + day
    if not good.all():
        value[~good] = 0
    return value


def end_dates(view: Words, values: Values) -> Integers:
    """Read the second day of a range (RD8); 0 when the value is no range."""
    ranged = values.length == 17
    if not ranged.any():
        return np.zeros(len(values), np.int64)
    return dates(values_at(view, np.where(ranged, values.start + 9, values.start), np.where(ranged, 8, 0)))


def are_decimals(values: Values) -> Flags:
    """Tell which values are surely decimals: of up to eight bytes, with up to three places."""
    return _short_decimal(values, _MILLI)[1]
