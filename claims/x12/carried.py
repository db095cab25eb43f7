"""The table `layouts/carried.csv` in; which elements of which segment the columns of other frames carry, out.

Of a segment that becomes a row of `frame` nothing else is kept as long as it has no other element; a segment without
a frame is always kept, though columns say some of its elements. What columns say is theirs alone when it is written.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from claims.x12.layout import numbers, table


class Carried(NamedTuple):
    """`elements`: the components of each that columns carry, none for all of it."""

    frame: str
    elements: dict[int, tuple[int, ...]]


@cache
def carried() -> dict[str, Carried]:
    """Return what is carried, by segment id."""
    found: dict[str, Carried] = {}
    for row in table("carried"):
        own = found.setdefault(row["segment"], Carried(row["frame"], {}))
        own.elements.update(dict.fromkeys(numbers(row["elements"]), numbers(row["components"])))
    return found
