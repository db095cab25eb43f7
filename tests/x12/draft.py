"""A valid file taken apart to be changed: bytes in; segments with their places in the map, and bytes again, out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pyx12.map_if import composite_if, element_if, segment_if

from tests.x12.reference import known_reference


@dataclass
class Line:
    """A segment's id and elements, and its place in the map; the id keeps line ends before it."""

    parts: list[str]
    node: segment_if

    @property
    def id(self) -> str:
        return self.parts[0].strip()

    def copy(self) -> Line:
        return Line(list(self.parts), self.node)


@dataclass(frozen=True)
class Slot:
    """A place for a value: a segment, an element, and a component (0: the element is simple)."""

    line: Line
    element: int
    component: int
    node: element_if

    @property
    def type(self) -> str:
        """The data type; all numbers with implied decimals are N."""
        kind = self.node.data_type or ""
        return "N" if kind.startswith("N") else kind


class Draft:
    """A file cut at its own delimiters, to be changed in place."""

    def __init__(self, data: bytes, chance: random.Random) -> None:
        text = data.decode("ascii")
        self.chance = chance
        self.separator, self.colon, self.terminator = text[3], text[104], text[105]
        *pieces, self.tail = text.split(self.terminator)
        nodes = known_reference(data).nodes
        self.lines = [Line(piece.split(self.separator), node) for piece, node in zip(pieces, nodes, strict=True)]

    def data(self) -> bytes:
        """Write the file."""
        pieces = [self.separator.join(line.parts) for line in self.lines]
        return self.terminator.join([*pieces, self.tail]).encode("latin-1")

    def get(self, slot: Slot) -> str:
        """Give the value in a place, "" when there is none."""
        value = slot.line.parts[slot.element] if slot.element < len(slot.line.parts) else ""
        if not slot.component:
            return value
        inner = value.split(self.colon)
        return inner[slot.component - 1] if slot.component <= len(inner) else ""

    def set(self, slot: Slot, value: str) -> bool:
        """Put a value in a place, and empty elements and components before it."""
        parts = slot.line.parts
        parts += [""] * (slot.element + 1 - len(parts))
        if not slot.component:
            parts[slot.element] = value
            return True
        inner = parts[slot.element].split(self.colon)
        inner += [""] * (slot.component - len(inner))
        inner[slot.component - 1] = value
        parts[slot.element] = self.colon.join(inner)
        return True

    def slots(self, line: Line) -> Iterator[Slot]:
        """Give the places of values that the map has for a segment."""
        for number, child in enumerate(line.node.children, 1):
            if isinstance(child, composite_if):
                for place, part in enumerate(child.children, 1):
                    yield Slot(line, number, place, part)
            else:
                yield Slot(line, number, 0, child)

    def at(self, wanted: Callable[[Line], bool] = lambda line: True) -> int | None:
        """Choose a segment after the first ISA: first its place in the map, then one of those that stand there."""
        places: dict[int, list[int]] = {}
        for number, line in enumerate(self.lines):
            if number and wanted(line):
                places.setdefault(id(line.node), []).append(number)
        return self.chance.choice(self.chance.choice(list(places.values()))) if places else None

    def line(self, wanted: Callable[[Line], bool] = lambda line: True) -> Line | None:
        """Choose a segment as `at` does."""
        number = self.at(wanted)
        return None if number is None else self.lines[number]

    def slot(self, wanted: Callable[[Slot, str], bool]) -> Slot | None:
        """Choose a place of a value: first the segment's and element's place in the map, then one of those."""
        line = self.line(lambda line: any(wanted(slot, self.get(slot)) for slot in self.slots(line)))
        if line is None:
            return None
        return self.chance.choice([slot for slot in self.slots(line) if wanted(slot, self.get(slot))])

    def change(self, wanted: Callable[[Slot, str], bool], new: Callable[[Slot, str], str]) -> bool:
        """Replace the value of a chosen place."""
        slot = self.slot(wanted)
        return slot is not None and self.set(slot, new(slot, self.get(slot)))

    def element(self, ids: str, element: int, new: Callable[[str], str]) -> bool:
        """Replace an element of a segment with one of several ids."""
        line = self.line(lambda line: line.id in ids.split() and len(line.parts) > element)
        if line is None:
            return False
        line.parts[element] = new(line.parts[element])
        return True

    def other_number(self, value: str) -> str:
        """Give a wrong number, near or far or none at all."""
        number = int(value) if value.isdigit() else 1
        near = [str(number + 1), str(number - 1), "0" + value, str(number * 100), "", "X", "-1", value + " "]
        return self.chance.choice(near)

    def until(self, start: int, ids: str = "SE GE IEA") -> int:
        """Find the next segment with the id of one, or with one of some ids."""
        end = start + 1
        stops = {self.lines[start].id, *ids.split()}
        while end < len(self.lines) and self.lines[end].id not in stops:
            end += 1
        return end
