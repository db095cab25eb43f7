"""Numbers that count on through a transaction set: HL and LX segments of a window in, those that count wrongly out."""

from __future__ import annotations

import numpy as np

from claims.x12.conform.text import Text
from claims.x12.numbers import Flags, Integers
from claims.x12.segments import CODES

_HL, _LX, _CLM, _ST = (CODES[name] for name in ("HL", "LX", "CLM", "ST"))


class Sequences:
    """Counts levels in every set, and service lines in claims of an 837."""

    def __init__(self) -> None:
        self._levels, self._lines = 0, 0
        self._open: list[int] = []

    def wrong(self, text: Text, counts_lines: Flags) -> list[tuple[str, int, int]]:
        """Return (fault, segment, element) of each; `counts_lines` tells which segments stand in an 837."""
        code = text.code
        rows = np.flatnonzero((code == _HL) | (code == _ST) | (((code == _LX) | (code == _CLM)) & counts_lines))
        found: list[tuple[str, int, int]] = []
        for row, one, first, second in zip(
            rows.tolist(), code[rows].tolist(), _texts(text, rows, 1), _texts(text, rows, 2), strict=True
        ):
            if one == _LX:
                self._lines += 1
                if first != str(self._lines):
                    found.append(("line-number", row, 1))
            elif one == _CLM:
                self._lines = 0
            elif one == _ST:
                self._levels, self._open = 0, []
            else:
                self._level(row, first, second, found)
        return found

    def _level(self, row: int, number: str, parent: str, found: list[tuple[str, int, int]]) -> None:
        self._levels += 1
        if _integer(number) != self._levels:
            found.append(("hierarchy-number", row, 1))
        if parent:
            above = _integer(parent)
            if above not in self._open:
                found.append(("hierarchy-parent", row, 2))
            while self._open and self._open[-1] != above:
                self._open.pop()
        self._open.append(self._levels)


def _texts(text: Text, rows: Integers, element: int) -> list[str]:
    """Return an element of each segment, `""` where it was not sent."""
    token = np.where(text.elements[rows] >= element, text.first[rows] + element, text.first[rows])
    ends = np.where(text.elements[rows] >= element, text.end[token], text.start[token])
    data = text.tokens.text_bytes
    return [data[s:e].decode("latin-1") for s, e in zip(text.start[token].tolist(), ends.tolist(), strict=True)]


def _integer(value: str) -> int | None:
    try:
        return int(value)
    except ValueError:
        return None
