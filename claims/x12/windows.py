"""A span of a file in; runs of whole segments with their bytes out, one after the other, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from claims.x12.holes import holes_of, without
from claims.x12.source import Source
from claims.x12.survey import Span
from claims.x12.tokens import Hole, Tokens, tokenise

WINDOW = 3400 << 10
# A stretch without any segment to begin a window with is cut anywhere when it is longer or has more elements, or more
# segments that are nothing but a terminator.
_LONGEST = 16 << 20
_MOST_ELEMENTS = 4 << 20
_MOST_EMPTY = 1 << 20

# Tokens and the size that was looked for in; the segment that the next window had better begin with, 0 for none.
Cut = Callable[[Tokens, int], int]


class Stretch(NamedTuple):
    """Bytes of a file but for the holes, their segments, and where they end in the file."""

    raw: bytes | memoryview
    tokens: Tokens
    end: int


def windows(source: Source, span: Span, encoding: str, cut: Cut, size: int = WINDOW) -> Iterator[Stretch]:
    """Give the bytes of a span piece by piece, each with its segments, none left out."""
    position = span.start
    while position < span.end:
        found = _next(source, span, encoding, cut, position, size)
        yield found
        position = found.end


def _next(source: Source, span: Span, encoding: str, cut: Cut, position: int, size: int) -> Stretch:
    holes: list[Hole] = []
    while True:
        end = min(position + size + sum(hole.end - hole.begin for hole in holes), span.end)
        found = _look(source, span, encoding, position, end, holes)
        if found.end == span.end:
            return found
        tokens = found.tokens
        if row := cut(tokens, size):
            return _upto(found, int(tokens.start[row]), row)
        behind = int(tokens.before[-1]) + 1
        is_crowded = len(tokens.te) > _MOST_ELEMENTS or len(tokens.empty_at) > _MOST_EMPTY
        if behind and (size >= _LONGEST or is_crowded):
            return _upto(found, behind, len(tokens))
        size *= 2


def _look(source: Source, span: Span, encoding: str, position: int, end: int, holes: list[Hole]) -> Stretch:
    """Find the segments up to `end`, or to the end of one that is too long; what it leaves out goes to `holes`."""
    while True:
        raw = without(holes, source, position, end)
        tokens = tokenise(
            raw, position, span.delimiters, is_last=end == span.end, encoding=encoding, holes=tuple(holes)
        )
        more = holes_of(tokens, source, end, span.end)
        if not more:
            return Stretch(raw, tokens, end)
        holes[:] = sorted([*holes, *more])
        end = max(end, min(holes[-1].end + 1, span.end))


def _upto(found: Stretch, position: int, count: int) -> Stretch:
    """Return the first `count` segments, and the bytes up to a position in the window."""
    raw, tokens, _ = found
    end, place = int(tokens.raw(np.array([position]))[0]), position
    if tokens.raw_at is not None:
        place = int(tokens.raw_at[position]) - tokens.base
    return Stretch(raw[:place], tokens.upto(position, count), end)
