"""Numbers straight from bytes: starts and ends of values in, int64 arrays out, eight bytes of a value at a time.

A value of up to eight bytes is one little-endian word; its digits become a number by three multiplications. Longer or
odd values, few in any file, go one by one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims import money

Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

# Bytes that may be read behind the last value.
PAD = 24
# MASK[n] keeps the first n bytes of a word; a value longer than a word (n = 9) keeps none.
MASK: Words = np.array([(1 << (8 * n)) - 1 for n in range(9)] + [0], np.uint64)
_SHIFT: Words = np.array([8 * (8 - n) for n in range(1, 9)], np.uint64)
_SHIFT = np.concatenate((np.zeros(1, np.uint64), _SHIFT))
_ZEROS: Words = np.array([0x3030303030303030 & ((1 << (8 * n)) - 1) for n in range(9)], np.uint64)
_TEN: Integers = np.array([100, 10, 1], np.int64)
_MILLI: Integers = np.array([1000, 100, 10, 1], np.int64)


def _word(value: int) -> np.uint64:
    return np.uint64(value)


_ONES, _HIGH = _word(0x0101010101010101), _word(0x8080808080808080)
_DOTS, _ONE = _word(0x2E2E2E2E2E2E2E2E), _word(1)


def pack(text: str) -> int:
    """Return the word of a short code, as `words` gives it."""
    return int.from_bytes(text.encode("ascii"), "little")


def words_of(data: Bytes) -> Words:
    """View `data` as a word at every byte; `data` ends in `PAD` bytes that are no data."""
    return np.ndarray(shape=(len(data) - 7,), dtype="<u8", buffer=data.data, strides=(1,))


def word_at(view: Words, start: Integers) -> Words:
    """Return the word at each place.

    pandas takes words from any byte on, numpy goes one by one where they do not stand at multiples of eight: 0.6 ns a
    word against 2.8.
    """
    return np.asarray(pd.api.extensions.take(view, start, allow_fill=True, fill_value=0))


def words(view: Words, start: Integers, end: Integers) -> Words:
    """Return each value as a word, in upper case; 0 for an empty one and for one longer than eight bytes."""
    found = word_at(view, start)
    found &= MASK.take(end - start, mode="clip")
    letters = found & (found >> _word(1)) & _word(0x2020202020202020)
    return _upper(found) if letters.any() else found


def _upper(found: Words) -> Words:
    seven = found & _word(0x7F7F7F7F7F7F7F7F)
    at_least_a = seven + _word(0x1F1F1F1F1F1F1F1F)
    above_z = seven + _word(0x0505050505050505)
    lower = at_least_a & ~above_z & ~found & _HIGH
    return np.asarray(found - (lower >> _word(2)), np.uint64)


def _digits(word: Words, count: Integers) -> tuple[Words, Flags]:
    """Turn words of `count` leading digits (1 to 8) into two numbers of four digits; the flag says all were digits.

    The number of the last four digits stands in the upper half of each word, the one before them in the lower.
    """
    digits = word ^ _ZEROS[count]
    good = (((digits + _word(0x7676767676767676)) | digits) & _HIGH) == 0
    digits <<= _SHIFT[count]
    digits *= _word(2561)
    digits >>= _word(8)
    digits &= _word(0x00FF00FF00FF00FF)
    digits *= _word(6553601)
    digits >>= _word(16)
    digits &= _word(0x0000FFFF0000FFFF)
    return digits, good


def _whole(word: Words, count: Integers) -> tuple[Integers, Flags]:
    halves, good = _digits(word, count)
    halves *= _word(42949672960001)
    halves >>= _word(32)
    return halves.view(np.int64), good


def _decimal(
    data: Bytes, view: Words, start: Integers, end: Integers, scale: Integers, exact: Callable[[str], int | None]
) -> tuple[Integers, Flags]:
    """Read decimals scaled by the power of ten of `scale[0]`; returns values and which were read."""
    length = end - start
    n = np.minimum(length, 9)
    word = word_at(view, start)
    word &= MASK.take(n)
    minus = (word & _word(0xFF)) == _word(ord("-"))
    has_minus = bool(minus.any())
    if has_minus:
        word >>= np.where(minus, _word(8), _word(0))
        n = n - minus
    dots = word ^ _DOTS
    point = (dots - _ONES) & ~dots & _HIGH
    has_point = point != 0
    # All bits below the first point; all bits where there is none.
    below = ((point & (~point + _ONE)) >> _word(7)) - _ONE
    squeezed = (word & below) | ((word >> _word(8)) & ~below)
    count = n - has_point
    places = len(scale) - 1
    fraction = np.where(has_point, count - (np.bitwise_count(below) >> 3), 0)
    value, good = _whole(squeezed, np.minimum(count, 8))
    good &= (fraction <= places) & (count > 0) & (n <= 8)
    value *= scale[np.minimum(fraction, places)]
    if has_minus:
        value = np.where(minus, -value, value)
    if not good.all():
        for at in np.flatnonzero(~good & (length > 0)):
            found = exact(data[start[at] : end[at]].tobytes().decode("latin-1")) if length[at] < 40 else None
            good[at] = found is not None
            value[at] = found or 0
        value[~good] = 0
    return value, good


def cents(data: Bytes, view: Words, start: Integers, end: Integers) -> tuple[Integers, Flags]:
    """Read amounts as cents; the flags say which were read (an empty one was not)."""
    return _decimal(data, view, start, end, _TEN, money.cents)


def _exact_milli(text: str) -> int | None:
    whole, _, fraction = text.strip().partition(".")
    sign = -1 if whole.startswith("-") else 1
    whole = whole.removeprefix("-")
    if not (whole + fraction).isdecimal() or not text.isascii() or len(whole) > 12:
        return None
    # More than three decimals of a quantity are cut; a quantity enters no sum of money.
    return sign * (int(whole or "0") * 1000 + int(fraction[:3].ljust(3, "0")))


def milli(data: Bytes, view: Words, start: Integers, end: Integers) -> tuple[Integers, Flags]:
    """Read quantities as thousandths; the flags say which were read."""
    return _decimal(data, view, start, end, _MILLI, _exact_milli)


def integers(data: Bytes, view: Words, start: Integers, end: Integers) -> tuple[Integers, Flags]:
    """Read whole numbers of up to eight digits; the flags say which were read."""
    n = end - start
    value, good = _whole(word_at(view, start) & MASK.take(n, mode="clip"), np.minimum(n, 8))
    good &= (n > 0) & (n <= 8)
    value[~good] = 0
    return value, good


_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_IS_DAY: Flags = np.zeros(10_000, np.bool_)
for _month, _days in enumerate(_LONGEST, 1):
    _IS_DAY[_month * 100 + 1 : _month * 100 + _days + 1] = True
_IS_LENGTH: Flags = np.isin(np.arange(19), (8, 12, 14, 17))


def dates(view: Words, start: Integers, end: Integers) -> Integers:
    """Read days as YYYYMMDD from values that begin with eight digits (D8, DT, RD8); 0 for anything else."""
    halves, good = _digits(word_at(view, start), np.full(len(start), 8, np.int64))
    day = (halves >> _word(32)).view(np.int64)
    year = (halves & _word(0xFFFF)).view(np.int64)
    good &= _IS_LENGTH[np.minimum(end - start, 18)]
    day[~good] = 0
    good &= _IS_DAY[day] & (year >= 1800)
    leap_days = np.flatnonzero(day == 229)
    if len(leap_days):
        years = year[leap_days]
        good[leap_days] &= (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    value = year * 10_000 + day
    if not good.all():
        value[~good] = 0
    return value


def end_dates(view: Words, start: Integers, end: Integers) -> Integers:
    """Read the second day of a range (RD8); 0 when the value is no range."""
    ranged = end - start == 17
    return dates(view, np.where(ranged, start + 9, end), end)
