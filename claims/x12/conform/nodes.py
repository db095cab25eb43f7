"""A guide as a tree: loops, segments, composites and elements, as the maps tell them; nothing here knows where from.

Usage is `R` required, `S` situational, `N` not used. A most of `UNLIMITED` means any number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

UNLIMITED = 2**31 - 1
_NOT_SHOWN = {"ISA_LOOP", "GS_LOOP", "ST_LOOP", "HEADER", "DETAIL", "FOOTER"}


@dataclass
class Element:
    """A simple element, or a component of a composite; `codes` of None means any value.

    `numeric_length`: signs and points do not count for the length. `kind` is the data element's type (AN, ID, N0, R,
    DT, TM); `formats` are the date formats that a value of any type must have one of, when there are some.
    """

    number: int
    name: str
    usage: str
    data_element: str
    kind: str
    min_length: int
    max_length: int
    codes: frozenset[str] | None = None
    listed: frozenset[str] = frozenset()
    pattern: str = ""
    formats: tuple[str, ...] = ()

    @property
    def has_own_codes(self) -> bool:
        """Tell whether the guide itself lists codes: such an element can tell two segments apart."""
        return bool(self.listed)


@dataclass
class Composite:
    """An element that is made of components."""

    number: int
    name: str
    usage: str
    repeat: int
    elements: list[Element]


@dataclass
class Segment:
    """A segment at its place in a loop. `path` is what occurrences are counted by; `syntax` are notes such as P0304."""

    id: str
    name: str
    usage: str
    position: int
    max_use: int
    path: str
    elements: list[Element | Composite]
    syntax: list[tuple[str, tuple[int, ...]]]
    parent: Loop = field(repr=False)

    @property
    def key(self) -> tuple[Element, int, int] | None:
        """Return the element whose codes tell this segment from others with its id, its number and its component."""
        first = self.elements[0] if self.elements else None
        third = self.elements[2] if len(self.elements) > 2 else None
        if isinstance(first, Element) and first.kind == "ID" and first.usage == "R" and first.has_own_codes:
            return first, 1, 0
        if isinstance(first, Composite) and first.elements[0].has_own_codes:
            kinds = ("ID", "AN") if self.id == "CTX" else ("ID",)
            if first.elements[0].kind in kinds:
                return first.elements[0], 1, 1
        if self.id == "HL" and isinstance(third, Element) and third.has_own_codes:
            return third, 3, 0
        return None


@dataclass
class Loop:
    """A loop; `children` in order of position, loops of a position before its segments, as the maps are walked."""

    id: str
    name: str
    usage: str
    position: int
    max_repeat: int
    path: str
    parent: Loop | None = field(repr=False)
    children: list[Loop | Segment] = field(default_factory=list)

    @property
    def first_segment(self) -> Segment | None:
        """Return the segment that begins the loop; None for a loop that only wraps others, or is empty."""
        return self.children[0] if self.children and isinstance(self.children[0], Segment) else None

    @property
    def is_wrapper(self) -> bool:
        """Tell whether the loop begins with a loop: it has no occurrences of its own."""
        return bool(self.children) and isinstance(self.children[0], Loop)

    @cached_property
    def shown_path(self) -> str:
        """Return the loops down to this one, without those that only wrap: `2000A/2000B/2300/2400`."""
        return "/".join(name for name in self.path.split("/") if name and name not in _NOT_SHOWN)

    def segments(self) -> Iterator[Segment]:
        """Go over all segments below, in order."""
        for child in self.children:
            if isinstance(child, Segment):
                yield child
            else:
                yield from child.segments()

    def loops(self) -> Iterator[Loop]:
        """Go over this loop and all below."""
        yield self
        for child in self.children:
            if isinstance(child, Loop):
                yield from child.loops()
