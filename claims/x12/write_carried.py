"""Segments as the columns say them, and as they were read, in; segments with the elements of both out."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from claims.x12.carried import carried
from claims.x12.numbers import Integers
from claims.x12.write_pieces import Part, Texts, chosen, filled, flags, joined, spread


def carried_over(segment: str, built: Part, texts: Texts, place: Integers) -> Part:
    """Give each segment the elements that no column carries, from its text in `texts`; `place` is -1 where none is."""
    here = np.flatnonzero((place >= 0) & flags(filled(built), len(place)))
    if not len(here):
        return built
    rows = spread(built, len(place))
    merged = _merged(segment, spread(chosen(rows, here), len(here)), spread(chosen(texts, place[here]), len(here)))
    every = pa.concat_arrays([rows, merged])
    which = np.arange(len(place))
    which[here] = len(place) + np.arange(len(here))
    return chosen(every, which)


def _merged(segment: str, built: Texts, texts: Texts) -> Texts:
    own, theirs = _parts(pc.utf8_rtrim(built, "~"), "*")[1:], _parts(texts, "*")
    elements = carried()[segment].elements
    found: list[Part] = [segment]
    for number in range(1, max(len(own), len(theirs)) + 1):
        one, other = (parts[number - 1] if number <= len(parts) else "" for parts in (own, theirs))
        if elements.get(number):
            found += ["*", _composite(one, other, elements[number], len(built))]
        else:
            found += ["*", one if number in elements else other]
    return spread(joined(*found, "~"), len(built))


def _composite(one: Part, other: Part, components: tuple[int, ...], rows: int) -> Part:
    own, theirs = _parts(spread(one, rows), ":"), _parts(spread(other, rows), ":")
    found: list[Part] = []
    for number in range(1, max(len(own), len(theirs)) + 1):
        parts = own if number in components else theirs
        found += [":" if number > 1 else "", parts[number - 1] if number <= len(parts) else ""]
    return joined(*found)


def _parts(texts: Texts, separator: str) -> list[Texts]:
    """Give the first part of each text, the second, and so on; empty where a text has no more."""
    most = pc.max(pc.count_substring(texts, separator)).as_py() or 0
    lists = pc.split_pattern(joined(texts, separator * most), separator)
    return [pc.list_element(lists, number) for number in range(most + 1)]
