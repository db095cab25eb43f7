"""Physical oddities of a window in; notes out, one for each kind and transaction set."""

from __future__ import annotations

from typing import Any

import numpy as np

from claims.findings import HOLD, NOTE, Finding
from claims.x12.holes import LONGEST_SEGMENT
from claims.x12.owners import Owners
from claims.x12.segments import CODES, IDS
from claims.x12.tokens import Tokens

_ONE, _CASE = np.uint32(1), np.uint32(0x202020)
_ENVELOPE = np.zeros(256, np.bool_)
_ENVELOPE[[CODES[name] for name in ("ISA", "IEA", "GS", "GE", "TA1", "ST", "SE")]] = True


class Dirt:
    """Notes oddities; remembers what was told where no transaction set is open."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def look(self, tokens: Tokens, owners: Owners, before: int) -> list[Finding]:
        """Return what is odd in a window; `before` is the `seg` of the last segment before it."""
        found: list[Finding] = []

        def tell(rows: Any, code: str, severity: str, element: str, sentence: str, ack_code: str = "") -> None:
            if not len(rows):
                return
            numbers, first = np.unique(owners.of(rows), return_index=True)
            for number, place in zip(numbers.tolist(), first.tolist(), strict=True):
                own = owners.transactions[number] if number >= 0 else None
                told = own.seen if own else self._told
                if code not in told:
                    told.add(code)
                    row = int(rows[place])
                    found.append(_finding(tokens, before, row, code, severity, element, sentence, ack_code,
                                          own.seg if own else 0))  # fmt: skip

        # A letter is lower case when its bit of 32 is set, of 64 too; no digit has both.
        words = tokens.id_word.astype(np.uint32)
        lower = (words & (words >> _ONE) & _CASE) != 0
        if lower.any():
            tell(
                np.flatnonzero(lower & (tokens.code != 0)), "lower-case-id", NOTE, "",
                "segment ids are in lower case; read as upper case",
            )  # fmt: skip
        tell(
            np.flatnonzero(tokens.has_trailing_separator), "trailing-separator", NOTE, "",
            "the segment ends in an element separator; read on", "999 IK403 3",
        )  # fmt: skip
        outside = owners.outside()
        tell(
            outside[~_ENVELOPE[tokens.code[outside]]], "segment-outside-set", HOLD, "",
            "a segment stands in no transaction set; kept, but not read", "TA1 022",
        )  # fmt: skip
        unknown = np.flatnonzero(tokens.code == 0)
        tell(
            unknown[owners.of(unknown) >= 0], "segment-not-known", NOTE, "",
            "this segment id is not known; kept, but not read", "999 IK304 1",
        )  # fmt: skip
        others = len(found)
        tell(
            np.flatnonzero(tokens.length > LONGEST_SEGMENT), "segment-too-long", HOLD, "",
            "the segment is longer than any can be; its terminator may be lost, held", "999 IK304 8",
        )  # fmt: skip
        for place, one in enumerate(found[others:], others):
            size = f"{tokens.length[one.seg - before - 1]} bytes"
            found[place] = one._replace(found=size, expected=f"at most {LONGEST_SEGMENT} bytes")
        if len(tokens.empty_at):
            row = np.searchsorted(tokens.start, tokens.empty_at) - 1
            if (row < 0).any():
                found += self.empty(tokens, before)
            tell(row[row >= 0], "empty-segment", NOTE, "", "a segment after it is empty; skipped")
        if tokens.is_unterminated and len(tokens):
            found.append(_cut(tokens, owners, before))
        return found

    def empty(self, tokens: Tokens, before: int) -> list[Finding]:
        """Return a note of empty segments before the first segment of a window."""
        if not len(tokens.empty_at) or "empty-segment" in self._told:
            return []
        self._told.add("empty-segment")
        at = int(tokens.raw(tokens.empty_at[:1])[0])
        return [Finding("empty-segment", NOTE, _EMPTY.format(before), before, "", at)]


_EMPTY = "segment {}: a segment after it is empty; skipped."


def _finding(
    tokens: Tokens, before: int, row: int, code: str, severity: str, element: str, sentence: str, ack_code: str,
    transaction_seg: int,
) -> Finding:  # fmt: skip
    number = before + 1 + row
    return Finding(
        code, severity, f"segment {number}: {sentence}.", number, element, int(tokens.offset[row]), "", "", ack_code,
        transaction_seg,
    )  # fmt: skip


def _cut(tokens: Tokens, owners: Owners, before: int) -> Finding:
    """The last segment has no terminator: harmless after a whole IEA, else the file may be cut off."""
    row = len(tokens) - 1
    is_whole = IDS[int(tokens.code[row])] == "IEA" and int(tokens.last[row] - tokens.first[row]) >= 2
    transaction_seg = int(owners.seg_of(np.array([row]))[0])
    if is_whole:
        return _finding(
            tokens, before, row, "last-terminator-missing", NOTE, "IEA02",
            "the last segment has no terminator; it is whole, read on", "TA1 004", transaction_seg,
        )  # fmt: skip
    return _finding(
        tokens, before, row, "file-cut-off", HOLD, "",
        "the last segment has no terminator; the file may be cut off, held", "TA1 023", transaction_seg,
    )  # fmt: skip
