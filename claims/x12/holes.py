"""A window with a segment that is longer than any can be in; what to leave out of it, so that memory has an end, out.

Of such a segment the first elements and the terminator are read. Its bytes stay in the file, and are told by a digest.
"""

from __future__ import annotations

import hashlib

import numpy as np

from claims.x12.source import Source
from claims.x12.tokens import Hole, Tokens

# All elements of the widest segment, each as long as it may be, take a hundredth of this.
LONGEST_SEGMENT = 1 << 20
# So much of a longer one is read.
_HEAD = 64 << 10


def holes_of(tokens: Tokens, source: Source, end: int, span_end: int) -> list[Hole]:
    """Return what a window that reaches to `end` had better leave out of the file."""
    # The terminator is counted, and may be one that the end of the file stands for.
    too_long = np.flatnonzero(tokens.stop - tokens.start > LONGEST_SEGMENT + 1)
    found = []
    for start, stop in zip(tokens.start[too_long].tolist(), tokens.stop[too_long].tolist(), strict=True):
        last = min(stop, tokens.size) - 1
        found.append(_hole(source, _place(tokens, _head_end(tokens, start)), _place(tokens, last)))
    behind = int(tokens.before[-1]) + 1
    if end < span_end and tokens.size - behind > LONGEST_SEGMENT + 1:
        found += _of_rest(tokens, source, behind, end, span_end)
    return found


def _of_rest(tokens: Tokens, source: Source, behind: int, end: int, span_end: int) -> list[Hole]:
    """Look behind the last terminator: for very many blanks, or for a segment whose terminator is far away."""
    terminator = bytes([tokens.delimiters.terminator])
    blanks = bytes(set(range(33)) - {*tokens.delimiters.kept, tokens.delimiters.element, terminator[0]})
    rest = tokens.text_bytes[behind : tokens.size]
    text = rest.lstrip(blanks)
    start = tokens.size - len(text)
    if start - behind > LONGEST_SEGMENT:
        begin = _place(tokens, behind)
        return [Hole(begin, _first_solid(source, begin, span_end, blanks), b"")]
    if len(text) > LONGEST_SEGMENT:
        last = _first(source, terminator, end, span_end)
        return [_hole(source, _place(tokens, _head_end(tokens, start)), last)]
    return []


def _place(tokens: Tokens, position: int) -> int:
    return int(tokens.raw(np.array([position]))[0])


def _head_end(tokens: Tokens, start: int) -> int:
    """Return where the first elements end: no element is cut but one that is itself long."""
    delimiters = tokens.delimiters
    head = tokens.text_bytes[start : start + _HEAD]
    marks = (delimiters.element, delimiters.component, delimiters.repetition)
    cut = max(head.rfind(bytes([mark])) for mark in marks if mark >= 0)
    return start + (cut if cut > _HEAD // 2 else _HEAD)


def _hole(source: Source, begin: int, end: int) -> Hole:
    digest = hashlib.sha256()
    for _, block in source.blocks(begin, end):
        digest.update(block)
    return Hole(begin, end, digest.hexdigest().encode("ascii"))


def _first(source: Source, mark: bytes, begin: int, end: int) -> int:
    """Return where a byte stands first in a range of the file, else the last byte of the range."""
    for place, block in source.blocks(begin, end):
        if (found := block.find(mark)) >= 0:
            return place + found
    return end - 1


def _first_solid(source: Source, begin: int, end: int, blanks: bytes) -> int:
    for place, block in source.blocks(begin, end):
        if text := block.lstrip(blanks):
            return place + len(block) - len(text)
    return end


def without(holes: list[Hole], source: Source, begin: int, end: int) -> bytes | memoryview:
    """Return a range of the file but for the holes in it."""
    if not holes:
        return source.view(begin, end)
    begins, ends = [begin, *(hole.end for hole in holes)], [*(hole.begin for hole in holes), end]
    return b"".join(source.view(one, other) for one, other in zip(begins, ends, strict=True))
