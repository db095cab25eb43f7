"""Canonical bytes: a run of segments in; the same segments with standard delimiters and no layout out, to be hashed.

Two files that differ in delimiters, line ends, blanks around segments, empty segments or trailing separators only have
the same canonical bytes.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

import numpy as np

from claims.x12.delimiters import STANDARD, Delimiters
from claims.x12.numbers import Integers
from claims.x12.tokens import Tokens

_BLANK = rb"[\x00-\x20]"
# A run of blanks and separators is looked at once, wherever it ends.
_ENDS = re.compile(rb"(?<![\x00-\x20*])[\x00-\x20*]++~")
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
        self._whole: memoryview | None = None
        self._is_even = True
        self._taken_out: Any = 0
        if len(tokens) and _is_plain(tokens):
            self._take_together()

    def _take_together(self) -> None:
        """Normalise the window once: where nothing but line ends goes, each segment keeps its length."""
        start, stop = self._tokens.start, self._tokens.stop
        begin, end = int(start[0]), int(stop[-1])
        # Bytes taken out before each segment, or behind each one where that is the same.
        self._is_even = self._tokens.gap >= 0
        self._taken_out = max(0, self._tokens.gap)
        if not self._is_even:
            self._taken_out = np.concatenate(([0], np.cumsum(start[1:] - stop[:-1])))
        whole = memoryview(self._text)[begin:end]
        if self._translation is not None or any(self._text.find(one, begin, end) >= 0 for one in self._layout):
            # All at once; what stands before and behind goes afterwards. A bytearray is three times as fast at it.
            before, behind = self._text[:begin], self._text[end:]
            whole = memoryview(bytearray(self._text).translate(self._translation, self._layout))
            last = len(whole) - len(behind.translate(None, self._layout))
            whole = whole[len(before.translate(None, self._layout)) : last]
        if len(whole) == self._edges(0, len(start))[1]:
            self._whole = whole

    def _edges(self, first: Any, after: Any) -> tuple[Any, Any]:
        """Return where runs of segments (at least one long) begin and end in the canonical bytes of the window."""
        tokens, out, last = self._tokens, self._taken_out, after - 1
        before, within = (out * first, out * last) if self._is_even else (out[first], out[last])
        return tokens.start[first] - tokens.start[0] - before, tokens.stop[last] - tokens.start[0] - within

    def of(self, first: int, after: int) -> bytes | memoryview:
        """Return the canonical bytes of the segments from `first` up to, not including, `after`."""
        if first >= after:
            return b""
        if self._whole is not None:
            begin, end = self._edges(first, after)
            return self._whole[begin:end]
        tokens = self._tokens
        start, stop = int(tokens.start[first]), int(tokens.stop[after - 1])
        text = self._text[start:stop]
        # What is left out of a segment is told by its digest.
        for place, hole in zip(tokens.hole_at[::-1].tolist(), tokens.holes[::-1], strict=True):
            if start < place < stop:
                text = text[: place - start] + hole.digest + text[place - start :]
        text = text.translate(self._translation, self._layout)
        return _STARTS.sub(b"~", _ENDS.sub(b"~", text))

    def hashes(self, first: Integers, after: Integers) -> list[bytes]:
        """Return the hash of each run of segments; none is empty."""
        sha256, whole = hashlib.sha256, self._whole
        if whole is None:
            runs = zip(first.tolist(), after.tolist(), strict=True)
            return [sha256(self.of(one, other)).digest() for one, other in runs]
        begin, end = self._edges(first, after)
        return [sha256(whole[one:other]).digest() for one, other in zip(begin.tolist(), end.tolist(), strict=True)]


def _is_plain(tokens: Tokens) -> bool:
    """Tell whether segments have no blanks, empty ones or trailing separators, and only line ends between them."""
    return bool(
        not len(tokens.empty_at)
        and not tokens.holes
        and not (tokens.padded_ts is not None and (tokens.stop - 1 != tokens.te.take(tokens.last)).any())
        and not tokens.has_trailing_separator.any()
        and _only_line_ends_between(tokens)
    )


def _only_line_ends_between(tokens: Tokens) -> bool:
    """Tell whether nothing but a line end stands between any two segments."""
    if tokens.gap >= 0:
        return True
    begin, gap = tokens.stop[:-1], tokens.start[1:] - tokens.stop[:-1]
    if not len(gap) or not gap.any():
        return True
    most = int(gap.max())
    if most > 2:
        return False
    some = begin if int(gap.min()) else begin[gap > 0]
    return _is_line_end(tokens, some) and (most == 1 or _is_line_end(tokens, begin[gap == 2] + 1))


def _is_line_end(tokens: Tokens, places: Integers) -> bool:
    found = tokens.data.take(places)
    return bool(((found == 10) | (found == 13)).all())
