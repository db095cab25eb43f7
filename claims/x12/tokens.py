"""One window of bytes in; its segments and elements as arrays of positions out, in one pass over all delimiters.

A token is an element (or a segment id). Token `k` is `data[ts[k]:te[k]]`, blanks at both ends left out; the last token
of all is an empty one that stands for every element that was not sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12.delimiters import STAND_IN, Delimiters
from claims.x12.numbers import PAD, Bytes, Flags, Integers, Words, word_at, words, words_of
from claims.x12.segments import IDS, code_of, id_words

_BLANK = 32
_BLOCK = 64 << 10


@dataclass
class Tokens:
    """Positions of segments (`first`, `last`: tokens; `start`, `stop`: bytes; `code`) and tokens in a window."""

    text_bytes: bytes
    data: Bytes
    size: int
    delimiters: Delimiters
    base: int
    raw_at: Integers | None
    ts: Integers
    te: Integers
    first: Integers
    last: Integers
    start: Integers
    stop: Integers
    id_word: Words
    code: Bytes
    empty_at: Integers
    is_unterminated: bool
    encoding: str = "ascii"

    def __len__(self) -> int:
        return len(self.first)

    def forget(self) -> None:
        """Drop what was worked out from segments that are no longer there."""
        for name in ("offset", "length"):
            self.__dict__.pop(name, None)

    @cached_property
    def view(self) -> Words:
        return words_of(self.data)

    @cached_property
    def is_ascii(self) -> bool:
        return self.encoding == "ascii" or not bool((self.data[: self.size] & 0x80).any())

    def raw(self, position: Integers) -> Integers:
        """Turn positions in the window into byte offsets of the file as received."""
        return position + self.base if self.raw_at is None else self.raw_at[position]

    @cached_property
    def offset(self) -> Integers:
        return self.raw(self.start)

    @cached_property
    def length(self) -> Integers:
        if self.raw_at is None and not self.is_unterminated:
            return self.stop - self.start
        end = self.stop.copy()
        if self.is_unterminated and len(end):
            end[-1] -= 1
        return self.raw(end - 1) + 1 - self.offset

    def at(self, rows: Integers, element: int) -> Integers:
        """Return the token of an element of each segment in `rows`."""
        found = self.first[rows] + element
        unsent = found > self.last[rows]
        if unsent.any():
            found[unsent] = len(self.ts) - 1
        return found

    def words(self, rows: Integers, element: int) -> Words:
        """Return an element of each segment as a word of up to eight bytes, in upper case."""
        token = self.at(rows, element)
        return words(self.view, self.ts[token], self.te[token])

    def text(self, token: Integers) -> pa.LargeStringArray:
        """Return tokens as Arrow text."""
        return self.text_between(self.ts[token], self.te[token])

    def text_between(self, start: Integers, end: Integers) -> pa.LargeStringArray:
        """Return ranges of bytes as Arrow text."""
        same = self._of_one_length(start, end)
        if same is not None:
            return same
        empty = start >= end
        if empty.any():
            # Empty ranges go where the last one ended, so that all rise.
            reached = np.maximum.accumulate(np.where(empty, 0, end))
            start, end = np.where(empty, reached, start), np.where(empty, reached, end)
        if (start[1:] < end[:-1]).any():
            return self._decoded(_gathered(self.data, start, end, self.is_ascii or self.encoding == "utf-8"))
        # Text, gap, text, gap: Arrow takes every second one.
        places = np.empty(2 * len(start), np.int64)
        places[0::2], places[1::2] = start, end
        texts = _arrow(places, self.data, self.is_ascii or self.encoding == "utf-8")
        return self._decoded(texts.take(pa.array(np.arange(0, 2 * len(start), 2))))

    def _of_one_length(self, start: Integers, end: Integers) -> pa.LargeStringArray | None:
        """Texts that are all equally long and short (most codes and numbers are) need no copy one by one."""
        lengths = end - start
        length = int(lengths[0]) if len(lengths) else 0
        if length > 16 or length < 0 or not self.is_ascii or not (lengths == length).all():
            return None
        if not length:
            return no_texts(len(start))
        if length > 8:
            return of_words(np.stack([word_at(self.view, start), word_at(self.view, start + 8)], axis=1), length)
        return of_words(word_at(self.view, start).reshape(-1, 1), length)

    def _decoded(self, found: pa.Array) -> pa.LargeStringArray:
        if self.is_ascii:
            return found
        if self.encoding == "utf-8":
            try:
                found.validate(full=True)
            except pa.ArrowInvalid:
                found = found.cast(pa.large_binary())
            else:
                return found
        return pa.array([decoded(value) for value in found.to_pylist()], pa.large_string())

    @cached_property
    def component_places(self) -> Integers:
        """Return where component separators stand."""
        return np.flatnonzero(self.data[: self.size] == self.delimiters.component)

    @cached_property
    def has_blank_components(self) -> bool:
        """Tell whether blanks stand beside any component separator."""
        places = self.component_places
        found = self.data[places + 1] <= _BLANK
        found |= self.data[places - 1] <= _BLANK
        return bool(found.any())

    def segment_ids(self) -> pa.LargeStringArray:
        """Return the id of every segment, in upper case; one that is not in the list of ids as it stands."""
        names = pa.DictionaryArray.from_arrays(pa.array(self.code.astype(np.int32)), _ID_NAMES).dictionary_decode()
        if (self.code != 0).all():
            return names
        odd = self.code == 0
        texts = pc.utf8_upper(self.text(self.first[odd]))
        return pc.replace_with_mask(names, pa.array(odd), texts)

    def elements(self, row: int) -> list[str]:
        """Return one segment as texts, its id first."""
        first, last = int(self.first[row]), int(self.last[row])
        starts, ends = self.ts[first : last + 1].tolist(), self.te[first : last + 1].tolist()
        return [decoded(self.data[s:e].tobytes()) for s, e in zip(starts, ends, strict=True)]


class Components:
    """The components of one composite element in many segments."""

    def __init__(self, tokens: Tokens, token: Integers) -> None:
        self._data, self._kept = tokens.data, tokens.delimiters.kept
        self._is_blank = tokens.has_blank_components
        places = tokens.component_places
        self._start, self._end = tokens.ts[token], tokens.te[token]
        self._low = np.searchsorted(places, self._start)
        self._count = np.searchsorted(places, self._end) - self._low + 1
        self._places = np.concatenate([places, np.full(_MOST_COMPONENTS, tokens.size)])

    def part(self, number: int) -> tuple[Integers, Integers]:
        """Return where component `number` (from 1) starts and ends; an empty range where it was not sent."""
        return self.between(number, number)

    def between(self, first: int, last: int) -> tuple[Integers, Integers]:
        """Return where component `first` starts and component `last`, or the last one sent, ends."""
        start = self._start if first == 1 else self._places[self._low + first - 2] + 1
        end = np.where(self._count > last, self._places[self._low + last - 1], self._end)
        unsent = self._count < first
        if unsent.any():
            start, end = np.where(unsent, self._end, start), np.where(unsent, self._end, end)
        return trimmed(self._data, start, end, self._kept) if self._is_blank else (start, end)


_MOST_COMPONENTS = 16


def _gathered(data: Bytes, start: Integers, end: Integers, is_text: bool) -> pa.Array:
    """Copy ranges that lie in any order, some of them more than once."""
    lengths = end - start
    places = np.zeros(len(start) + 1, np.int64)
    np.cumsum(lengths, out=places[1:])
    from_where = np.repeat(start - places[:-1], lengths) + np.arange(places[-1])
    return _arrow(places, data[from_where], is_text)


def of_words(words: Words, length: int) -> pa.LargeStringArray:
    """Return texts of one length, each the first bytes of a row of words."""
    data = words.view(np.uint8)[:, :length].ravel()
    return _arrow(np.arange(0, (len(words) + 1) * length, length), data, True)


_ID_NAMES = pa.array(IDS, pa.large_string())


def decoded(value: bytes | str) -> str:
    """Decode UTF-8, else the Windows code page, else Latin-1; for the few values that need it."""
    if isinstance(value, str):
        return value
    for encoding in ("utf-8", "cp1252"):
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def data_of(texts: pa.Array) -> Bytes:
    """Return the bytes of all texts of an array that was just made."""
    data = texts.buffers()[2]
    return np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)


def no_texts(count: int) -> pa.LargeStringArray:
    """Return as many empty texts."""
    return _arrow(np.zeros(count + 1, np.int64), np.zeros(1, np.uint8), True)


def _arrow(places: Integers, data: Bytes, is_text: bool) -> pa.Array:
    kind = pa.large_string() if is_text else pa.large_binary()
    buffers = [None, pa.py_buffer(places), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(places) - 1, buffers)


def trimmed(data: Bytes, start: Integers, end: Integers, kept: tuple[int, ...] = ()) -> tuple[Integers, Integers]:
    """Leave out blanks and control characters at both ends of each range, but for those that are delimiters."""

    def blank(places: Integers) -> Flags:
        found = data[places]
        is_blank = found <= _BLANK
        for value in kept:
            is_blank &= found != value
        return is_blank

    at = np.flatnonzero(blank(start) & (start < end))
    if len(at):
        start = start.copy()
        left = start[at]
        for _ in range(8):
            left = left + 1
            more = blank(left) & (left < end[at])
            start[at] = left
            at, left = at[more], left[more]
            if not len(at):
                break
        else:
            solid = np.append(np.flatnonzero(~blank(np.arange(len(data)))), len(data))
            start[at] = np.minimum(solid[np.searchsorted(solid, left)], end[at])
    at = np.flatnonzero(blank(end - 1) & (start < end))
    if len(at):
        end = end.copy()
        right = end[at]
        for _ in range(8):
            right = right - 1
            more = blank(right - 1) & (start[at] < right)
            end[at] = right
            at, right = at[more], right[more]
            if not len(at):
                break
        else:
            solid = np.concatenate(([-1], np.flatnonzero(~blank(np.arange(len(data))))))
            end[at] = np.maximum(solid[np.searchsorted(solid, right) - 1] + 1, start[at])
    return start, end


def _unwrapped(raw: bytes, delimiters: Delimiters) -> tuple[bytes, Integers | None]:
    """Take layout bytes out; also return where each byte that is left stood."""
    if not delimiters.wrapped and not delimiters.two_bytes:
        return raw, None
    data = np.frombuffer(raw, np.uint8).copy()
    keep: Flags = np.ones(len(data), np.bool_)
    if delimiters.wrapped:
        keep &= (data != 10) & (data != 13)
    if delimiters.two_bytes:
        one, two = delimiters.two_bytes
        pair = np.flatnonzero((data[:-1] == one) & (data[1:] == two))
        data[pair] = STAND_IN
        keep[pair + 1] = False
    return data[keep].tobytes(), np.flatnonzero(keep)


def tokenise(raw: bytes, base: int, delimiters: Delimiters, *, is_last: bool, encoding: str = "ascii") -> Tokens:
    """Find all segments that end in `raw`; with `is_last` also one that the end of the bytes cuts off."""
    text, raw_at = _unwrapped(raw, delimiters)
    size = len(text)
    blanks = bytes(set(range(33)) - {delimiters.terminator})
    if is_last and text.rstrip(blanks).endswith(bytes([delimiters.terminator])):
        is_last = False
    terminator = bytes([delimiters.terminator])
    text = b"".join((text, terminator, bytes(PAD)))
    data = np.frombuffer(text, np.uint8)
    edges, beside = _edges(data, size + is_last, delimiters)
    last = np.flatnonzero(data[edges] == delimiters.terminator)
    edges = edges[: last[-1] + 1] if len(last) else edges[:0]
    first = np.empty_like(last)
    first[:1], first[1:] = 0, last[:-1] + 1
    # One token more than there are: the empty one.
    end_of_all = edges[-1:] + 1 if len(edges) else np.zeros(1, np.int64)
    te = np.concatenate([edges, end_of_all])
    ts = np.empty(len(te), np.int64)
    ts[0] = 0
    np.add(edges, 1, out=ts[1:])
    start = _without_line_ends(data, ts[first], te[first])
    ts[first] = start
    if len(beside):
        padded = np.unique(np.minimum(np.searchsorted(edges, beside), len(te) - 1))
        ts[padded], te[padded] = trimmed(data, ts[padded], te[padded], delimiters.kept)
        start = ts[first]
    stop, id_end = edges[last] + 1, te[first]
    empty = (first == last) & (id_end <= start)
    empty_at = start[empty]
    is_cut = is_last and len(stop) > 0
    if len(empty_at):
        is_cut = is_cut and not bool(empty[-1])
        first, last, stop, start, id_end = (part[~empty] for part in (first, last, stop, start, id_end))
    if raw_at is not None:
        raw_at = raw_at + base
        raw_at = np.append(raw_at, base + len(raw))
    id_word = id_words(words_of(data), start, id_end)
    return Tokens(
        text, data, size, delimiters, base, raw_at, ts, te, first, last, start, stop, id_word, code_of(id_word),
        empty_at, is_cut, encoding,
    )  # fmt: skip


def _edges(data: Bytes, size: int, delimiters: Delimiters) -> tuple[Integers, Integers]:
    """Return where separators and terminators stand, and places in elements that begin or end in a blank.

    Block by block, so that all comparisons of a block find it in the processor's nearest cache.
    """
    found: list[Integers] = []
    beside: list[Integers] = []
    for begin in range(0, size, _BLOCK):
        block = data[begin : min(begin + _BLOCK + 1, size)]
        at_separator = block == delimiters.element
        at_edge = at_separator | (block == delimiters.terminator)
        blank = block <= _BLANK
        blank &= ~at_edge
        before, after = at_edge[1:] & blank[:-1], at_separator[:-1] & blank[1:]
        for places in (before, after):
            if places.any():
                beside.append(np.flatnonzero(places) + begin + 1)
        edges = np.flatnonzero(at_edge[:_BLOCK])
        edges += begin
        found.append(edges)
    nothing = np.zeros(0, np.int64)
    return np.concatenate([nothing, *found]), np.concatenate([nothing, *beside])


def _without_line_ends(data: Bytes, start: Integers, end: Integers) -> Integers:
    """Move the start of each segment behind the blanks before its id."""
    for _ in range(4):
        blank = (data[start] <= _BLANK) & (start < end)
        if not blank.any():
            return start
        start = start + blank
    return trimmed(data, start, end)[0]
