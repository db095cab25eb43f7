"""Frames of an 837 in a window in; the segments that these do not carry in full out, as rows of `other_segments`.

`text` holds the elements of a segment, whatever the delimiters of its file: `*` between elements, `:` between
components, `^` between repetitions. The same characters as data are carried as control characters, as in `write_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12.carried import Carried, carried
from claims.x12.delimiters import Delimiters
from claims.x12.extract import Extract
from claims.x12.numbers import Flags, Integers, values_at
from claims.x12.segments import CODES
from claims.x12.texts import texts
from claims.x12.window import Window
from claims.x12.write_pieces import bytes_of, translated
from claims.x12.write_text import CARRIED, PLAIN

if TYPE_CHECKING:
    from claims.x12.sets import SetReader

# Written anew, from what stands between and below them.
_MADE = [CODES[name] for name in ("ST", "SE", "BHT", "LX")]
_CONTROLS = bytes([*range(32), 127])


def other_segments(reader: SetReader, found: dict[str, Extract | None]) -> Extract | None:
    """Return the segments of a kind of set that no row of `found` carries."""
    window = reader.window
    is_other: Flags = np.zeros(len(window.tokens), np.bool_)
    for _, begin, after in reader.own_sets():
        is_other[begin:after] = True
    is_other &= ~np.isin(window.tokens.code, _MADE)
    for segment, own in carried().items():
        rows = found.get(own.frame)
        if rows is not None:
            is_other[np.setdiff1d(_rows(window, segment, rows), _with_more(window, segment, own))] = False
    at = np.flatnonzero(is_other)
    if not len(at):
        return None
    columns = {"hl_seg": _levels(window, at), "segment_id": _ids(window, at), "text": _texts(window, at)}
    return Extract(at, np.zeros(len(at), np.int64), columns)


def _levels(window: Window, at: Integers) -> Integers:
    """Return the `seg` of the HL of segments above the claims; 0 for those of a claim, which has keys of its own."""
    segs = np.append(window.seg(window.rows.of(CODES["HL"])), 0)
    return np.where(window.owner("claim", at) < 0, segs[window.owner("hl", at)], 0)


def _rows(window: Window, segment: str, found: Extract) -> Integers:
    return np.unique(found.rows[window.tokens.code[found.rows] == CODES[segment]])


def _with_more(window: Window, segment: str, own: Carried) -> Integers:
    """Return the segments of an id in which an element, or a component, is sent that no column carries."""
    rows, code = window.rows, CODES[segment]
    at = rows.of(code)
    has_more: Flags = np.zeros(len(at), np.bool_)
    most = int((window.tokens.last[at] - window.tokens.first[at]).max(initial=0))
    for element in range(1, most + 1):
        values = rows.values(code, element)
        if values is None:
            continue
        if element not in own.elements:
            has_more |= values.length > 0
        elif components := own.elements[element]:
            separators = pc.count_substring(texts(window.tokens, values), chr(window.tokens.delimiters.component))
            has_more |= np.asarray(separators) >= components[-1]
    return at[has_more]


def _ids(window: Window, at: Integers) -> pa.Array:
    tokens = window.tokens
    start = tokens.start[at]
    ids = texts(tokens, values_at(tokens.view, start, tokens.te[tokens.first[at]] - start))
    return pc.utf8_upper(ids)


def _texts(window: Window, at: Integers) -> pa.Array:
    """Return the elements of segments, without separators that end them and blanks around them."""
    tokens = window.tokens
    begin, end = tokens.te[tokens.first[at]] + 1, tokens.stop[at] - 1
    found = translated(
        texts(tokens, values_at(tokens.view, begin, np.maximum(end - begin, 0))), _table(tokens.delimiters)
    )
    data = bytes_of(found)
    if any(mark in data for mark in (b" *", b":*", b"* ")):
        found = pc.replace_substring_regex(found, r"[: ]*\* *", "*")
    return pc.utf8_trim(pc.utf8_rtrim(found, "*: "), " ")


def _table(delimiters: Delimiters) -> bytes:
    table = bytearray(bytes.maketrans(_CONTROLS + PLAIN.encode(), b" " * len(_CONTROLS) + CARRIED.encode()))
    stated = (delimiters.element, delimiters.component, delimiters.repetition)
    for mark, plain in zip(stated, PLAIN.encode(), strict=False):
        if mark >= 0:
            table[mark] = plain
    return bytes(table)
