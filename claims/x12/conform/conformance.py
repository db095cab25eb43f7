"""Windows of a file in, findings about its guides out: the envelope's and each transaction set's own.

Which guide a segment answers to is decided by the last ISA, GS or ST before it: GS08, else ST03. A set whose guide we
have no map for is left alone, with one note that says so.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from claims.findings import NOTE, REJECT, Finding
from claims.x12.conform import maps
from claims.x12.conform.fields import Fields, Place, compile_fields
from claims.x12.conform.grammar import Grammar
from claims.x12.conform.nodes import Composite, Loop, Segment
from claims.x12.conform.rules import ack_code, rules
from claims.x12.conform.sequences import Sequences
from claims.x12.conform.shapes import NOT_USED, ShapeFault, composite_faults, segment_faults
from claims.x12.conform.split import Split, split
from claims.x12.conform.text import Text
from claims.x12.conform.values import ValueRules
from claims.x12.conform.walk import Walked, Walker
from claims.x12.numbers import Integers
from claims.x12.segments import CODES, IDS
from claims.x12.tokens import Tokens

if TYPE_CHECKING:
    from claims.x12.envelope import Transaction

_DECIDING = {CODES[name]: name for name in ("ISA", "GS", "ST", "GE", "IEA")}
_IS_DECIDING = np.zeros(256, np.bool_)
_IS_DECIDING[list(_DECIDING)] = True
_LEFT_OUT = {"ISA_LOOP", "GS_LOOP", "ST_LOOP", "HEADER", "DETAIL", "FOOTER"}
# Values of these kinds say nothing about a person where the segment is about money, codes or counts.
_SHOWN_KINDS = ("ID", "N0", "R", "DT", "TM")
_PERSONAL = {"NM1", "N1", "N2", "N3", "N4", "DMG", "REF", "PER", "PAT", "NTE", "TRN", "CLM", "CLP", "PLB", "K3", "INS"}


@cache
def grammar(guide: str) -> Grammar:
    """Return the compiled guide, made once in a process."""
    return Grammar(maps.tree(guide))


@cache
def _fields(guide: str) -> Fields:
    return compile_fields(grammar(guide))


class _Guide:
    """One guide in one file: its walk goes on from window to window, its judgements are remembered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.grammar = grammar(name)
        self.fields = _fields(name)
        self.walker = Walker(self.grammar)
        self.values = ValueRules(self.fields)
        self.shapes: dict[tuple[int, int, int], tuple[ShapeFault, ...]] = {}
        self.composites: dict[tuple[int, int, int], tuple[ShapeFault, ...]] = {}


class Conformance:
    """Checks the windows of one file, in order."""

    def __init__(self) -> None:
        self._guides: dict[str, _Guide] = {}
        self._sequences = Sequences()
        self._current, self._group = "", ""
        self._told: set[int] = set()
        self.findings: list[Finding] = []

    def look(self, tokens: Tokens, seg: Integers, owner: Integers, transactions: list[Transaction]) -> list[Finding]:
        """Return what is wrong in a window; `owner` numbers the set of each segment in `transactions`, -1 for none."""
        self.findings = []
        self._tokens, self._seg = tokens, seg
        own = np.array([one.seg for one in transactions] + [0], np.int64)
        self._transaction_seg = own[owner]
        text = Text(tokens)
        for name, rows in self._by_guide(text, owner, transactions).items():
            guide = self._guide(name)
            self._look(guide, text, rows)
        is_claim = np.array([one.set_code.startswith("837") for one in transactions] + [False], np.bool_)
        for fault, row, element in self._sequences.wrong(text, is_claim[owner]):
            self._find(fault, row, element=f"{IDS[int(tokens.code[row])]}{element:02d}")
        self._physical(text)
        return self.findings

    def _guide(self, name: str) -> _Guide:
        if name not in self._guides:
            self._guides[name] = _Guide(name)
        return self._guides[name]

    def _by_guide(self, text: Text, owner: Integers, transactions: list[Transaction]) -> dict[str, Integers]:
        """Return the segments of each guide."""
        rows = np.flatnonzero(_IS_DECIDING[text.code])
        names = [self._current]
        for row in rows.tolist():
            kind = _DECIDING[int(text.code[row])]
            if kind == "ISA":
                self._current, self._group = maps.CONTROL, ""
            elif kind == "GS":
                version = [*self._tokens.elements(row), *[""] * 9][8].upper()
                self._group = version if version in maps.sources() else maps.CONTROL
                self._current = self._group
            elif kind == "ST":
                own = transactions[int(owner[row])]
                self._current = own.guide if own.guide in maps.sources() else ""
                self._tell_unchecked(row, own)
            else:
                self._current = self._group or maps.CONTROL
            names.append(self._current)
        distinct = sorted(set(names))
        number = np.array([distinct.index(name) for name in names], np.int64)
        edges = np.diff(np.concatenate(([0], rows, [len(text.code)])))
        of_row = np.repeat(number, edges)
        return {
            name: np.flatnonzero(of_row == place) if len(distinct) > 1 else np.arange(len(of_row))
            for place, name in enumerate(distinct)
            if name
        }

    def _tell_unchecked(self, row: int, own: Transaction) -> None:
        if self._current:
            is_experimental = maps.sources()[self._current].is_experimental
            if is_experimental and own.seg not in self._told:
                self._told.add(own.seg)
                self._note("guide-map-experimental", row, "the map of this guide is our own, and experimental")
        elif own.seg not in self._told:
            self._told.add(own.seg)
            self._note(
                "guide-not-checked", row, "there is no map for the guide of this set; its conformance is unknown"
            )

    # ---- one guide

    def _look(self, guide: _Guide, text: Text, rows: Integers) -> None:
        walked = guide.walker.walk(text, rows)
        self._order(guide, walked)
        node = np.full(len(text.code), -1, np.int64)
        node[rows] = walked.node
        found = split(text, node, guide.fields)
        compound = set(found.compound.tolist())
        self._segment_shapes(guide, text, node, found, compound)
        self._composite_shapes(guide, text, node, found)
        for fault, tokens in (("compound", found.compound), ("repeated", found.repeated)):
            for token in tokens.tolist():
                row = int(text.row[token])
                self._at(guide, fault, row, int(node[row]), int(text.element[token]))
        for bad in guide.values.bad(text, found.values):
            row = int(text.row[bad.token])
            place = guide.fields.places[bad.field]
            assert place is not None
            for fault in bad.faults:
                self._at(
                    guide, fault, row, place.node, place.element, place.component,
                    shown=_shown(place, bad.text), expected=_expected(place, fault), repeat=bad.repeat,
                )  # fmt: skip

    def _order(self, guide: _Guide, walked: Walked) -> None:
        nodes = guide.grammar.nodes
        for row in walked.rows[walked.node < 0].tolist():
            name = IDS[int(self._tokens.code[row])]
            self._find("unexpected" if name in guide.grammar.ids else "unknown", row)
        for rows, number, is_loop in walked.missing:
            segment = nodes[number]
            expected = segment.parent.id if is_loop else _named(segment)
            for row in rows.tolist():
                self._find("missing-loop" if is_loop else "missing-segment", row, segment.id, segment=segment,
                           expected=expected)  # fmt: skip
        node_of = dict(zip(walked.rows.tolist(), walked.node.tolist(), strict=True)) if _any(walked) else {}
        for row in walked.unused.tolist():
            self._find("unused-segment", row, segment=nodes[node_of[row]])
        for row in walked.too_often.tolist():
            segment = nodes[node_of[row]]
            if segment.id == "IEA":
                continue  # of another interchange: its ISA is walked by the guide of the envelope
            self._find("segment-too-often", row, segment=segment, expected=f"at most {segment.max_use}")
        for row in walked.loop_too_often.tolist():
            segment = nodes[node_of[row]]
            most = f"at most {segment.parent.max_repeat} of loop {segment.parent.id}"
            self._find("loop-too-often", row, segment=segment, expected=most)

    def _segment_shapes(self, guide: _Guide, text: Text, node: Integers, found: Split, compound: set[int]) -> None:
        rows = np.flatnonzero(node >= 0)
        if not len(rows):
            return
        mask, masks = pd.factorize(found.sent[rows])
        count = text.elements[rows]
        widest = int(count.max()) + 1
        key, keys = pd.factorize((mask * widest + count) * len(guide.grammar.nodes) + node[rows])
        for place, one in enumerate(keys.tolist()):
            rest, number = divmod(one, len(guide.grammar.nodes))
            shape = (number, rest % widest, int(masks[rest // widest]))
            if shape not in guide.shapes:
                guide.shapes[shape] = segment_faults(guide.grammar.nodes[number], shape[1], shape[2])
            faults = guide.shapes[shape]
            if not faults:
                continue
            for row in rows[key == place].tolist():
                for fault in faults:
                    token = int(text.first[row]) + fault.element
                    if fault.fault == NOT_USED and token in compound:
                        continue
                    self._at(guide, fault.fault, row, number, fault.element, expected=fault.expected)

    def _composite_shapes(self, guide: _Guide, text: Text, node: Integers, found: Split) -> None:
        composites = found.composites
        some = np.flatnonzero(composites.sent != 0)
        if not len(some):
            return
        mask, masks = pd.factorize(composites.sent[some])
        count = composites.count[some]
        widest = int(count.max()) + 1
        total = len(guide.fields.places)
        key, keys = pd.factorize((mask * widest + count) * total + composites.field[some])
        for which, one in enumerate(keys.tolist()):
            rest, field = divmod(one, total)
            shape = (field, rest % widest, int(masks[rest // widest]))
            place = guide.fields.places[field]
            assert place is not None and isinstance(place.item, Composite)
            if shape not in guide.composites:
                guide.composites[shape] = composite_faults(place.item, place.element, shape[1], shape[2])
            faults = guide.composites[shape]
            if not faults:
                continue
            for at in some[key == which].tolist():
                row = int(text.row[int(composites.token[at])])
                for fault in faults:
                    self._at(
                        guide, fault.fault, row, place.node, fault.element, fault.component,
                        expected=fault.expected, repeat=int(composites.repeat[at]),
                    )  # fmt: skip

    # ---- segments as they are written

    def _physical(self, text: Text) -> None:
        tokens = self._tokens
        token = text.last
        trailing = (text.end[token] == text.start[token]) & (text.elements > 0)
        for row in np.flatnonzero(trailing).tolist():
            self._find("trailing-separator", row, f"{_id(tokens, row)}{int(text.elements[row]):02d}")
        lower = (tokens.id_word & (tokens.id_word >> np.uint64(1)) & np.uint64(0x202020)) != 0
        for row in np.flatnonzero(lower & (tokens.code != 0)).tolist():
            self._find("lower-case", row)
        # A line end, of one byte or two, is what stands between most segments.
        start = text.start[text.first]
        gap = start.copy()
        gap[1:] -= tokens.stop[:-1]
        for row in np.flatnonzero((gap > 2) | ((gap > 0) & (text.data[start - 1] == 32))).tolist():
            if _has_leading_blank(text, row):
                self._find("leading-blank", row)
        for row in np.flatnonzero(tokens.code == 0).tolist():
            if not _is_id(text.bytes_between(int(start[row]), int(text.end[text.first[row]]))):
                self._find("bad-id", row)

    # ---- findings

    def _at(
        self, guide: _Guide, fault: str, row: int, node: int, element: int, component: int = 0, *, shown: str = "",
        expected: str = "", repeat: int = 0,
    ) -> None:  # fmt: skip
        segment = guide.grammar.nodes[node]
        name = f"{segment.id}{element:02d}" if element else segment.id
        self._find(
            fault, row, f"{name}-{component}" if component else name, segment=segment, found=shown,
            expected=expected or _name(segment, element, component), repeat=repeat + 1 if repeat else 0,
        )  # fmt: skip

    def _find(
        self, fault: str, row: int, element: str = "", *, segment: Segment | None = None, found: str = "",
        expected: str = "", repeat: int = 0,
    ) -> None:  # fmt: skip
        rule = rules()[fault]
        seg = int(self._seg[row])
        where = f"{seg}, {element}" if element else f"{seg}"
        loop = loop_path(segment.parent) if segment else ""
        transaction_seg = int(self._transaction_seg[row])
        code = ack_code(rule, _id(self._tokens, row), element, is_in_set=transaction_seg > 0)
        self.findings.append(
            Finding(
                rule.code, REJECT, f"segment {where}: {rule.sentence}; the guide refuses the set.", seg, element,
                int(self._tokens.offset[row]), found, expected, code, transaction_seg, loop, repeat,
            )
        )  # fmt: skip

    def _note(self, code: str, row: int, sentence: str) -> None:
        seg = int(self._seg[row])
        self.findings.append(
            Finding(code, NOTE, f"segment {seg}: {sentence}.", seg, "ST", int(self._tokens.offset[row]),
                    transaction_seg=int(self._transaction_seg[row]))
        )  # fmt: skip


@cache
def _paths() -> dict[int, str]:
    return {}


def loop_path(loop: Loop) -> str:
    """Return the loops down to one, without those that only wrap: `2000A/2000B/2300/2400`."""
    known = _paths()
    if id(loop) not in known:
        names = [name for name in loop.path.split("/") if name and name not in _LEFT_OUT]
        known[id(loop)] = "/".join(names)
    return known[id(loop)]


def _any(walked: Walked) -> bool:
    return bool(len(walked.unused) or len(walked.too_often) or len(walked.loop_too_often))


def _named(segment: Segment) -> str:
    """Name a segment with its qualifier, as people do: `NM1*QC`."""
    key = segment.key
    if key is None or len(key[0].listed) > 3:
        return segment.id
    return f"{segment.id}*{'*' * (key[1] - 1)}{' or '.join(sorted(key[0].listed))}"


def _name(segment: Segment, element: int, component: int) -> str:
    if not 0 < element <= len(segment.elements):
        return segment.name
    item = segment.elements[element - 1]
    if component and isinstance(item, Composite) and component <= len(item.elements):
        return item.elements[component - 1].name
    return item.name


def _expected(place: Place, fault: str) -> str:
    item = place.item
    assert not isinstance(item, Composite)
    if fault == "code" and item.codes is not None:
        return ", ".join(sorted(item.codes)) if len(item.codes) <= 12 else f"a code of the list: {item.name}"
    if fault == "too-long":
        return f"at most {item.max_length} characters"
    if fault == "too-short":
        return f"at least {item.min_length} characters"
    return ""


def _shown(place: Place, value: str) -> str:
    """Return a value if it can tell nothing about a person, else its length."""
    item = place.item
    assert not isinstance(item, Composite)
    letters = sum(char.isalpha() for char in value)
    is_plain = value.isascii() and value.isprintable() and len(value) <= 12 and letters <= 3
    if is_plain and item.kind in _SHOWN_KINDS and place.segment.id not in _PERSONAL:
        return value
    if is_plain and len(value) <= 3 and item.kind == "ID":
        return value
    return f"{len(value)} characters"


def _id(tokens: Tokens, row: int) -> str:
    return IDS[int(tokens.code[row])]


def _has_leading_blank(text: Text, row: int) -> bool:
    """Tell whether a blank stands before a segment, after the line ends that may stand there."""
    start = int(text.start[text.first[row]])
    begin = int(text.tokens.stop[row - 1]) if row else 0
    gap = text.bytes_between(begin, start).rsplit(bytes([text.tokens.delimiters.terminator]))[-1]
    return gap.lstrip(b"\r\n")[:1] == b" "


def _is_id(value: bytes) -> bool:
    return 2 <= len(value) <= 3 and value.isalnum() and value.isupper() and value[:1].isalpha()
