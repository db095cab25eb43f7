"""Which elements of a segment were sent, as bits in; what of it the guide does not allow out.

Usage, syntax notes and numbers of elements depend on nothing else, and a file has only some hundred different shapes:
each is judged once.
"""

from __future__ import annotations

from dataclasses import dataclass

from claims.x12.conform.nodes import Composite, Segment

MISSING, NOT_USED, TOO_MANY = "missing", "not-used", "too-many"
COMPOSITE_MISSING, COMPOSITE_NOT_USED, TOO_MANY_COMPONENTS = "composite-missing", "composite-not-used", "components"
INCOMPLETE, EXCLUDED = "incomplete", "excluded"
# Elements beyond this are counted, not looked at one by one.
MOST_ELEMENTS = 62


@dataclass(frozen=True)
class ShapeFault:
    """A rule that a shape breaks, and where: an element, a component of it (0: none), what was expected."""

    fault: str
    element: int
    component: int = 0
    expected: str = ""


def segment_faults(segment: Segment, count: int, sent: int) -> tuple[ShapeFault, ...]:
    """Judge a segment with `count` elements of which those in the bits `sent` (bit n: element n) are not empty."""
    found = []
    width = len(segment.elements)
    if count > width:
        found.append(ShapeFault(TOO_MANY, width + 1, expected=f"at most {width} elements"))
    for item in segment.elements:
        is_sent = bool(sent >> item.number & 1)
        if isinstance(item, Composite):
            if item.usage == "R" and not is_sent:
                found.append(ShapeFault(COMPOSITE_MISSING, item.number))
            elif item.usage == "N" and is_sent:
                found.append(ShapeFault(COMPOSITE_NOT_USED, item.number))
        elif item.usage == "R" and not is_sent:
            found.append(ShapeFault(MISSING, item.number))
        elif item.usage == "N" and is_sent:
            found.append(ShapeFault(NOT_USED, item.number))
    for kind, numbers in segment.syntax:
        fault = _syntax_fault(kind, [number for number in numbers if sent >> number & 1], numbers)
        if fault:
            found.append(ShapeFault(fault, numbers[0], expected=_note(segment.id, kind, numbers)))
    return tuple(found)


def composite_faults(composite: Composite, element: int, count: int, sent: int) -> tuple[ShapeFault, ...]:
    """Judge a composite that was sent, with `count` components of which those in `sent` are not empty."""
    found = []
    width = len(composite.elements)
    if count > width:
        found.append(ShapeFault(TOO_MANY_COMPONENTS, element, width + 1, expected=f"at most {width} components"))
    for part in composite.elements:
        is_sent = bool(sent >> part.number & 1)
        # The first component of a composite that may be left out is not asked for.
        if part.usage == "R" and not is_sent and (part.number != 1 or composite.usage == "R"):
            found.append(ShapeFault(MISSING, element, part.number))
        elif part.usage == "N" and is_sent:
            found.append(ShapeFault(NOT_USED, element, part.number))
    return tuple(found)


def _syntax_fault(kind: str, sent: list[int], numbers: tuple[int, ...]) -> str:
    """Judge a note: P all or none, R one or more, E at most one, C and L what the first one asks for."""
    if kind == "E":
        return EXCLUDED if len(sent) > 1 else ""
    if kind == "R":
        return "" if sent else INCOMPLETE
    if kind == "P":
        return INCOMPLETE if 0 < len(sent) < len(numbers) else ""
    if numbers[0] not in sent:
        return ""
    if kind == "C":
        return INCOMPLETE if len(sent) < len(numbers) else ""
    return INCOMPLETE if len(sent) < 2 else ""


def _note(segment_id: str, kind: str, numbers: tuple[int, ...]) -> str:
    names = [f"{segment_id}{number:02d}" for number in numbers]
    if kind == "P":
        return f"all of {', '.join(names)} or none"
    if kind == "R":
        return f"at least one of {', '.join(names)}"
    if kind == "E":
        return f"at most one of {', '.join(names)}"
    which = "all of" if kind == "C" else "at least one of"
    others = names[1] if len(names) == 2 else f"{which} {', '.join(names[1:])}"
    return f"{others} where {names[0]} is sent"
