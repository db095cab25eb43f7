"""Places where the letters ISA stand in; those out where a header may begin, looked at all at once.

Only what no reading of `delimiters.read_header` takes for a header is left out: the letters in a name or in a text that
repeats them a million times cost next to nothing, and those few that are left are looked at one by one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from claims.x12.delimiters import LONGEST, SEPARATORS, WIDTHS
from claims.x12.numbers import Bytes, Flags, Integers

_BLANK, _BREAKS = ord(" "), b"\r\n"
_NAME = 3
# So few are as soon looked at one by one.
_FEW = 64
_COUNT = len(SEPARATORS)
_IS_ALNUM: Flags = np.array([bytes([value]).isalnum() for value in range(256)])


def may_begin(block: Bytes, places: Integers) -> Integers:
    """Return, in order, those of `places` in a block at which a header may begin."""
    places = np.sort(places)
    if len(places) <= _FEW:
        return places
    places = places[places + _NAME + 1 < len(block)]
    at = _first_separators(block, places)
    is_open = (at < len(block) - 1) & ~_IS_ALNUM[block[np.minimum(at, len(block) - 1)]]
    places, at = places[is_open], at[is_open]
    if not len(places):
        return places
    kinds = _marks(block)
    distinct, kind = np.unique(kinds[at], return_inverse=True)
    filled = np.append(0, np.cumsum(block > _BLANK))
    units = np.flatnonzero((block != _BREAKS[0]) & (block != _BREAKS[1]))
    # Sorted by mark, as many a file could show: one look over the block finds all of each.
    order, mine = np.argsort(kinds, kind="stable"), np.argsort(kind, kind="stable")
    edges = np.searchsorted(kinds[order], distinct), np.searchsorted(kinds[order], distinct, side="right")
    cuts = np.searchsorted(kind[mine], np.arange(len(distinct) + 1)).tolist()
    keep: Flags = np.zeros(len(places), np.bool_)
    for number, (mark, begin, end) in enumerate(
        zip(distinct.tolist(), *(edge.tolist() for edge in edges), strict=True)
    ):
        own = mine[cuts[number] : cuts[number + 1]]
        keep[own] = _has_elements(block, places[own], order[begin:end], 2 if mark > 0xFF else 1, filled)
        if mark <= 0xFF:
            keep[own] |= _has_fixed_places(block, units, at[own], mark)
    return places[keep]


def _marks(block: Bytes) -> npt.NDArray[np.uint16]:
    """Return each byte, and the two bytes of a character that takes two in UTF-8, as a number."""
    kinds = block.astype(np.uint16)
    lead = np.flatnonzero((block[:-1] >= 0xC2) & (block[:-1] <= 0xDF) & (block[1:] >= 0x80) & (block[1:] <= 0xBF))
    kinds[lead] = kinds[lead] * 256 + block[lead + 1]
    return kinds


def _first_separators(block: Bytes, places: Integers) -> Integers:
    """Return where the element separator stands that follows the name, blanks behind that aside."""
    at = places + _NAME
    blank = np.flatnonzero(block[at] == _BLANK)
    if len(blank):
        others = np.append(np.flatnonzero(block != _BLANK), len(block))
        at[blank] = others[np.searchsorted(others, at[blank])]
    return at


def _has_elements(block: Bytes, places: Integers, marks: Integers, size: int, filled: Integers) -> Flags:
    """Tell where as many separators follow as a header has, with no more between them than its elements may hold.

    `marks`: where the separator stands, of `size` bytes; `filled`: how many bytes before each are no blanks.
    """
    if len(marks) < _COUNT:
        return np.zeros(len(places), np.bool_)
    first = np.searchsorted(marks, places)
    is_long = first + _COUNT <= len(marks)
    first = np.where(is_long, first, 0)
    found: Flags = is_long & (marks[first + _COUNT - 1] - places < LONGEST)
    for number, width in enumerate(WIDTHS[: _COUNT - 1]):
        begin, end = marks[first + number] + size, marks[first + number + 1]
        found &= filled[np.maximum(end, begin)] - filled[begin] <= width
    component = block[np.minimum(marks[first + _COUNT - 1] + size, len(block) - 1)]
    return found & ~_IS_ALNUM[component]


def _has_fixed_places(block: Bytes, units: Integers, at: Integers, mark: int) -> Flags:
    """Tell where separators stand at all places of the fixed length, whatever stands between them.

    `units`: where bytes stand that are no line ends; those may be layout.
    """
    first = np.searchsorted(units, at)
    found: Flags = first + SEPARATORS[-1] - _NAME < len(units)
    for place in SEPARATORS:
        found &= block[units[np.minimum(first + place - _NAME, len(units) - 1)]] == mark
    return found
