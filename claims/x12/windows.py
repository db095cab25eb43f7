"""A span of a file in; runs of whole segments with their bytes out, one after the other, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from claims.x12.numbers import Flags
from claims.x12.source import Source
from claims.x12.survey import Span
from claims.x12.tokens import Tokens, tokenise

WINDOW = 2 << 20
# A stretch without any segment to begin a window with is cut anywhere when it is longer than this.
_LONGEST = 16 << 20


def windows(
    source: Source, span: Span, encoding: str, begins: Flags, size: int = WINDOW
) -> Iterator[tuple[memoryview, Tokens]]:
    """Give the bytes of a span piece by piece, each with its segments, none left out.

    All windows but the first begin with a segment whose code is in `begins`, where that can be.
    """
    position = span.start
    while position < span.end:
        wanted = size
        while True:
            is_last = position + wanted >= span.end
            raw = source.view(position, min(position + wanted, span.end))
            tokens = tokenise(raw, position, span.delimiters, is_last=is_last, encoding=encoding)
            if is_last or (cut := _cut(tokens, begins, is_longest=wanted >= _LONGEST)):
                break
            wanted *= 2
        if not is_last:
            raw = raw[: cut - position]
            tokens = tokenise(raw, position, span.delimiters, is_last=False, encoding=encoding)
        yield raw, tokens
        position += len(raw)


def _cut(tokens: Tokens, begins: Flags, *, is_longest: bool) -> int:
    """Return the byte of the file where the window should end, 0 for none."""
    rows = np.flatnonzero(begins[tokens.code[1:]]) + 1
    if len(rows):
        return int(tokens.offset[rows[-1]])
    if is_longest and len(tokens):
        return int(tokens.raw(tokens.stop[-1:])[0])
    return 0
