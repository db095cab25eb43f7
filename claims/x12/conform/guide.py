"""One guide in one file: windows of its segments in, what it does not allow reported.

The walk goes on from window to window; shapes and values, once judged, are remembered.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from claims.x12 import told
from claims.x12.conform import maps
from claims.x12.conform.fields import Fields, Place, compile_fields
from claims.x12.conform.grammar import Grammar
from claims.x12.conform.nodes import Composite, Segment
from claims.x12.conform.reporter import Reporter
from claims.x12.conform.shapes import NOT_USED, ShapeFault, composite_faults, segment_faults
from claims.x12.conform.split import Split, split
from claims.x12.conform.text import Text
from claims.x12.conform.values import BadValue, ValueRules
from claims.x12.conform.walk import Walked, Walker
from claims.x12.numbers import Integers
from claims.x12.segments import CODES, IDS
from claims.x12.shown import has_form

LIST_OF_CODES = "a code of the list:"
_ISA = CODES["ISA"]
_LONGEST_CODE, _DAY = 5, 8
# Segments whose days say nothing about a person.
_DATED = {"ISA", "GS", "BHT", "BPR", "DTM", "DTP", "STC"}


@cache
def grammar(guide: str) -> Grammar:
    """Return the compiled guide, made once in a process."""
    return Grammar(maps.tree(guide))


@cache
def _fields(guide: str) -> Fields:
    return compile_fields(grammar(guide))


class Guide:
    """Checks the segments of one guide."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.grammar = grammar(name)
        self.fields = _fields(name)
        self.walker = Walker(self.grammar)
        self.values = ValueRules(self.fields)
        self.shapes: dict[tuple[int, int, int], tuple[ShapeFault, ...]] = {}
        self.composites: dict[tuple[int, int, int], tuple[ShapeFault, ...]] = {}

    def look(self, text: Text, rows: Integers, strays: Integers, report: Reporter) -> None:
        """Check the segments `rows` of a window; `strays` are those that begin a set in a group of another guide."""
        self._report = report
        walked = self.walker.walk(text, rows, strays)
        if self.name != maps.CONTROL:
            walked = walked.without(text.code[walked.rows] == _ISA)
        self._order(text, walked)
        node = np.full(len(text.code), -1, np.int64)
        node[walked.rows] = walked.node
        found = split(text, node, self.fields)
        self._segment_shapes(text, node, found)
        self._composite_shapes(text, found)
        for fault, tokens in (("compound", found.compound), ("repeated", found.repeated)):
            for token in tokens.tolist():
                row = int(text.row[token])
                self._at(fault, row, int(node[row]), int(text.element[token]))
        for values in (found.simple, found.parts):
            for bad in self.values.bad(text, values):
                self._value(text, bad)

    def _value(self, text: Text, bad: BadValue) -> None:
        place = self.fields.places[bad.field]
        assert place is not None
        for fault in bad.faults:
            self._at(
                fault, int(text.row[bad.token]), place.node, place.element, place.component,
                shown=_shown(place, bad.text), expected=_expected(place, fault), repeat=bad.repeat,
            )  # fmt: skip

    def _order(self, text: Text, walked: Walked) -> None:
        nodes = self.grammar.nodes
        lost = walked.rows[walked.node < 0]
        is_in_guide = self.walker.is_known(text.code.take(lost))
        for row in self._report.listed(lost[is_in_guide]).tolist():
            self._unexpected(text, row, walked.fitting.get(row, ()))
        self._report.find_all("unknown", lost[~is_in_guide])
        for rows, number, is_loop in walked.missing:
            segment = nodes[number]
            expected = segment.parent.id if is_loop and segment.parent.shown_path else _named(segment)
            for row in rows.tolist():
                self._report.find("missing-loop" if is_loop else "missing-segment", row, segment.id, segment=segment,
                           expected=expected)  # fmt: skip
        node_of = dict(zip(walked.rows.tolist(), walked.node.tolist(), strict=True)) if _any(walked) else {}
        for row in walked.unused.tolist():
            self._report.find("unused-segment", row, segment=nodes[node_of[row]])
        for row in walked.too_often.tolist():
            segment = nodes[node_of[row]]
            self._report.find("segment-too-often", row, segment=segment, expected=f"at most {segment.max_use}")
        for row in walked.loop_too_often.tolist():
            segment = nodes[node_of[row]]
            most = f"at most {segment.parent.max_repeat} of loop {segment.parent.id}"
            self._report.find("loop-too-often", row, segment=segment, expected=most)

    def _unexpected(self, text: Text, row: int, fitting: tuple[str, ...]) -> None:
        """Report a segment that cannot stand where it does; with its qualifier, where another one would let it."""
        name, expected = IDS[int(text.code[row])], ""
        if fitting:
            element, component = self.grammar.key_place(name)
            name = f"{name}{element:02d}" + (f"-{component}" if component else "")
            expected = ", ".join(fitting) if len(fitting) <= 12 else ""
        self._report.find("unexpected", row, name if fitting else "", expected=expected)

    def _segment_shapes(self, text: Text, node: Integers, found: Split) -> None:
        rows = np.flatnonzero(node >= 0)
        if not len(rows):
            return
        compound = set(found.compound.tolist())
        mask, masks = pd.factorize(found.sent[rows])
        count = text.elements[rows]
        widest = int(count.max()) + 1
        key, keys = pd.factorize((mask * widest + count) * len(self.grammar.nodes) + node[rows])
        for place, one in enumerate(keys.tolist()):
            rest, number = divmod(one, len(self.grammar.nodes))
            shape = (number, rest % widest, int(masks[rest // widest]))
            if shape not in self.shapes:
                self.shapes[shape] = segment_faults(self.grammar.nodes[number], shape[1], shape[2])
            faults = self.shapes[shape]
            if not faults:
                continue
            same = rows[key == place]
            # What is told of a composite as a whole is not told of its segment: there each has to be looked at.
            for row in (same if compound else self._report.listed(same)).tolist():
                for fault in faults:
                    token = int(text.first[row]) + fault.element
                    if fault.fault == NOT_USED and token in compound:
                        continue
                    self._at(fault.fault, row, number, fault.element, expected=fault.expected)

    def _composite_shapes(self, text: Text, found: Split) -> None:
        composites = found.composites
        some = np.flatnonzero(composites.sent != 0)
        if not len(some):
            return
        mask, masks = pd.factorize(composites.sent[some])
        count = composites.count[some]
        widest = int(count.max()) + 1
        total = len(self.fields.places)
        key, keys = pd.factorize((mask * widest + count) * total + composites.field[some])
        for which, one in enumerate(keys.tolist()):
            rest, field = divmod(one, total)
            shape = (field, rest % widest, int(masks[rest // widest]))
            place = self.fields.places[field]
            assert place is not None and isinstance(place.item, Composite)
            if shape not in self.composites:
                self.composites[shape] = composite_faults(place.item, place.element, shape[1], shape[2])
            faults = self.composites[shape]
            if not faults:
                continue
            for at in some[key == which].tolist():
                row = int(text.row[int(composites.token[at])])
                for fault in faults:
                    self._at(
                        fault.fault, row, place.node, fault.element, fault.component,
                        expected=fault.expected, repeat=int(composites.repeat[at]),
                    )  # fmt: skip

    def _at(
        self, fault: str, row: int, node: int, element: int, component: int = 0, *, shown: str = "",
        expected: str = "", repeat: int = 0,
    ) -> None:  # fmt: skip
        """Report a fault of an element, or of a component of it."""
        segment = self.grammar.nodes[node]
        name = f"{segment.id}{element:02d}" if element else segment.id
        self._report.find(
            fault, row, f"{name}-{component}" if component else name, segment=segment, found=shown,
            expected=expected or _name(segment, element, component), repeat=repeat + 1 if repeat else 0,
        )  # fmt: skip


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
        return ", ".join(sorted(item.codes)) if len(item.codes) <= 12 else f"{LIST_OF_CODES} {item.name}"
    if fault == "too-long":
        return f"at most {item.max_length} characters"
    if fault == "too-short":
        return f"at least {item.min_length} characters"
    return ""


def _shown(place: Place, value: str) -> str:
    """Return a value that has the form of what belongs there, else its length."""
    item, segment_id = place.item, place.segment.id
    assert not isinstance(item, Composite)
    if item.kind in ("R", "N0"):
        return told.number(value)
    if item.kind in ("DT", "TM"):
        is_told = segment_id in _DATED and len(value) <= _DAY and value.isascii() and value.isdigit()
    else:
        is_told = has_form(segment_id, place.element, place.component, value)
        is_told |= item.kind == "ID" and len(value) <= _LONGEST_CODE and value.isascii() and value.isalnum() and (
            not told.can_name(value)
        )  # fmt: skip
    return value if is_told else told.length(value)
