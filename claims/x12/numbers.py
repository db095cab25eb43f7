"""Numbers straight from bytes: starts and ends of values in, int64 arrays out, eight bytes of a value at a time.

A value of up to eight bytes is one little-endian word; its digits become a number by three multiplications. Longer or
odd values, few in any file, go one by one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from claims import money

Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

PAD = 8
# MASK[n] keeps the first n bytes of a word; a value longer than a word (n = 9) keeps none.
MASK: Words = np.array([(1 << (8 * n)) - 1 for n in range(9)] + [0], np.uint64)
_SHIFT: Words = np.array([8 * (8 - n) for n in range(9)], np.uint64)
_FILL: Words = np.array([0x3030303030303030 & ((1 << (8 * (8 - n))) - 1) for n in range(9)], np.uint64)
_TEN: Integers = np.array([100, 10, 1], np.int64)
_MILLI: Integers = np.array([1000, 100, 10, 1], np.int64)


def _word(value: int) -> np.uint64:
    return np.uint64(value)


_ONES, _HIGH = _word(0x0101010101010101), _word(0x8080808080808080)
_DOTS, _LOW = _word(0x2E2E2E2E2E2E2E2E), _word(0x0F0F0F0F0F0F0F0F)


def pack(text: str) -> int:
    """Return the word of a short code, as `words` gives it."""
    return int.from_bytes(text.encode("ascii"), "little")


def words_of(data: Bytes) -> Words:
    """View `data` as a word at every byte; `data` must end in `PAD` bytes more than are ever asked for."""
    return np.ndarray(shape=(len(data) - PAD + 1,), dtype="<u8", buffer=data.data, strides=(1,))


def words(view: Words, start: Integers, end: Integers) -> Words:
    """Return each value as a word, in upper case; 0 for an empty one and for one longer than eight bytes."""
    found = view[start] & MASK[np.clip(end - start, 0, 9)]
    letters = found & (found >> _word(1)) & _word(0x2020202020202020)
    return _upper(found) if letters.any() else found


def _upper(found: Words) -> Words:
    seven = found & _word(0x7F7F7F7F7F7F7F7F)
    at_least_a = seven + _word(0x1F1F1F1F1F1F1F1F)
    above_z = seven + _word(0x0505050505050505)
    lower = at_least_a & ~above_z & ~found & _HIGH
    return np.asarray(found - (lower >> _word(2)), np.uint64)


def _digits(word: Words, count: Integers) -> tuple[Integers, Flags]:
    """Turn words of `count` leading digits (0 to 8) into numbers; the flag says that all of them were digits."""
    right = np.where(count > 0, (word << _SHIFT[count]), _word(0)) | _FILL[count]
    wrong = (((right - _word(0x3030303030303030)) | (right + _word(0x4646464646464646))) & _HIGH) != 0
    value = right & _LOW
    value = (value * _word(2561)) >> _word(8)
    value = ((value & _word(0x00FF00FF00FF00FF)) * _word(6553601)) >> _word(16)
    value = ((value & _word(0x0000FFFF0000FFFF)) * _word(42949672960001)) >> _word(32)
    return value.astype(np.int64), ~wrong


def _decimal(
    data: Bytes, view: Words, start: Integers, end: Integers, scale: Integers, exact: Callable[[str], int | None]
) -> tuple[Integers, Flags]:
    """Read decimals scaled by the power of ten of `scale[0]`; returns values and which were read."""
    length = end - start
    minus = data[start] == ord("-")
    begin = start + minus
    n = np.clip(end - begin, 0, 9)
    word = view[begin] & MASK[n]
    n = np.minimum(n, 8)
    dots = word ^ _DOTS
    zero = (dots - _ONES) & ~dots & _HIGH
    place = np.where(zero != 0, (np.bitwise_count((zero & (~zero + _word(1))) - _word(1)) >> 3).astype(np.int64), n)
    fraction = np.maximum(n - place - 1, 0)
    below = MASK[place]
    squeezed = (word & below) | ((word >> _word(8)) & ~below)
    squeezed = np.where(zero != 0, squeezed, word)
    count = n - (zero != 0)
    value, good = _digits(squeezed, count)
    places = len(scale) - 1
    good &= (fraction <= places) & (count > 0) & (end - begin <= 8)
    value *= scale[np.minimum(fraction, places)]
    value = np.where(minus, -value, value)
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
    value, good = _digits(view[start] & MASK[np.clip(n, 0, 9)], np.clip(n, 0, 8))
    good &= (n > 0) & (n <= 8)
    value[~good] = 0
    return value, good


_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0], np.int64)


def dates(view: Words, start: Integers, end: Integers) -> Integers:
    """Read days as YYYYMMDD from values that begin with eight digits (D8, DT, RD8); 0 for anything else."""
    n = end - start
    value, good = _digits(view[start], np.full(len(start), 8, np.int64))
    year, month, day = value // 10000, value // 100 % 100, value % 100
    good &= (n == 8) | (n == 12) | (n == 14) | (n == 17)
    good &= (year >= 1800) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= day <= _DAYS[np.clip(month, 0, 15)]
    good &= (month != 2) | (day < 29) | ((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)))
    value[~good] = 0
    return value


def end_dates(view: Words, start: Integers, end: Integers) -> Integers:
    """Read the second day of a range (RD8); 0 when the value is no range."""
    ranged = end - start == 17
    return dates(view, np.where(ranged, start + 9, end), end)
