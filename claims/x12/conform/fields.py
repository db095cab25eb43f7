"""A compiled guide in; its elements and components as flat arrays of limits, numbered from 1, out.

Field 0 is none. `base[node] + n` is the field of a segment's element n, `parts[field] + n` that of a composite's
component n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from claims.x12.conform.grammar import FORCED, Grammar
from claims.x12.conform.nodes import Composite, Element, Segment
from claims.x12.conform.shapes import MOST_ELEMENTS
from claims.x12.numbers import Bytes, Flags, Integers, Words

NONE, SIMPLE, COMPOSITE, UNUSED_COMPOSITE = 0, 1, 2, 3
# What a value is checked for beside its length, as bits.
CODED, WHOLE, REAL, DATE, ODD, BY_QUALIFIER, FORMATS = 1, 2, 4, 8, 16, 32, 64
_ANY_LENGTH = 1 << 30


@dataclass(frozen=True)
class Place:
    """Where a field stands: its segment, its element, its component (0: the element itself)."""

    node: int
    segment: Segment
    item: Element | Composite
    element: int
    component: int


@dataclass
class Fields:
    """The fields of one guide; `bit` is the bit of a field's element in the shape of its segment."""

    places: list[Place | None]
    base: Integers
    widths: Integers
    role: Bytes
    low: Integers
    high: Integers
    checks: Bytes
    codes: Integers
    parts: Integers
    part_count: Integers
    repeat: Integers
    is_checked: Flags
    bit: Words
    code_sets: list[frozenset[str]]
    code_words: list[frozenset[int]]


def compile_fields(grammar: Grammar) -> Fields:
    """Flatten the elements of a guide."""
    return _Compiler(grammar).fields()


def _words(codes: frozenset[str]) -> frozenset[int]:
    """Return codes of up to eight bytes as words."""
    return frozenset(int.from_bytes(code.encode("latin-1"), "little") for code in codes if 0 < len(code) <= 8)


def _bit(element: int) -> int:
    return 1 << element if element <= MOST_ELEMENTS else 0


class _Compiler:
    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.places: list[Place | None] = [None]
        self.rows: list[tuple[int, int, int, int, int, int, int, int]] = [(NONE, 0, _ANY_LENGTH, 0, 0, 0, 0, 1)]
        self.code_sets: list[frozenset[str]] = [frozenset()]
        self.number_of_set: dict[frozenset[str], int] = {}

    def fields(self) -> Fields:
        base, widths = [], []
        for number, segment in enumerate(self.grammar.nodes):
            base.append(len(self.rows) - 1)
            widths.append(len(segment.elements))
            composites = []
            for item in segment.elements:
                place = Place(number, segment, item, item.number, 0)
                if isinstance(item, Element):
                    self._simple(place, item, segment)
                else:
                    composites.append(len(self.rows))
                    role = UNUSED_COMPOSITE if item.usage == "N" else COMPOSITE
                    self._add(place, (role, 0, _ANY_LENGTH, 0, 0, 0, len(item.elements), item.repeat))
            for field in composites:
                self._components(field, number, segment)
        columns = np.array(self.rows, np.int64).T
        bits = [0 if place is None or place.component else _bit(place.element) for place in self.places]
        is_checked = [place is not None and place.item.usage != "N" for place in self.places]
        role, low, high, checks, codes, parts, part_count, repeat = columns
        return Fields(
            self.places, np.array(base, np.int64), np.array(widths, np.int64), role.astype(np.uint8),
            low.astype(np.int32), high.astype(np.int32), checks.astype(np.uint8), codes, parts, part_count, repeat,
            np.array(is_checked, np.bool_), np.array(bits, np.uint64), self.code_sets,
            [_words(codes) for codes in self.code_sets],
        )  # fmt: skip

    def _add(self, place: Place, row: tuple[int, int, int, int, int, int, int, int]) -> None:
        self.places.append(place)
        self.rows.append(row)

    def _components(self, field: int, number: int, segment: Segment) -> None:
        place = self.places[field]
        assert place is not None and isinstance(place.item, Composite)
        row = list(self.rows[field])
        row[5] = len(self.rows) - 1
        self.rows[field] = tuple(row)  # type: ignore[assignment]
        for part in place.item.elements:
            self._simple(Place(number, segment, part, place.element, part.number), part, segment)

    def _simple(self, place: Place, element: Element, segment: Segment) -> None:
        if element.usage == "N":
            self._add(place, (SIMPLE, 0, _ANY_LENGTH, 0, 0, 0, 0, 1))
            return
        checks, code_set = 0, 0
        # The element that tells the segment from others has one of its codes, or the segment were not here: but for
        # ISA and GS, which are taken for what they are whatever they hold.
        key = segment.key if segment.id not in FORCED else None
        if element.codes is not None and not (key and key[0] is element):
            checks |= CODED
            code_set = self._code_set(element.codes)
        kind = element.kind
        if kind[:1] == "N":
            checks |= WHOLE
        elif kind == "R":
            checks |= REAL
        elif kind == "DT":
            checks |= DATE
        elif kind not in ("AN", "ID"):
            checks |= ODD
        if element.pattern or (checks & (WHOLE | REAL) and element.min_length > 1):
            checks |= ODD
        if segment.id == "DTP" and place.element == 3:
            checks |= BY_QUALIFIER
        elif element.formats:
            checks |= FORMATS if "D8" in element.formats else ODD
        self._add(place, (SIMPLE, element.min_length, element.max_length, checks, code_set, 0, 0, 1))

    def _code_set(self, codes: frozenset[str]) -> int:
        if codes not in self.number_of_set:
            self.number_of_set[codes] = len(self.code_sets)
            self.code_sets.append(codes)
        return self.number_of_set[codes]
