"""Segments as they are written: ids, blanks, separators; whatever guide they answer to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from claims.x12.conform.reporter import Reporter
from claims.x12.conform.text import Text
from claims.x12.numbers import Flags, Integers
from claims.x12.segments import IDS

_IS_LINE_END = np.zeros(256, np.bool_)
_IS_LINE_END[[10, 13]] = True
_IS_LETTER = np.zeros(256, np.bool_)
_IS_LETTER[ord("A") : ord("Z") + 1] = True
_IS_OF_ID = _IS_LETTER.copy()
_IS_OF_ID[ord("0") : ord("9") + 1] = True


def look_at_text(text: Text, report: Reporter) -> None:
    """Report what is wrong with segments whatever they mean."""
    tokens = text.tokens
    token = text.last
    trailing = (text.end[token] == text.start[token]) & (text.elements > 0)
    for row in report.listed(np.flatnonzero(trailing)).tolist():
        report.find("trailing-separator", row, f"{IDS[int(tokens.code[row])]}{int(text.elements[row]):02d}")
    lower = (tokens.id_word & (tokens.id_word >> np.uint64(1)) & np.uint64(0x202020)) != 0
    report.find_all("lower-case", np.flatnonzero(lower & (tokens.code != 0)))
    unclean = []
    for row, mark in _before_ids(text):
        if mark.startswith(b" "):
            report.find("leading-blank", row)
        elif mark:
            unclean.append(row)
    bare = np.flatnonzero(trailing | (text.elements == 0))
    report.find_all("empty", bare[_are_empty(text, bare)])
    is_bad = np.zeros(len(tokens), np.bool_)
    others = np.flatnonzero(tokens.code == 0)
    is_bad[others] = ~_are_ids(text, others)
    # Reading forgives what stands before an id or behind it.
    is_bad[unclean] = True
    if tokens.padded_ts is not None:
        is_bad |= tokens.te.take(text.first) != text.end.take(text.first)
    report.find_all("bad-id", np.flatnonzero(is_bad))


def _before_ids(text: Text) -> Iterator[tuple[int, bytes]]:
    """Return segments with what stands before them, after the line ends that may stand there."""
    tokens = text.tokens
    if tokens.gap >= 0:
        return
    # A line end, of one byte or two, is what stands between most segments.
    start = text.start[text.first]
    gap = start.copy()
    gap[1:] -= tokens.stop[:-1]
    is_usual = _IS_LINE_END.copy()
    is_usual[tokens.delimiters.terminator] = True
    is_odd = (gap > 2) | ((gap > 0) & ~(is_usual[text.data[start - 1]] & is_usual[text.data[start - 2]]))
    terminator = bytes([tokens.delimiters.terminator])
    for row in np.flatnonzero(is_odd).tolist():
        begin = int(tokens.stop[row - 1]) if row else 0
        yield row, text.bytes_between(begin, int(start[row])).rsplit(terminator)[-1].lstrip(b"\r\n")


def _are_empty(text: Text, rows: Integers) -> Flags:
    """Tell which segments hold nothing but their ids and separators."""
    begin, end = text.end.take(text.first.take(rows)), text.end.take(text.last.take(rows))
    components = np.searchsorted(text.component_places, end) - np.searchsorted(text.component_places, begin)
    return np.asarray(end - begin == text.elements.take(rows) + components)


def _are_ids(text: Text, rows: Integers) -> Flags:
    """Tell which segments begin with an id: a capital letter, then one or two capital letters or digits."""
    token = text.first.take(rows)
    start = text.start.take(token)
    length = text.end.take(token) - start
    found = (length == 2) | (length == 3)
    for place, can_stand in enumerate((_IS_LETTER, _IS_OF_ID, _IS_OF_ID)):
        found &= can_stand.take(text.data.take(start + place)) | (length <= place)
    return np.asarray(found)
