"""A window in; its bytes with people masked out: each segment, delimiter and length stays as it was.

Whatever byte no rule keeps is filled over: the rules only say what may stay.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa

from claims.x12.days import moved
from claims.x12.delimiters import STAND_IN
from claims.x12.numbers import Bytes, Flags, Integers, dates, pack, values_at
from claims.x12.pieces import Pieces, pieces
from claims.x12.pseudonyms import FILLED, Pseudonyms
from claims.x12.redact_rules import (
    ALIAS,
    CODE,
    CONTROL,
    DATE,
    GUIDE,
    HOWS,
    IDENTIFIER,
    KEEP,
    NUMBER,
    TEXT,
    WORDS,
    ZIP,
    Rules,
    places,
)
from claims.x12.segments import CODES
from claims.x12.tokens import Tokens


def _only(allowed: bytes) -> Flags:
    """Return which bytes are none of `allowed`."""
    found = np.ones(256, np.bool_)
    found[list(allowed)] = False
    return found


_DIGITS = b"0123456789"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NO_DIGIT = _only(_DIGITS)
_NOT_IN_CODE = _only(_LETTERS + b"." + _DIGITS)
_NOT_IN_NUMBER = _only(b".-" + _DIGITS)
# What may stay where it has the form of its place, and what is done with it otherwise.
_OTHERWISE = ((CODE, TEXT), (IDENTIFIER, ALIAS), (NUMBER, TEXT), (GUIDE, TEXT), (CONTROL, ALIAS))
_SHORT_CODE, _SHORT_WORD = 3, 2
_VERSION = 6
_RANGE, _DAY_AND_TIME = 17, 14
_TIME = pack("TM")
_NOTHING = len(HOWS)
_THREE_BYTES = np.uint64(0xFFFFFF)
# What stands for a byte outside ASCII: a byte of the same place in a UTF-8 sequence; else any that is no delimiter.
_UTF8 = b"\xa9" * 66 + b"\xc3" * 30 + b"\xe2" * 16 + b"\xf0" * 16
_HIGH = (0xE9, 0xE8, 0xEA, 0xEB, 0xE0)


class Mask:
    """Masks windows of a file; `counts` says how many values were masked in which way."""

    def __init__(self, rules: Rules, pseudonyms: Pseudonyms) -> None:
        self._rules, self._pseudonyms = rules, pseudonyms
        self.counts: Counter[str] = Counter({HOWS[how]: 0 for how in (ALIAS, DATE, ZIP, TEXT)})

    def masked(self, raw: bytes | memoryview, tokens: Tokens, days: Integers) -> bytes:
        """Return the bytes of a window; `days` says for each segment by how much dates of its person move back."""
        found = pieces(tokens)
        how, size = self._decided(tokens, found)
        how = self._checked(tokens, found, how, size)
        how[found.end == found.start] = _NOTHING
        fill, data = fill_of(tokens), tokens.data
        out = fill[data]
        stays = _covered(found, how == KEEP, len(data))
        out[stays] = data[stays]
        for number in (TEXT, ALIAS, DATE, ZIP):
            at = np.flatnonzero(how == number)
            self.counts[HOWS[number]] += len(at)
            start, end = found.start[at], found.end[at]
            if number == ALIAS:
                self._alias(data, out, fill, start, end)
            elif number == DATE:
                _move(tokens, out, start, end, days[found.row[at]], _are_times(tokens, found.row[at]))
            elif number == ZIP:
                self._zip(tokens, out, start, end, size[at])
        return _laid_out(raw, tokens, out[: tokens.size])

    def _decided(self, tokens: Tokens, found: Pieces) -> tuple[Bytes, Bytes]:
        """Say by the rules what to do with each piece, and up to which size it may stay."""
        segment = tokens.code[found.row]
        place = places(segment, found.element, found.component)
        how, size = self._rules.how[place], self._rules.size[place]
        present = set(np.unique(tokens.code).tolist())
        for rule in self._rules.conditions:
            if rule.segment not in present:
                continue
            at = np.flatnonzero(segment == rule.segment)
            at = at[np.isin(place[at], rule.places)]
            if rule.qualifier < 0:
                first = at - (found.component[at] - 1)
                word = values_at(tokens.view, found.start[first], found.end[first] - found.start[first]).code
            else:
                word = tokens.values(tokens.at(found.row[at], rule.qualifier)).code
            at = at[np.isin(word, np.array(rule.values, np.uint64)) != rule.is_other]
            how[at], size[at] = rule.how, rule.size
        return how, size

    def _checked(self, tokens: Tokens, found: Pieces, how: Bytes, size: Bytes) -> Bytes:
        """Keep codes and numbers only where they look like some: a name in their place is masked."""
        for number, otherwise in _OTHERWISE:
            at = np.flatnonzero(how == number)
            start, end = found.start[at], found.end[at]
            good = _has_form(tokens.data, number, start, end, size[at])
            how[at] = np.where(good, KEEP, otherwise)
        for piece in np.flatnonzero(how == WORDS).tolist():
            text = tokens.data[found.start[piece] : found.end[piece]].tobytes().upper()
            how[piece] = KEEP if text in self._rules.words else TEXT
        return how

    def _alias(self, data: Bytes, out: Bytes, fill: Bytes, start: Integers, end: Integers) -> None:
        places, offsets = _bytes_of(start, end)
        if not len(places):
            return
        ascii_or_filled = np.where(np.arange(256) < 128, np.arange(256), fill).astype(np.uint8)
        texts = _arrow(offsets, ascii_or_filled[data[places]]).dictionary_encode()
        aliases = [self._pseudonyms.alias(value) for value in texts.dictionary.to_pylist()]
        replaced = pa.array(aliases, pa.large_binary()).take(texts.indices)
        out[places] = np.frombuffer(replaced.buffers()[2], np.uint8)[: len(places)]

    def _zip(self, tokens: Tokens, out: Bytes, start: Integers, end: Integers, size: Bytes) -> None:
        """Leave three digits of a postal code of the United States, or none where few people live, or elsewhere."""
        places, _ = _bytes_of(start, end)
        out[places] = np.where(out[places] == ord("9"), ord("0"), out[places])
        area = tokens.view[start] & _THREE_BYTES
        stays = (end - start >= 5) & (size > 0) & ~_any(_NOT_IN_NUMBER[tokens.data], start, end)
        stays &= ~np.isin(area, np.array(self._rules.sparse, np.uint64))
        for place in range(3):
            out[start[stays] + place] = tokens.data[start[stays] + place]


def _are_times(tokens: Tokens, row: Integers) -> Flags:
    """Tell which segments say that they hold a time of day."""
    qualifier = tokens.values(tokens.at(row, 2)).code
    return np.asarray((tokens.code[row] == CODES["DTP"]) & (qualifier == np.uint64(_TIME)))


def _move(
    tokens: Tokens, out: Bytes, start: Integers, end: Integers, days: Integers, is_time: Flags
) -> None:  # fmt: skip
    """Move days and ranges of days back; times of day stay, alone or after a day; what is no day stays filled over."""
    data, view, length = tokens.data, tokens.view, end - start
    day = dates(values_at(view, start, end - start))
    good = day > 0
    begin = np.where(good, np.minimum(start + 8, end), start)
    timed = np.where(good, length <= _DAY_AND_TIME, is_time & (length <= 4)) & ~_any(_NO_DIGIT[data], begin, end)
    places, _ = _bytes_of(begin[timed], end[timed])
    out[places] = data[places]
    _write_days(out, start[good], moved(day[good], days[good]))
    ranged = np.flatnonzero(good & (length == _RANGE))
    until = dates(values_at(view, start[ranged] + 9, end[ranged] - start[ranged] - 9))
    ranged, until = ranged[until > 0], until[until > 0]
    _write_days(out, start[ranged] + 9, moved(until, days[ranged]))


def _write_days(out: Bytes, start: Integers, day: Integers) -> None:
    for place in range(8):
        out[start + place] = 48 + day // 10 ** (7 - place) % 10


def fill_of(tokens: Tokens) -> Bytes:
    """Return what is written over each byte: nothing over delimiters, blanks and punctuation."""
    delimiters = tokens.delimiters
    own = (delimiters.element, delimiters.component, delimiters.repetition, delimiters.terminator)
    high = bytes([next(byte for byte in _HIGH if byte not in own)]) * 128
    table = np.frombuffer(FILLED[:128] + (_UTF8 if tokens.encoding == "utf-8" else high), np.uint8).copy()
    for byte in own:
        if byte >= 0:
            table[byte] = byte
    return table


def _covered(found: Pieces, which: Flags, size: int) -> Flags:
    """Return which bytes lie in the chosen pieces."""
    edges = np.zeros(size + 1, np.int8)
    edges[found.start[which]] = 1
    # Pieces never touch: a separator lies between any two.
    edges[found.end[which]] = -1
    return np.cumsum(edges[:-1], dtype=np.int8).view(np.bool_)


def _any(flags: Flags, start: Integers, end: Integers) -> Flags:
    """Tell for each range whether any byte in it is flagged."""
    return _count(flags, start, end) > 0


def _count(flags: Flags, start: Integers, end: Integers) -> Integers:
    """Count the flagged bytes of each range."""
    before = np.zeros(len(flags) + 1, np.int32)
    np.cumsum(flags, out=before[1:])
    return np.asarray(before[end] - before[start], np.int64)


def _has_form(data: Bytes, how: int, start: Integers, end: Integers, size: Bytes) -> Flags:
    """Tell which values have the form of their place; no value is empty.

    A number: a sign, digits, one point; or two days, where a range may stand. A control number: digits, zeros before
    them uncounted. A guide: begins with six digits. A code: letters, digits and points, and a digit among them where it
    is longer than two letters, or three in a place of short codes.
    """
    if how == CONTROL:
        return ~_any(_NO_DIGIT[data], start, end) & ~_any(data != ord("0"), start, np.maximum(end - size, start))
    short = end - start <= size
    if how == NUMBER:
        is_range = (size == _RANGE) & (end - start == _RANGE)
        begin = start + np.where(is_range, 8, 0)
        begin += data[begin] == ord("-")
        good = short & ~_any(_NOT_IN_NUMBER[data] | (data == ord("-")), begin, end)
        good &= ~is_range | ~_any(_NO_DIGIT[data], start, np.where(is_range, start + 8, start))
        return good & (_count(data == ord("."), start, end) <= 1)
    good = short & ~_any(_NOT_IN_CODE[data], start, end)
    if how == GUIDE:
        return good & (end - start >= _VERSION) & ~_any(_NO_DIGIT[data], start, np.minimum(start + _VERSION, end))
    longest = np.where(size <= _SHORT_CODE, _SHORT_CODE, _SHORT_WORD)
    return good & ((end - start <= longest) | (_count(~_NO_DIGIT[data], start, end) > 0))


def _bytes_of(start: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Return the places of all bytes of ranges, one range after the other, and where each range begins among them."""
    offsets = np.zeros(len(start) + 1, np.int64)
    np.cumsum(end - start, out=offsets[1:])
    return np.repeat(start - offsets[:-1], end - start) + np.arange(int(offsets[-1])), offsets


def _arrow(offsets: Integers, data: Bytes) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


def _laid_out(raw: bytes | memoryview, tokens: Tokens, out: Bytes) -> bytes:
    """Put the bytes back between the layout (wrapped line ends, second bytes of separators) that was taken out."""
    if tokens.raw_at is None:
        return out.tobytes()
    places = tokens.raw_at[: len(out)] - tokens.base
    is_data = out != STAND_IN
    whole = np.frombuffer(raw, np.uint8).copy()
    whole[places[is_data]] = out[is_data]
    return whole.tobytes()
