"""A file in; the canonical text of every segment out, in order: without regard to delimiters and layout."""

from __future__ import annotations

import pyarrow as pa

from claims.x12.delimiters import STANDARD
from claims.x12.hashes import Canonical
from claims.x12.source import Readable, Source
from claims.x12.survey import survey
from claims.x12.tokens import Tokens
from claims.x12.windows import windows

_END = bytes([STANDARD.terminator])


def segment_texts(readable: Readable) -> pa.ChunkedArray:
    """Return the segments of a file (a path, or its bytes); the first has the `seg` 1."""
    found = []
    with Source(readable) as source:
        surveyed = survey(source)
        for span in surveyed.spans:
            for _, tokens, _ in windows(source, span, surveyed.encoding, _cut):
                if not len(tokens):
                    continue
                canonical = Canonical(tokens)
                texts = bytes(canonical.of(0, len(tokens))).split(_END)[:-1]
                if len(texts) != len(tokens):
                    texts = [bytes(canonical.of(row, row + 1)).removesuffix(_END) for row in range(len(tokens))]
                found.append(pa.array(texts, pa.large_binary()))
    return pa.chunked_array(found, pa.large_binary())


def _cut(tokens: Tokens, _: int) -> int:
    """Any window may begin with the last segment of the one before it."""
    return max(0, len(tokens) - 1)
