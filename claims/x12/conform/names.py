"""A place in a guide in, as findings name it; the guide's own name for it out."""

from __future__ import annotations

import re
from functools import cache

from claims.x12.conform import maps
from claims.x12.conform.guide import grammar
from claims.x12.conform.nodes import Composite, Segment


@cache
def name_of(guide: str, loop: str, element: str) -> str:
    """Name an element (`CLM05-3`), a component or a segment (`N3`) of a loop (`2000A/2010AA`).

    Segments with one id that stand in a loop for different things have a name only where they share it.
    """
    if guide not in maps.sources():
        return ""
    names = {
        _name(segment, element) for segment in grammar(guide).nodes
        if element.startswith(segment.id) and segment.parent.shown_path == loop
    }  # fmt: skip
    names.discard("")
    return names.pop() if len(names) == 1 else ""


def _name(segment: Segment, element: str) -> str:
    if element == segment.id:
        return segment.name
    place = re.fullmatch(r"([0-9]{2})(?:-([0-9]+))?", element.removeprefix(segment.id))
    if place is None:
        return ""
    number, component = int(place.group(1)), int(place.group(2) or 0)
    if not 0 < number <= len(segment.elements):
        return ""
    item = segment.elements[number - 1]
    if component and isinstance(item, Composite):
        return item.elements[component - 1].name if component <= len(item.elements) else ""
    return item.name
