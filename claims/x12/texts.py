"""Values of a window in, Arrow text out.

Short texts (most codes and numbers are) are put down word by word, all at once; the others one by one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12.numbers import FIRST, Bytes, Integers, Values, Words, pack, values_at, word_at
from claims.x12.segments import IDS
from claims.x12.tokens import Tokens, decoded

# The longest text that is put down as two words.
_SHORT = 16
# So many texts of another length are put in one by one.
_FEW = 16
_SIZES = ((8, np.uint64), (4, np.uint32), (2, np.uint16), (1, np.uint8))
# The largest number that fits in so many bytes.
_LARGEST = {longest: next(one for one in _SIZES if one[0] <= longest) for longest in range(1, 9)}


def texts(tokens: Tokens, values: Values) -> pa.LargeStringArray:
    """Return values as Arrow text."""
    length, longest = values.length, values.longest
    if not longest:
        return no_texts(len(length))
    if longest > _SHORT or tokens.has_nul or not tokens.is_ascii:
        return _one_by_one(tokens, values.start, values.start + length)
    is_even = values.shortest == longest
    if longest <= 8:
        return of_words(values.eight if is_even else values.word, length, longest, is_even=is_even)
    # The second word ends where the longest text does.
    behind = longest - 8
    second = word_at(tokens.view, values.start + behind)
    if not is_even:
        second &= FIRST.take(length - behind, mode="clip")
    cells = np.empty(len(length) * longest, np.uint8)
    _every(cells, np.uint64, 0, longest)[...] = values.eight if is_even else values.word
    _every(cells, np.uint64, behind, longest)[...] = second
    return _of_cells(cells, length, longest, is_even=is_even)


def of_words(words: Words, length: Integers, longest: int, *, is_even: bool) -> pa.LargeStringArray:
    """Return texts of up to eight bytes, each the first bytes of a word.

    `is_even`: all are of one length; else the other bytes of each word are 0.
    """
    if longest == 3 and not is_even:
        return _of_cells(words.astype(np.uint32), length, 4, is_even=False)
    size, kind = _LARGEST[longest]
    if size == longest:
        return _of_cells(words.astype(kind), length, longest, is_even=is_even)
    # Two halves that overlap fill any length.
    cells = np.empty(len(words) * longest, np.uint8)
    _every(cells, kind, 0, longest)[...] = words.astype(kind)
    _every(cells, kind, longest - size, longest)[...] = (words >> np.uint64(8 * (longest - size))).astype(kind)
    return _of_cells(cells, length, longest, is_even=is_even)


def _every(cells: Bytes, kind: Any, begin: int, step: int) -> Any:
    """View a number in each cell of `step` bytes, `begin` bytes from where the cell begins."""
    return np.ndarray(len(cells) // step, kind, cells.data, begin, (step,))


def _of_cells(cells: Any, length: Integers, longest: int, *, is_even: bool) -> pa.LargeStringArray:
    """Return texts that stand in cells of one size, 0 behind those that are shorter."""
    if is_even:
        return even_texts(cells, longest)
    places = np.zeros(len(length) + 1, np.int64)
    np.cumsum(length, out=places[1:])
    # A bytearray leaves bytes out at three times the speed of bytes, which look at each time whether anything changed.
    return _arrow(places, bytearray(cells).translate(None, b"\0"), True)


def even_texts(data: Any, length: int) -> pa.LargeStringArray:
    """Return texts of one length (at least one byte) that stand behind each other."""
    buffer = pa.py_buffer(data)
    count = buffer.size // length
    return pa.Array.from_buffers(pa.large_string(), count, [None, _steps(length, count), buffer])


_shared: dict[int, tuple[int, pa.Buffer]] = {}


def _steps(step: int, count: int) -> pa.Buffer:
    """Return where texts of one length start. All columns share one buffer, which is the larger part of their bytes."""
    known, buffer = _shared.get(step, (0, None))
    if known < count:
        known = max(count, 1 << 14)
        buffer = pa.py_buffer(np.arange(known + 1, dtype=np.int64) * step)
        _shared[step] = known, buffer
    return buffer


def no_texts(count: int) -> pa.LargeStringArray:
    """Return as many empty texts."""
    return pa.Array.from_buffers(pa.large_string(), count, [None, _steps(0, count), _NOTHING])


_NOTHING = pa.py_buffer(b"")


def size_of(found: pa.LargeStringArray) -> int:
    """Return how many bytes all texts of an array have together."""
    places = np.frombuffer(found.buffers()[1], np.int64)
    return int(places[found.offset + len(found)] - places[found.offset]) if len(found) else 0


class Choice:
    """Rows to be taken from columns of `count` texts, `""` for row -1; how is found once for all columns."""

    def __init__(self, rows: Integers, count: int) -> None:
        self._size, self._is_whole = len(rows), bool(rows.min(initial=0) >= 0)
        # Rows that follow each other need not be copied.
        edges = np.flatnonzero(rows[1:] != rows[:-1] + 1) + 1
        self._runs: list[tuple[int, int]] = []
        self._repeated: list[tuple[int, int]] = []
        if self._is_whole and len(rows) and len(edges) < _FEW:
            self._runs = _runs(rows, edges)
        elif self._is_whole and len(edges := np.flatnonzero(rows[1:] != rows[:-1]) + 1) < _FEW <= len(rows):
            self._repeated = _runs(rows, edges)
        else:
            self._places = pa.array(rows if self._is_whole else np.where(rows >= 0, rows, count))

    def of(self, column: pa.ChunkedArray | None) -> pa.Array:
        """Take the rows; of a column that is not there, empty texts."""
        if column is None or not self._size:
            return no_texts(self._size)
        if self._runs:
            return _one([part for begin, size in self._runs for part in column.slice(begin, size).chunks])
        if self._repeated:
            return _repeated_texts([(column[row].as_py().encode("utf-8"), times) for row, times in self._repeated])
        parts = column.chunks if self._is_whole else [*column.chunks, no_texts(1)]
        return _one(parts).take(self._places)


def _runs(rows: Integers, edges: Integers) -> list[tuple[int, int]]:
    """Return the first row of each run of rows and how long the run is; `edges`: where all but the first run begin."""
    begins = np.concatenate(([0], edges))
    return list(zip(rows.take(begins).tolist(), np.diff(begins, append=len(rows)).tolist(), strict=True))


def _repeated_texts(runs: list[tuple[bytes, int]]) -> pa.LargeStringArray:
    """Return texts, each so many times behind each other."""
    lengths, times = [len(text) for text, _ in runs], [times for _, times in runs]
    data = b"".join(text * times for text, times in runs)
    if len(set(lengths)) == 1:
        return even_texts(data, lengths[0]) if data else no_texts(sum(times))
    places = np.zeros(sum(times) + 1, np.int64)
    np.cumsum(np.repeat(lengths, times), out=places[1:])
    return _arrow(places, data, True)


def _one(parts: list[pa.Array]) -> pa.Array:
    return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)


def joined_texts(tokens: Tokens, values: Values, separator: int) -> pa.LargeStringArray:
    """Return values as Arrow text, a blank for each run of separators in it."""
    found = texts(tokens, values)
    data = data_of(found).tobytes()
    if data.find(separator) < 0:
        return found
    blanks = data.translate(bytes.maketrans(bytes([separator]), b" "))
    # Single separators between other bytes become blanks all at once.
    if separator < 0x80 and b"  " not in blanks and not _begins_or_ends_in(found, separator):
        return pa.Array.from_buffers(found.type, len(found), [None, found.buffers()[1], pa.py_buffer(blanks)])
    found = pc.replace_substring(found, chr(separator), " ")
    return pc.utf8_trim(pc.replace_substring_regex(found, " +", " "), " ")


def _begins_or_ends_in(found: pa.LargeStringArray, separator: int) -> bool:
    """Tell whether a text of an array that was just made begins or ends in a byte; some text is not empty."""
    data, places = data_of(found), np.frombuffer(found.buffers()[1], np.int64)[: len(found) + 1]
    data = data[: places[-1]]
    # An empty text has the first byte of one behind it or the last byte of one before it, which are looked at anyway.
    first, last = data.take(places[:-1], mode="clip"), data.take(places[1:] - 1, mode="wrap")
    return bool((first == separator).any() or (last == separator).any())


def upper(found: pa.Array) -> pa.Array:
    """Codes are compared in upper case; almost all are so already."""
    data = data_of(found)
    return pc.utf8_upper(found) if len(data) and data.max() >= ord("a") else found


def data_of(found: pa.Array) -> Bytes:
    """Return the bytes of all texts of an array that was just made."""
    data = found.buffers()[2]
    return np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)


def _one_by_one(tokens: Tokens, start: Integers, end: Integers) -> pa.LargeStringArray:
    is_text = tokens.is_ascii or tokens.encoding == "utf-8"
    empty = start >= end
    if empty.any():
        # Empty ranges go where the last one ended, so that all rise.
        reached = np.maximum.accumulate(np.where(empty, 0, end))
        start, end = np.where(empty, reached, start), np.where(empty, reached, end)
    if (start[1:] < end[:-1]).any():
        return _decoded(tokens, _gathered(tokens.data, start, end, is_text))
    # Text, gap, text, gap: Arrow takes every second one.
    places = np.empty(2 * len(start), np.int64)
    places[0::2], places[1::2] = start, end
    found = _arrow(places, tokens.data, is_text)
    return _decoded(tokens, found.take(pa.array(np.arange(0, 2 * len(start), 2))))


def _gathered(data: Bytes, start: Integers, end: Integers, is_text: bool) -> pa.Array:
    """Copy ranges that lie in any order, some of them more than once."""
    lengths = end - start
    places = np.zeros(len(start) + 1, np.int64)
    np.cumsum(lengths, out=places[1:])
    from_where = np.repeat(start - places[:-1], lengths) + np.arange(places[-1])
    return _arrow(places, data.take(from_where), is_text)


def _decoded(tokens: Tokens, found: pa.Array) -> pa.LargeStringArray:
    if tokens.is_ascii:
        return found
    if tokens.encoding == "utf-8":
        try:
            found.validate(full=True)
        except pa.ArrowInvalid:
            found = found.cast(pa.large_binary())
        else:
            return found
    return pa.array([decoded(value) for value in found.to_pylist()], pa.large_string())


def _arrow(places: Integers, data: Any, is_text: bool) -> pa.Array:
    kind = pa.large_string() if is_text else pa.large_binary()
    return pa.Array.from_buffers(kind, len(places) - 1, [None, pa.py_buffer(places), pa.py_buffer(data)])


def named(names: tuple[str, ...], numbers: Any) -> pa.LargeStringArray:
    """Return the name of each number; no name is longer than eight bytes."""
    if not len(numbers):
        return no_texts(0)
    words, lengths = _name_words(names)
    # Most rows of a frame, often all, have names of one length.
    length = int(lengths[numbers[len(numbers) // 2]])
    others = lengths[numbers.min() : numbers.max() + 1] != length
    kind = next((kind for size, kind in _SIZES if size == length), None)
    odd = np.flatnonzero((lengths != length).take(numbers)) if others.any() else np.zeros(0, np.int64)
    if kind is None or len(odd) > _FEW:
        return _of_names(words.take(numbers), lengths.take(numbers))
    cells = words.astype(kind).take(numbers)
    return _mended(cells, length, odd, [names[numbers[row]] for row in odd]) if len(odd) else even_texts(cells, length)


def _mended(cells: Any, length: int, odd: Integers, texts: list[str]) -> pa.LargeStringArray:
    """Return texts of one length but for a few."""
    data, places = memoryview(cells).cast("B"), np.arange(len(cells) + 1, dtype=np.int64) * length
    parts: list[Any] = []
    begin = 0
    for row, text in zip(odd.tolist(), texts, strict=True):
        parts += [data[begin * length : row * length], text.encode("ascii")]
        places[row + 1 :] += len(text) - length
        begin = row + 1
    return _arrow(places, b"".join([*parts, data[begin * length :]]), True)


def _of_names(words: Any, length: Integers) -> pa.LargeStringArray:
    longest = int(length.max())
    return of_words(words, length, longest, is_even=int(length.min()) == longest) if longest else no_texts(len(length))


@cache
def _name_words(names: tuple[str, ...]) -> tuple[Words, Integers]:
    return np.array([pack(name) for name in names], np.uint64), np.array([len(name) for name in names])


_IDS = tuple(IDS)


def segment_ids(tokens: Tokens) -> pa.LargeStringArray:
    """Return the id of every segment, in upper case; one that is not in the list of ids as it stands."""
    odd = np.flatnonzero(tokens.code == 0)
    if not len(odd):
        words, lengths = _name_words(_IDS)
        return _of_names(words.astype(np.uint32).take(tokens.code), lengths.take(tokens.code))
    start = tokens.start[odd]
    found = values_at(tokens.view, start, tokens.te[tokens.first[odd]] - start)
    longest = max(int(found.length.max()), 3)
    if longest <= 8 and tokens.is_ascii and not tokens.has_nul:
        words, lengths = _name_words(_IDS)
        words, lengths = words.take(tokens.code), lengths.take(tokens.code)
        words[odd], lengths[odd] = found.code, found.length
        return _of_names(words, lengths)
    texts_of = pc.utf8_upper(_one_by_one(tokens, start, start + found.length))
    return pc.replace_with_mask(named(_IDS, tokens.code), pa.array(tokens.code == 0), texts_of)
