"""Windows of a file in, findings about its guides out: the envelope's and each transaction set's own.

Which guide a segment answers to is decided by the last ISA, GS or ST before it: GS08, else ST03. A set whose guide we
have no map for is left alone, with one note that says so. What the map of the 837P does not ask, ST03 like GS08, is
asked here.
"""

from __future__ import annotations

import numpy as np

from claims.findings import Finding
from claims.x12 import guides
from claims.x12.conform import maps
from claims.x12.conform.guide import Guide
from claims.x12.conform.physical import look_at_text
from claims.x12.conform.reporter import Reporter
from claims.x12.conform.sequences import Sequences
from claims.x12.conform.text import Text
from claims.x12.numbers import Integers
from claims.x12.owners import Owners
from claims.x12.segments import CODES, IDS
from claims.x12.tokens import Tokens

_ISA = CODES["ISA"]
_DECIDING = {CODES[name]: name for name in ("ISA", "GS", "ST", "GE", "IEA")}
# The map of the 837P leaves ST03 open; those of the other claims ask for it.
_NOT_IN_THE_MAP = ("837P",)
_GUIDE_NAME, _GUIDE_LENGTH = "Implementation Convention Reference", len("005010X222")
_IS_DECIDING = np.zeros(256, np.bool_)
_IS_DECIDING[list(_DECIDING)] = True


class Conformance:
    """Checks the windows of one file, in order."""

    def __init__(self) -> None:
        self._guides: dict[str, Guide] = {}
        self._sequences = Sequences()
        self._report = Reporter()
        self._current, self._group = "", ""

    def look(self, tokens: Tokens, owners: Owners, before: int) -> list[Finding]:
        """Return what is wrong in a window; `before` is the `seg` of the last segment before it."""
        self._report.begin(tokens, owners, before)
        text = Text(tokens)
        self._strays: dict[str, list[int]] = {}
        for name, rows in self._by_guide(text, owners).items():
            if name not in self._guides:
                self._guides[name] = Guide(name)
            self._guides[name].look(text, rows, np.array(self._strays.get(name, []), np.int64), self._report)
        for fault, row, element in self._sequences.wrong(text, owners):
            self._report.find(fault, row, f"{IDS[int(tokens.code[row])]}{element:02d}")
        look_at_text(text, self._report)
        return self._report.findings

    def _by_guide(self, text: Text, owners: Owners) -> dict[str, Integers]:
        """Return the segments of each guide."""
        rows = np.flatnonzero(_IS_DECIDING[text.code])
        names = [self._current]
        for row in rows.tolist():
            kind = _DECIDING[int(text.code[row])]
            if kind == "ISA":
                self._current, self._group = maps.CONTROL, ""
            elif kind == "GS":
                version = [*text.tokens.elements(row), *[""] * 9][8].upper()
                version = version.rstrip(chr(text.tokens.delimiters.component))
                self._group = version if version in maps.sources() else maps.CONTROL
                self._current = self._group
            elif kind == "ST":
                own = owners.at(row)
                self._current = own.guide if own.guide in maps.sources() else ""
                if self._current != self._group:
                    self._strays.setdefault(self._current, []).append(row)
                self._tell_map(row)
                if own.set_code in _NOT_IN_THE_MAP and own.guide == self._group:
                    component = chr(text.tokens.delimiters.component)
                    self._compare_guide(row, own.convention.upper().rstrip(component))
            else:
                self._current = self._group or maps.CONTROL
            names.append(self._current)
        distinct = sorted(set(names))
        number = np.array([distinct.index(name) for name in names], np.int64)
        edges = np.diff(np.concatenate(([0], rows, [len(text.code)])))
        of_row = np.repeat(number, edges)
        if len(distinct) == 1:
            return {distinct[0]: np.arange(len(of_row))} if distinct[0] else {}
        # A guide's walk sees where interchanges begin, too: what it counts begins anew there.
        is_isa = text.code == _ISA
        return {name: np.flatnonzero((of_row == place) | is_isa) for place, name in enumerate(distinct) if name}

    def _compare_guide(self, row: int, stated: str) -> None:
        """Refuse a set whose ST03 is missing or names another guide than GS08; addenda of one guide are only noted."""
        if not stated:
            self._report.find("missing", row, "ST03", expected=_GUIDE_NAME)
        elif stated[:_GUIDE_LENGTH] != self._group[:_GUIDE_LENGTH]:
            shown = stated if guides.is_guide(stated) else ""
            self._report.find("code", row, "ST03", found=shown, expected=self._group)
        elif stated != self._group:
            self._report.note("guide-addendum-differs", row, "ST03 and GS08 name other addenda of one guide; read on")

    def _tell_map(self, row: int) -> None:
        if self._current:
            if maps.sources()[self._current].is_experimental:
                self._report.note("guide-map-experimental", row, "the map of this guide is our own, and experimental")
        else:
            sentence = "there is no map for the guide of this set; its conformance is unknown"
            self._report.note("guide-not-checked", row, sentence)
