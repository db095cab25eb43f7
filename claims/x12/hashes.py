"""Canonical bytes: a run of segments in; the same segments with standard delimiters and no layout out, to be hashed.

Two files that differ in delimiters, line ends, blanks around segments, empty segments or trailing separators only have
the same canonical bytes.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import numpy as np

from claims.x12.delimiters import STANDARD, Delimiters
from claims.x12.numbers import Flags, Integers
from claims.x12.tokens import Tokens

_BLANK = rb"[\x00-\x20]"
_ENDS = re.compile(_BLANK + rb"*\*(?:\*|" + _BLANK + rb")*~|" + _BLANK + rb"+~")
_STARTS = re.compile(rb"~(?:~|" + _BLANK + rb")+")


@lru_cache(maxsize=64)
def _table(delimiters: Delimiters) -> bytes | None:
    pairs = {
        delimiters.element: STANDARD.element,
        delimiters.component: STANDARD.component,
        delimiters.repetition: STANDARD.repetition,
        delimiters.terminator: STANDARD.terminator,
    }
    pairs.pop(-1, None)
    if all(one == other for one, other in pairs.items()):
        return None
    table = bytearray(range(256))
    # A standard delimiter that is plain data here must not turn into one.
    for one, other in pairs.items():
        if other not in pairs:
            table[other] = one
    for one, other in pairs.items():
        table[one] = other
    return bytes(table)


class Canonical:
    """Canonical bytes of any run of segments of one window."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._text = tokens.text_bytes
        self._translation = _table(tokens.delimiters)
        self._layout = bytes({10, 13} - {tokens.delimiters.terminator})
        is_plain = bool(
            not len(tokens.empty_at)
            and (tokens.stop - 1 == tokens.te[tokens.last]).all()
            and not has_trailing_separator(tokens).any()
            and _only_line_ends_between(tokens)
        )
        self._whole, self._edges = self._taken_together() if is_plain and len(tokens) else (b"", None)

    def _taken_together(self) -> tuple[bytes, Integers | None]:
        """Normalise the window once: where nothing but line ends goes, each segment keeps its length."""
        start, stop = self._tokens.start, self._tokens.stop
        whole = self._text[int(start[0]) : int(stop[-1])].translate(self._translation, self._layout)
        edges = np.zeros(len(start) + 1, np.int64)
        np.cumsum(stop - start, out=edges[1:])
        return (whole, edges) if int(edges[-1]) == len(whole) else (b"", None)

    def of(self, first: int, after: int) -> bytes:
        """Return the canonical bytes of the segments from `first` up to, not including, `after`."""
        if first >= after:
            return b""
        if self._edges is not None:
            return self._whole[int(self._edges[first]) : int(self._edges[after])]
        tokens = self._tokens
        text = self._text[int(tokens.start[first]) : int(tokens.stop[after - 1])]
        text = text.translate(self._translation, self._layout)
        return _STARTS.sub(b"~", _ENDS.sub(b"~", text))


def has_trailing_separator(tokens: Tokens) -> Flags:
    """Tell for each segment whether its last element is empty, so that the segment ends in a separator."""
    return np.asarray((tokens.te[tokens.last] == tokens.ts[tokens.last]) & (tokens.last > tokens.first))


def _only_line_ends_between(tokens: Tokens) -> bool:
    """Tell whether nothing but a line end stands between any two segments."""
    begin, end = tokens.stop[:-1], tokens.start[1:]
    gap = end - begin
    if not gap.any():
        return True
    some, two = begin[gap > 0], begin[gap == 2] + 1
    return bool(gap.max() <= 2 and _is_line_end(tokens, some) and _is_line_end(tokens, two))


def _is_line_end(tokens: Tokens, places: Integers) -> bool:
    found = tokens.data[places]
    return bool(((found == 10) | (found == 13)).all())


def claim_hashes(canonical: Canonical, first: Integers, after: Integers) -> list[str]:
    """Return the hash of each run of segments."""
    pairs = zip(first.tolist(), after.tolist(), strict=True)
    return [hashlib.sha256(canonical.of(one, other)).hexdigest() for one, other in pairs]
