"""One window of bytes in; its segments and elements as arrays of positions out, in one pass over all delimiters.

A token is an element (or a segment id), blanks at both ends left out: token `k` ends at `te[k]`, and where it starts is
told by `start_of`. The last token of all is an empty one that stands for every element that was not sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from claims.x12.blanks import BLANK, trimmed
from claims.x12.delimiters import STAND_IN, Delimiters
from claims.x12.numbers import PAD, Bytes, Flags, Integers, Values, Words, values_at, word_at, words_of
from claims.x12.segments import code_of, id_words

_BLOCK = 64 << 10


class Hole(NamedTuple):
    """Bytes of the file, from `begin` up to `end`, that a window leaves out; `digest` tells them from others."""

    begin: int
    end: int
    digest: bytes


@dataclass
class Tokens:
    """Positions of segments (`first`, `last`: tokens; `start`, `stop`: bytes; `code`) and tokens in a window.

    `before`: the byte before each token, where an element begins unless blanks stand beside some: then `padded_ts` has
    the starts of all tokens, and `is_padded` tells by code which segments have such elements: an ISA always. `gap`: so
    many line ends stand between any two segments, -1 when that is not known.
    `hole_at`: before these bytes of the window stand the holes.
    """

    text_bytes: bytes
    data: Bytes
    size: int
    delimiters: Delimiters
    base: int
    raw_at: Integers | None
    before: Integers
    te: Integers
    first: Integers
    last: Integers
    start: Integers
    stop: Integers
    id_word: Words
    code: Bytes
    empty_at: Integers
    is_unterminated: bool
    padded_ts: Integers | None
    is_padded: Flags
    gap: int
    encoding: str
    holes: tuple[Hole, ...]
    hole_at: Integers

    def __len__(self) -> int:
        return len(self.first)

    def upto(self, size: int, count: int) -> Tokens:
        """Return the first `count` segments, all that stand in the first `size` bytes."""
        self.size = size
        kept = int(np.searchsorted(self.hole_at, size, side="right"))
        self.holes, self.hole_at = self.holes[:kept], self.hole_at[:kept]
        self.empty_at = self.empty_at[self.empty_at < size]
        for name in ("first", "last", "start", "stop", "code", "id_word"):
            setattr(self, name, getattr(self, name)[:count])
        self.is_unterminated = False
        for name in ("offset", "length", "has_trailing_separator"):
            self.__dict__.pop(name, None)
        return self

    @cached_property
    def view(self) -> Words:
        return words_of(self.data)

    @cached_property
    def is_ascii(self) -> bool:
        return self.encoding == "ascii" or not bool((self.data[: self.size] & 0x80).any())

    def at(self, rows: Integers, element: int) -> Integers:
        """Return the token of an element of each segment in `rows`."""
        found = self.first.take(rows) + element
        unsent = found > self.last.take(rows)
        if unsent.any():
            found[unsent] = len(self.te) - 1
        return found

    def start_of(self, token: Integers) -> Integers:
        """Return where elements (but not segment ids) start: behind the end of the token before, which is at hand."""
        if self.padded_ts is not None:
            return self.padded_ts.take(token)
        found = self.before.take(token)
        found += 1
        return found

    def values(self, token: Integers) -> Values:
        """Return some elements as values."""
        start = self.start_of(token)
        return values_at(self.view, start, self.te.take(token) - start)

    def raw(self, position: Integers) -> Integers:
        """Turn positions in the window into byte offsets of the file as received."""
        found = np.add(position, self.base, dtype=np.int64) if self.raw_at is None else self.raw_at[position]
        if len(self.hole_at):
            found += self._left_out.take(np.searchsorted(self.hole_at, position, side="right"))
        return found

    @cached_property
    def _left_out(self) -> Integers:
        """Return how many bytes are left out before the first hole, behind it, behind the second one and so on."""
        return np.cumsum([0, *(hole.end - hole.begin for hole in self.holes)])

    @cached_property
    def offset(self) -> Integers:
        return self.raw(self.start)

    @cached_property
    def length(self) -> Integers:
        if self.raw_at is None and not self.is_unterminated and not self.holes:
            return self.stop - self.start
        end = self.stop.copy()
        if self.is_unterminated and len(end):
            end[-1] -= 1
        return self.raw(end - 1) + 1 - self.offset

    @cached_property
    def has_nul(self) -> bool:
        """Tell whether a byte of the window is 0, which elsewhere fills what a text leaves of its words."""
        return self.text_bytes.find(0, 0, self.size) >= 0

    @cached_property
    def has_trailing_separator(self) -> Flags:
        """Tell for each segment whether its last element is empty, so that the segment ends in a separator."""
        end = self.stop - 1 if self.padded_ts is None else self.te.take(self.last)
        return np.asarray((self.start_of(self.last) == end) & (self.last > self.first))

    def elements(self, row: int) -> list[str]:
        """Return one segment as texts, its id first."""
        first, last = int(self.first[row]), int(self.last[row])
        starts = [int(self.start[row]), *self.start_of(np.arange(first + 1, last + 1)).tolist()]
        ends = self.te[first : last + 1].tolist()
        return [decoded(self.data[s:e].tobytes()) for s, e in zip(starts, ends, strict=True)]


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


def _unwrapped(raw: bytes | memoryview, delimiters: Delimiters) -> tuple[bytes | memoryview, Integers | None]:
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


def _is_cut_off(text: bytes | memoryview, blanks: bytes, terminator: bytes) -> bool:
    """Tell whether something stands behind the last terminator."""
    size = 64
    while not (solid := bytes(text[-size:]).rstrip(blanks)) and size < len(text):
        size *= 8
    return bool(solid) and not solid.endswith(terminator)


def tokenise(
    raw: bytes | memoryview, base: int, delimiters: Delimiters, *, is_last: bool, encoding: str = "ascii",
    holes: tuple[Hole, ...] = (),
) -> Tokens:  # fmt: skip
    """Find all segments that end in `raw`; with `is_last` also one that the end of the bytes cuts off.

    `raw` stands in the file from `base` on, but for the holes.
    """
    unwrapped, raw_at = _unwrapped(raw, delimiters)
    size = len(unwrapped)
    blanks = bytes(set(range(33)) - {delimiters.terminator})
    terminator = bytes([delimiters.terminator])
    if is_last:
        is_last = _is_cut_off(unwrapped, blanks, terminator)
    text = b"".join((unwrapped, terminator, bytes(PAD)))
    data = np.frombuffer(text, np.uint8)
    edges, is_end, beside = _edges(data, size + is_last, delimiters)
    last = np.flatnonzero(is_end)
    # One token more than there are: the empty one.
    edges = edges[: last[-1] + 3] if len(last) else edges[:2]
    edges[-1] = edges[-2] + 1
    before, te = edges[:-1], edges[1:]
    first, stop = np.zeros_like(last), te.take(last)
    first[1:] = last[:-1] + 1
    stop += 1
    start = np.zeros_like(stop)
    start[1:] = stop[:-1]
    view = words_of(data)
    id_end = te.take(first)
    start, id_word, gap = _begin(data, view, start, id_end, delimiters)
    padded, padded_ts = np.zeros(0, np.int64), None
    if len(beside):
        padded = np.unique(np.minimum(np.searchsorted(te[:-1], beside), len(te) - 1))
        padded_ts, te = before + 1, te.copy()
        padded_ts[first] = start
        padded_ts[padded], te[padded] = trimmed(data, padded_ts[padded], te[padded], delimiters.kept)
        if len(first) and (first.take(np.searchsorted(first, padded), mode="clip") == padded).any():
            start = padded_ts.take(first)
            id_word, id_end = word_at(view, start), te.take(first)
    empty = (id_end <= start) & (first == last)
    empty_at = start[empty]
    is_cut = is_last and len(stop) > 0
    if len(empty_at):
        is_cut = is_cut and not bool(empty[-1])
        first, last, stop, start, id_end, id_word = (
            part[~empty] for part in (first, last, stop, start, id_end, id_word)
        )
    sizes = np.array([hole.end - hole.begin for hole in holes], np.int64)
    hole_at = np.array([hole.begin - base for hole in holes], np.int64) - np.cumsum(sizes) + sizes
    if raw_at is not None:
        hole_at = np.searchsorted(raw_at, hole_at)
        raw_at = np.append(raw_at, len(raw)) + base
    id_word = id_words(id_word, id_end - start)
    code = code_of(id_word)
    is_padded = np.zeros(256, np.bool_)
    if len(code):
        is_padded[code.take(np.searchsorted(first, padded, side="right") - 1, mode="clip")] = True
    return Tokens(
        text, data, size, delimiters, base, raw_at, before, te, first, last, start, stop, id_word, code,
        empty_at, is_cut, padded_ts, is_padded, -1 if len(empty_at) else gap, encoding, holes, hole_at,
    )  # fmt: skip


def _edges(data: Bytes, size: int, delimiters: Delimiters) -> tuple[Integers, Flags, Integers]:
    """Return where separators and terminators stand, which are terminators, and blanks beside them.

    A place before the first one and room behind the last one stand with the places.

    Block by block, so that all comparisons of a block find it in the processor's nearest cache.
    """
    found, ends, beside = [np.full(1, -1, np.int32)], [np.zeros(0, np.bool_)], [np.zeros(0, np.int32)]
    for begin in range(0, size, _BLOCK):
        block = data[begin : min(begin + _BLOCK + 1, size)]
        at_separator, at_end = block == delimiters.element, block == delimiters.terminator
        at_edge = at_separator | at_end
        blank = block <= BLANK
        # Few blocks have blanks but for the line ends behind terminators, which go with the start of a segment.
        if delimiters.has_blank_edges or (blank[1:].view(np.uint8) > at_end[:-1].view(np.uint8)).any():
            if delimiters.has_blank_edges:
                blank &= ~at_edge
            for places in (at_edge[1:] & blank[:-1], at_separator[:-1] & blank[1:]):
                # Blanks within names and streets are in every block; to see that none is at an edge is cheaper.
                if places.any():
                    beside.append(np.flatnonzero(places).astype(np.int32) + np.int32(begin + 1))
        edges = np.flatnonzero(at_edge[:_BLOCK])
        ends.append(at_end.take(edges))
        found.append(edges.astype(np.int32) + np.int32(begin))
    found.append(np.zeros(1, np.int32))
    return np.concatenate(found), np.concatenate(ends), np.concatenate(beside)


def _begin(
    data: Bytes, view: Words, start: Integers, end: Integers, delimiters: Delimiters
) -> tuple[Integers, Words, int]:
    """Move the start of each segment behind the blanks before its id; return it, the word that begins there, the gap.

    Almost always as many line ends stand before each segment but the first: then a look at the words will do.
    """
    word = word_at(view, start)
    for gap in range(3):
        low = word.astype(np.uint8)
        blank = low <= BLANK
        if not blank.any():
            return start, word, gap
        is_line_end = (low == 10) | (low == 13)
        if delimiters.has_blank_edges or blank[:1].any() or not is_line_end[1:].all():
            break
        start[1:] += 1
        word[1:] >>= np.uint64(8)
    start = _without_line_ends(data, start, end)
    return start, word_at(view, start), -1


def _without_line_ends(data: Bytes, start: Integers, end: Integers) -> Integers:
    """Move the start of each segment behind the blanks before its id."""
    for _ in range(4):
        blank = (data.take(start) <= BLANK) & (start < end)
        if not blank.any():
            return start
        start = start + 1 if blank.all() else start + blank
    return trimmed(data, start, end)[0]
