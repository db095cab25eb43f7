"""Maps of our own, for guides that pyx12 has none for: a CSV of `maps_own/` in, the guide's tree out.

A row is a loop (no segment; once below each of its parents), a segment (no element), or an element or component (`3-6`
are several). `like` takes a loop or segment over from another guide: its name, there the loop if that is another, and
the qualifier if that is another. What the row says then stands, and element rows below it replace elements. A segment
with a name of its own is another one than that: its elements have the plain names of their data elements.
`source` says what a row rests on: published notes on the guide, samples, what 837P has in the same place, the 4010 dental map; what
is unverified is left wide: situational, any code.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import NamedTuple

from claims.x12.conform import maps
from claims.x12.conform.nodes import UNLIMITED, Composite, Element, Loop, Segment


class Row(NamedTuple):
    """A row of a map."""

    loop: str
    parent: str
    segment: str
    qualifier: str
    element: str
    component: str
    position: str
    usage: str
    most: str
    data_element: str
    codes: str
    list: str
    name: str
    like: str
    source: str

    @property
    def limit(self) -> int:
        """Return how often it may stand."""
        return UNLIMITED if self.most == ">1" else int(self.most or 1)


@cache
def rows(file: str) -> tuple[Row, ...]:
    """Return the rows of a map."""
    text = resources.files("claims.x12.conform").joinpath("maps_own", file).read_text("utf-8")
    return tuple(Row(**row) for row in csv.DictReader(text.splitlines()))


def tree(file: str, guide: str) -> Loop:
    """Return the tree of a guide whose map is ours."""
    builder = _Builder(guide, rows(file))
    return builder.loop(builder.below[""][0], None)


class _Builder:
    """Puts the rows of a map together."""

    def __init__(self, guide: str, found: tuple[Row, ...]) -> None:
        self.guide = guide
        self.below: dict[str, list[Row]] = {}
        self.segments: dict[str, list[tuple[Row, list[Row]]]] = {}
        for row in found:
            if not row.segment:
                for parent in row.parent.split() or [""]:
                    self.below.setdefault(parent, []).append(row)
            elif not row.element:
                self.segments.setdefault(row.loop, []).append((row, []))
            else:
                self.segments[row.loop][-1][1].append(row)

    def loop(self, row: Row, parent: Loop | None) -> Loop:
        path = f"{parent.path}/{row.loop}" if parent else ""
        if row.like:
            assert parent is not None
            found = self._loop_like(_loop(row), row.like.split()[0], path, parent)
        else:
            found = Loop(row.loop, "", "", 0, 0, path, parent)
            segments = self.segments.get(row.loop, [])
            ids = [one.segment for one, _ in segments]
            found.children = [
                *(self.loop(one, found) for one in self.below.get(row.loop, [])),
                *(self.segment(one, rest, ids.count(one.segment) > 1, found) for one, rest in segments),
            ]
            # The order is stable: loops of a position stand before its segments.
            found.children.sort(key=lambda child: child.position)
        found.id, found.name, found.usage = row.loop, row.name or found.name, row.usage
        found.position, found.max_repeat = int(row.position), row.limit
        return found

    def segment(self, row: Row, below: list[Row], has_sisters: bool, parent: Loop) -> Segment:
        name = f"{row.segment}[{row.qualifier.split()[0]}]" if has_sisters else row.segment
        path = f"{parent.path}/{name}"
        if row.like:
            found = self._segment_like(_segment(row), row.like.split()[0], path, parent)
            found.elements = [_plain(item) for item in found.elements] if row.name else found.elements
        else:
            found = Segment(row.segment, "", "", 0, 0, path, [], [], parent)
        for one in below:
            for element in _numbers(one.element):
                for component in _numbers(one.component or "0"):
                    _put(found.elements, _item(one, component or element), element if component else 0)
        key = found.key
        if row.like and row.qualifier and key:
            codes = frozenset(row.qualifier.split())
            _put(found.elements, replace(key[0], codes=codes, listed=codes), key[1] if key[2] else 0)
        return replace(found, name=row.name or found.name, usage=row.usage, position=int(row.position),
                       max_use=row.limit)  # fmt: skip

    # ---- taken over

    def _loop_like(self, loop: Loop, guide: str, path: str, parent: Loop) -> Loop:
        found = replace(loop, path=path, parent=parent, children=[])
        for child in loop.children:
            below = f"{path}/{child.path.rpartition('/')[2]}"
            like = self._loop_like if isinstance(child, Loop) else self._segment_like
            found.children.append(like(child, guide, below, found))  # type: ignore[arg-type]
        return found

    def _segment_like(self, segment: Segment, guide: str, path: str, parent: Loop) -> Segment:
        elements = [
            replace(item, elements=list(item.elements)) if isinstance(item, Composite) else self._named(item, guide)
            for item in segment.elements
        ]
        return replace(segment, path=path, parent=parent, elements=elements)

    def _named(self, element: Element, guide: str) -> Element:
        """Return an element in which the guide taken from names itself, with the name of this one."""
        if guide not in element.listed:
            return element
        listed = element.listed - {guide} | {self.guide}
        return replace(element, codes=listed, listed=listed)


def _loop(row: Row) -> Loop:
    """Return the loop that a row is like."""
    guide, *where = row.like.split()
    return next(loop for loop in maps.tree(guide).loops() if loop.id == (where or [row.loop])[0])


def _segment(row: Row) -> Segment:
    """Return the segment that a row is like: the only one of its id in the loop, or the one with the qualifier."""
    found = [one for one in _loop(row).children if isinstance(one, Segment) and one.id == row.segment]
    if len(found) == 1:
        return found[0]
    qualifier = (row.like.split()[2:] or row.qualifier.split())[0]
    return next(one for one in found if one.key and qualifier in one.key[0].listed)


def _item(row: Row, number: int) -> Element | Composite:
    """Return the element, composite or component of a row."""
    if row.data_element.startswith("C"):
        return Composite(number, row.name, row.usage, row.limit, [])
    kind, shortest, longest, _name = maps.data_element(row.data_element)
    listed = frozenset(row.codes.split())
    codes = listed | maps.outside_codes(row.list) if row.list else listed
    return Element(number, row.name, row.usage, row.data_element, kind, shortest, longest, codes or None, listed)


def _plain(item: Element | Composite) -> Element | Composite:
    """Return an element or composite with the names of data elements."""
    if isinstance(item, Composite):
        return replace(item, elements=[_plain(part) for part in item.elements])  # type: ignore[misc]
    return replace(item, name=maps.data_element(item.data_element)[3])


def _put(elements: list[Element | Composite], item: Element | Composite, composite: int) -> None:
    """Put an element at its number, or into the composite with a number, in place of what stands there."""
    if composite:
        within = elements[composite - 1]
        assert isinstance(within, Composite)
        elements = within.elements  # type: ignore[assignment]
    elements[item.number - 1 : item.number] = [item]


def _numbers(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
