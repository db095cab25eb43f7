"""Segments as they are written: ids, blanks, separators; whatever guide they answer to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from claims.x12.conform.reporter import Reporter
from claims.x12.conform.text import Text
from claims.x12.segments import IDS

_IS_LINE_END = np.zeros(256, np.bool_)
_IS_LINE_END[[10, 13]] = True


def look_at_text(text: Text, report: Reporter) -> None:
    """Report what is wrong with segments whatever they mean."""
    tokens = text.tokens
    token = text.last
    trailing = (text.end[token] == text.start[token]) & (text.elements > 0)
    for row in np.flatnonzero(trailing).tolist():
        report.find("trailing-separator", row, f"{IDS[int(tokens.code[row])]}{int(text.elements[row]):02d}")
    lower = (tokens.id_word & (tokens.id_word >> np.uint64(1)) & np.uint64(0x202020)) != 0
    for row in np.flatnonzero(lower & (tokens.code != 0)).tolist():
        report.find("lower-case", row)
    unclean = set()
    for row, mark in _before_ids(text):
        if mark.startswith(b" "):
            report.find("leading-blank", row)
        elif mark:
            unclean.add(row)
    for row in np.flatnonzero(trailing | (text.elements == 0)).tolist():
        if _is_empty(text, row):
            report.find("empty", row)
    # Reading forgives what stands before an id or behind it.
    if tokens.padded_ts is not None:
        unclean.update(np.flatnonzero(tokens.te[text.first] != text.end[text.first]).tolist())
    for row in sorted(unclean.union(np.flatnonzero(tokens.code == 0).tolist())):
        first = text.first[row]
        if row in unclean or not _is_id(text.bytes_between(int(text.start[first]), int(text.end[first]))):
            report.find("bad-id", row)


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


def _is_empty(text: Text, row: int) -> bool:
    """Tell whether a segment holds nothing but its id and separators."""
    marks = bytes([text.tokens.delimiters.element, text.tokens.delimiters.component])
    first, last = int(text.first[row]), int(text.last[row])
    return not text.bytes_between(int(text.end[first]), int(text.end[last])).strip(marks)


def _is_id(value: bytes) -> bool:
    return 2 <= len(value) <= 3 and value.isalnum() and value.isupper() and value[:1].isalpha()
