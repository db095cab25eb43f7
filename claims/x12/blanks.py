"""Ranges of bytes in, the same without the blanks and control characters at both ends out."""

from __future__ import annotations

import numpy as np

from claims.x12.numbers import Bytes, Flags, Integers

# This byte and all below it are blanks, unless they are delimiters.
BLANK = 32
_FEW = 64


def trimmed(
    data: Bytes, start: Integers, end: Integers, kept: tuple[int, ...] = (), first: Bytes | None = None
) -> tuple[Integers, Integers]:
    """Leave out blanks and control characters at both ends of each range, but for those that are delimiters.

    `first`: the first byte of each range, where it is at hand.
    """
    at = np.flatnonzero(_blank(data.take(start) if first is None else first, kept) & (start < end))
    if len(at):
        start = start.copy()
        start[at] = _first_solid(data, start[at], end[at], kept)
    at = np.flatnonzero(_blank(data.take(end - 1), kept) & (start < end))
    if len(at):
        end = end.copy()
        # Backwards, from the other end.
        size = len(data)
        end[at] = size - _first_solid(data[::-1], size - end[at], size - start[at], kept)
    return start, end


def _blank(found: Bytes, kept: tuple[int, ...]) -> Flags:
    is_blank = found <= BLANK
    for value in kept:
        is_blank &= found != value
    return is_blank


def _first_solid(data: Bytes, place: Integers, end: Integers, kept: tuple[int, ...]) -> Integers:
    """Return the first byte of each range that is no blank, or its end; the first byte is one."""
    place = place + 1
    at = np.flatnonzero(place < end)
    for _ in range(8):
        at = at[_blank(data[place[at]], kept)]
        place[at] += 1
        at = at[place[at] < end[at]]
        if not len(at):
            return place
    # Long stretches of blanks are rare: few are walked through one by one, many through a list of all that is none.
    if len(at) <= _FEW:
        for one in at.tolist():
            solid = np.flatnonzero(~_blank(data[place[one] : end[one]], kept))
            place[one] = place[one] + solid[0] if len(solid) else end[one]
        return place
    solid = np.append(np.flatnonzero(~_blank(data, kept)), len(data))
    place[at] = np.minimum(solid[np.searchsorted(solid, place[at])], end[at])
    return place
