"""Segments as they are shown: their text in parts, those elements marked that a figure or a code stands in."""

from __future__ import annotations

import re
from collections.abc import Collection

_ELEMENT = re.compile(r"([A-Z][A-Z0-9]{1,2})(\d\d)(?:-\d+)?")


def marked(text: str, elements: Collection[str]) -> list[tuple[str, bool]]:
    """Cut the text of a segment into (part, whether it is one of `elements`, named like CLP04)."""
    places = {int(found[2]) for name in elements if (found := _ELEMENT.fullmatch(name)) and text.startswith(found[1])}
    head = re.match(r"[A-Z][A-Z0-9]{1,2}", text)
    if not places or head is None or len(text) <= head.end():
        return [(text, False)]
    separator = text[head.end()]
    end = len(text) - (0 if text[-1].isalnum() or text[-1] == separator else 1)
    parts: list[tuple[str, bool]] = []
    for place, cell in enumerate(text[:end].split(separator)):
        parts += [(separator, False)] if place else []
        parts.append((cell, place in places and bool(cell)))
    return [*parts, (text[end:], False)]


def of_decision(text: str) -> list[str]:
    """Name the elements of a segment of a decision that say what was decided: amounts, groups, reasons, remarks."""
    names = {"CLP": (2, 3, 4, 5), "SVC": (2, 3), "CAS": tuple(range(1, 20)), "LQ": (2,), "MOA": (3, 4, 5, 6, 7)}
    return [
        f"{segment}{place:02d}" for segment, places in names.items() if text.startswith(segment) for place in places
    ]
