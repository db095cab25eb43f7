"""The bytes of a file and the place of an element in; what was sent there out, for IK404. It may name a person."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from claims.x12.acknowledge.errors import ElementError
from claims.x12.file import X12File
from claims.x12.source import Source

_LONGEST_SEGMENT = 64 << 10
# IK404 has at most this many characters.
_LONGEST = 99
# Codes of elements that were not sent, or of more than one element.
_WITHOUT_VALUE = {"1", "2", "3", "13", "I9", "I11"}


class _Marks(NamedTuple):
    element: str
    component: str
    repetition: str
    terminator: str


class Values:
    """Reads single elements of one file; the delimiters are those of the interchange around them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._segs: list[int] = []
        self._marks: list[_Marks] = []

    def enter(self, part: X12File) -> None:
        """Learn the delimiters of a part's interchanges."""
        names = ("element_separator", "component_separator", "repetition_separator", "terminator")
        rows = part.interchanges
        self._segs = [*self._segs[-1:], *rows["seg"].tolist()]
        self._marks = [*self._marks[-1:], *map(_Marks, *(rows[name].tolist() for name in names))]

    def at(self, offset: int, seg: int, place: ElementError) -> str:
        """Return the value in error of the segment that begins at `offset`; "" where there is none."""
        at = bisect_right(self._segs, seg) - 1
        if at < 0 or place.code in _WITHOUT_VALUE:
            return ""
        marks = self._marks[at]
        text = _decoded(self.source.slice(offset, offset + _LONGEST_SEGMENT)).partition(marks.terminator)[0]
        if marks.terminator not in "\r\n":
            text = text.replace("\r", "").replace("\n", "")
        value = _part(text, marks.element, place.element)
        if place.repeat:
            value = _part(value, marks.repetition, place.repeat - 1)
        if place.component:
            value = _part(value, marks.component, place.component - 1)
        printable = "".join(char if char.isprintable() else " " for char in value)
        return printable.strip()[:_LONGEST].strip()


def _part(text: str, separator: str, number: int) -> str:
    parts = text.split(separator) if separator else [text]
    return parts[number] if number < len(parts) else ""


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
