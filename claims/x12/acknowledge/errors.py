"""Findings about one transaction set in, as they come; what a 999 says of it out: verdict, IK5 codes, IK3 and IK4."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from claims.findings import NOTE
from claims.x12.conform import maps
from claims.x12.conform.nodes import Composite

_POSITION = re.compile(r"(\d{2,})(?:-(\d+))?")
_BLANKS = "".join(map(chr, range(33)))
_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_ELEMENT_ERRORS = "8"
_MISSING = "3"
_MOST_CODES = 5


class Place(NamedTuple):
    """Where an error is: position in the set (ST is 1), segment id, loop, and the claim or trace it belongs to."""

    position: int
    segment_id: str
    loop: str
    context: str


class ElementError(NamedTuple):
    """A row of IK4: element, component and repetition (0 for none), and the code."""

    element: int
    component: int
    repeat: int
    code: str


class SegmentError(NamedTuple):
    """A row of IK3: the key by which an error is told once."""

    position: int
    segment_id: str
    loop: str
    code: str


@dataclass
class SetErrors:
    """What is wrong with one transaction set; of its segment errors the first `most` are kept, the rest counted."""

    most: int
    is_refused: bool = False
    left_out: int = 0
    codes: dict[str, None] = field(default_factory=dict)
    segments: dict[SegmentError, dict[ElementError, str]] = field(default_factory=dict)
    contexts: dict[SegmentError, str] = field(default_factory=dict)
    _has_guide_codes: bool = False
    _has_errors: bool = False
    _not_kept: set[SegmentError] = field(default_factory=set)

    def judge(self, severity: str) -> None:
        """Take the severity of a finding that has a code."""
        self.is_refused |= severity != NOTE

    def add_code(self, code: str) -> None:
        """Take a code for IK5."""
        self.codes[code] = None

    def add(self, place: Place, code: str, element: ElementError | None) -> SegmentError | None:
        """Take a code for IK3, or for IK4 when there is an `element`; return the segment error, None if not kept."""
        self._has_errors = True
        self._has_guide_codes |= (element.code if element else code).startswith("I")
        key = SegmentError(place.position, place.segment_id, place.loop, code)
        known = self.segments.get(key)
        if known is None:
            if len(self.segments) >= self.most:
                self._leave_out(key)
                return None
            known = self.segments[key] = {}
            self.contexts[key] = place.context
        if element and element not in known and len(known) < self.most:
            known[element] = ""
        return key

    def _leave_out(self, key: SegmentError) -> None:
        # Findings come in order of segments: what was told of one before the last is not told again.
        if any(key.position != other.position for other in self._not_kept):
            self._not_kept.clear()
        if key not in self._not_kept:
            self._not_kept.add(key)
            self.left_out += 1

    def in_order(self, highest: int) -> list[SegmentError]:
        """Return the segment errors by position, up to the `highest` that can be told; the rest is left out."""
        found = sorted(self.segments, key=lambda error: error.position)
        told = [error for error in found if error.position <= highest and not self._is_told_better(error)]
        self.left_out += sum(error.position > highest for error in found)
        return told

    def _is_told_better(self, error: SegmentError) -> bool:
        """Tell that the reader missed a segment in the whole set (at the ST), and the guide knows where it belongs."""
        if error.position > 1 or error.code != _MISSING:
            return False
        same = (error.segment_id, error.code)
        return any((other.segment_id, other.code) == same and other.position > 1 for other in self.segments)

    @property
    def verdict(self) -> str:
        """Return IK501."""
        return "R" if self.is_refused else "E" if self._has_errors or self.codes else "A"

    @property
    def error_codes(self) -> str:
        """Return IK502 to IK506: what is wrong with the whole set first, then whether segments are, or its guide."""
        codes = [*self.codes, *(["5"] if self._has_errors else []), *(["I5"] if self._has_guide_codes else [])]
        return " ".join(codes[:_MOST_CODES])


def element_of(name: str, segment_id: str, repeat: int, code: str) -> ElementError | None:
    """Take `SVC01-2` of a finding apart; None where no element is named."""
    found = _POSITION.fullmatch(name.removeprefix(segment_id))
    if not found or len(found[1]) > 2:
        return None
    return ElementError(int(found[1]), int(found[2] or 0), repeat, code)


def segment_code(kind: str, code: str) -> str:
    """Return IK304: the code itself, or that elements are in error."""
    return code if kind == "IK304" else _ELEMENT_ERRORS


def is_missing(kind: str, code: str) -> bool:
    """Tell an error at the place of something that is not there."""
    return (kind, code) == ("IK304", _MISSING)


@cache
def sendable_id(segment_id: str) -> str:
    """Return IK301 for what stands in the place of a segment id; ZZZ, which no segment has, for what is none.

    IK301 has two or three letters and digits. N$1 is not told as N1: the position says which segment is meant.
    """
    own = segment_id.strip(_BLANKS).upper()
    return own if _SEGMENT_ID.fullmatch(own) else "ZZZ"


@cache
def data_elements(guide: str) -> dict[tuple[str, int, int], str]:
    """Return the numbers of data elements (IK402) by segment id, element and component."""
    found: dict[tuple[str, int, int], str] = {}
    if guide not in maps.sources():
        return found
    for segment in maps.tree(guide).segments():
        for item in segment.elements:
            for one in item.elements if isinstance(item, Composite) else [item]:
                component = one.number if isinstance(item, Composite) else 0
                if one.data_element.isdecimal() and len(one.data_element) <= 4:
                    found.setdefault((segment.id, item.number, component), one.data_element)
    return found
