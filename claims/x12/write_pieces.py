"""Columns of text in, longer texts out, row by row and without a loop over rows.

A part is an Arrow column of text without nulls, or a constant that stands in every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12.numbers import Flags, Integers

# Of each row whether something holds; a plain bool says it of all.
Mask = Flags | bool
Texts: TypeAlias = pa.LargeStringArray
Part: TypeAlias = Texts | str

TEXT = pa.large_string()
_NOTHING = pa.scalar("", TEXT)


def _given(part: Part) -> pa.Array | pa.Scalar:
    return pa.scalar(part, TEXT) if isinstance(part, str) else part


def joined(*parts: Part) -> Part:
    """Put parts together; constants alone give a constant."""
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif not isinstance(part, str) or part:
            merged.append(part)
    if len(merged) < 2:
        return merged[0] if merged else ""
    return pc.binary_join_element_wise(*map(_given, merged), _NOTHING)


def when(mask: Mask, *parts: Part) -> Part:
    """Put parts together where `mask` holds; nothing elsewhere."""
    if isinstance(mask, bool):
        return joined(*parts) if mask else ""
    rows = np.flatnonzero(mask)
    if len(rows) == len(mask):
        return joined(*parts)
    if not len(rows):
        return ""
    some = spread(joined(*(chosen(part, rows) for part in parts)), len(rows))
    lengths = np.zeros(len(mask), np.int64)
    lengths[rows] = np.diff(edges_of(some))
    return _texts(np.concatenate(([0], np.cumsum(lengths))) + edges_of(some)[0], some)


def optional(before: Part, value: Part, after: str = "~") -> Part:
    """Put a value between two parts; nothing where there is no value."""
    return when(filled(value), before, value, after)


def either(part: Part, other: Part) -> Part:
    """Give `part`, and `other` where it is empty."""
    return choice(filled(part), part, other)


def choice(mask: Mask, yes: Part, no: Part) -> Part:
    """Give `yes` where `mask` holds, else `no`."""
    if isinstance(mask, bool) or mask.all() or not mask.any():
        return yes if (mask if isinstance(mask, bool) else mask.all()) else no
    return pc.if_else(pa.array(mask), _given(yes), _given(no))


def filled(part: Part) -> Mask:
    """Tell where a part is not empty."""
    return bool(part) if isinstance(part, str) else np.diff(edges_of(part)) > 0


def differ(one: Part, other: Part) -> Mask:
    """Tell where two parts are not the same."""
    if isinstance(one, str) and isinstance(other, str):
        return one != other
    return np.asarray(pc.not_equal(_given(one), _given(other)))


def same(one: Part, other: Part) -> Mask:
    """Tell where two parts are the same."""
    return negated(differ(one, other))


def negated(mask: Mask) -> Mask:
    """Tell where something does not hold."""
    return not mask if isinstance(mask, bool) else ~mask


def flags(mask: Mask, rows: int) -> Flags:
    """Give a flag for each row."""
    return np.full(rows, mask) if isinstance(mask, bool) else mask


def is_among(part: Part, texts: Sequence[str]) -> Mask:
    """Tell where a part is one of some texts."""
    return part in texts if isinstance(part, str) else np.asarray(pc.is_in(part, pa.array(texts, TEXT)))


def chosen(part: Part, rows: Integers) -> Part:
    """Give the texts of some rows; none for row -1."""
    if isinstance(part, str):
        return part if not len(rows) or rows.min() >= 0 else when(rows >= 0, part)
    if is_counting(rows, len(part)):
        return part
    if len(rows) and rows.min() < 0:
        return part.take(pa.array(rows, mask=rows < 0)).fill_null("")
    return part.take(pa.array(rows))


def gathered(part: Part, owner: Integers, owners: int) -> Texts:
    """Put the texts of each owner's rows together; `owner`, the number of each row's owner, never falls."""
    texts = spread(part, len(owner))
    if is_counting(owner, owners):
        return texts
    return _texts(edges_of(texts)[np.searchsorted(owner, np.arange(owners + 1))], texts)


def is_counting(rows: Integers, count: int) -> bool:
    """Tell whether rows are all there are, in order: then nothing is to be moved."""
    return len(rows) == count and bool((rows == np.arange(count)).all())


def spread(part: Part, rows: int) -> Texts:
    """Give a column also for a constant."""
    return pa.repeat(pa.scalar(part, TEXT), rows) if isinstance(part, str) else part


def whole_numbers(values: Integers) -> Part:
    """Write integers."""
    if len(values) and (values == values[0]).all():
        return str(values[0])
    return pc.cast(pa.array(values), TEXT)


def settled(texts: Texts) -> Part:
    """Give a constant for a column that has one text in all rows, as many have: it costs nothing to put together."""
    edges, data = edges_of(texts), bytes_of(texts)
    length = int(edges[1] - edges[0]) if len(texts) else 0
    if len(data) != length * len(texts) or data[:length] != data[len(data) - length :]:
        return texts
    if (np.diff(edges) != length).any():
        return texts
    return data[:length].decode() if data == data[:length] * len(texts) else texts


def numbered(*parts: Part, rows: int) -> Integers:
    """Number the distinct combinations of parts from 0, in order of appearance."""
    keys = spread(joined(*(one for part in parts for one in (part, "\x01"))), rows)
    return np.asarray(keys.dictionary_encode().indices, np.int64)


def occurrences(texts: Texts, mark: str) -> Integers:
    """Count a character in each text."""
    edges, data = edges_of(texts), texts.buffers()[2]
    if data is None:
        return np.zeros(len(texts), np.int64)
    places = np.flatnonzero(np.frombuffer(data, np.uint8)[edges[0] : edges[-1]] == ord(mark))
    return np.asarray(np.diff(np.searchsorted(places, edges - edges[0])), np.int64)


def edges_of(texts: Texts) -> Integers:
    """Return where each text begins in the bytes of all, and where the last one ends."""
    places = texts.buffers()[1]
    if places is None or not len(texts):
        return np.zeros(1, np.int64)
    return np.frombuffer(places, np.int64, len(texts) + 1, texts.offset * 8)


def segment_starts(begins: Flags, size: int) -> Flags:
    """Tell which rows open a segment: the first of each run, and each that follows `size` others."""
    place = np.arange(len(begins))
    before: Integers = np.maximum.accumulate(np.where(begins, place, 0))
    return np.asarray((place - before) % size == 0)


def bytes_of(texts: Texts) -> bytes:
    """Return the bytes of all texts, one after another."""
    edges, data = edges_of(texts), texts.buffers()[2]
    return b"" if data is None else bytes(memoryview(data)[int(edges[0]) : int(edges[-1])])


def translated(texts: Texts, table: bytes) -> Texts:
    """Put another byte in the place of each, as `table` says."""
    edges, data = edges_of(texts), bytes_of(texts).translate(table)
    return pa.Array.from_buffers(TEXT, len(texts), [None, pa.py_buffer(edges - edges[0]), pa.py_buffer(data)])


def _texts(edges: Integers, texts: Texts) -> Texts:
    """Cut the bytes of `texts` anew."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(edges)), texts.buffers()[2]]
    return pa.Array.from_buffers(TEXT, len(edges) - 1, buffers)
