"""Valid transaction files invented from pyx12's maps: a guide and a seed in, a whole X12 file out.

Nothing in them means anything; they are there to visit the guide. What pyx12 places elsewhere than meant (two segments
that a qualifier does not tell apart) is left out and the file made again, until pyx12 accepts it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from pyx12.map_if import composite_if, element_if, segment_if
from pyx12.map_if._base import x12_node
from pyx12.map_if._loop import loop_if
from pyx12.segment import Segment
from pyx12.syntax import is_syntax_valid

from tests.x12.reference import known_reference, map_of

# Guide: functional identifier.
GUIDES = {
    "005010X221A1": "HP",
    "005010X222A1": "HC",
    "005010X223A2": "HC",
    "005010X231": "FA",
    "005010X231A1": "FA",
    "005010X214": "HN",
}
WORDS = ("MARZIPAN", "TEACUP", "PEBBLE", "LANTERN", "BISCUIT", "THIMBLE", "WALNUT", "ACORN", "SPINDLE", "KETTLE")
FORMATS = {
    "D8": "20260910",
    "D6": "260910",
    "RD8": "20260901-20260910",
    "DT": "202609101230",
    "TM": "1230",
}
Refused = set[tuple[int, str]]
Line = tuple[segment_if, list[str]]  # elements may hold components, joined by a colon


def invent(
    guide: str, seed: int, fullness: float = 1.0, size: int = 0, sets: int = 1, delimiters: str = "*:^~"
) -> bytes:
    """Make a valid file with a share of the optional loops, segments and elements.

    Loops and segments that may repeat do so while the file is shorter than `size` segments.
    """
    refused: Refused = set()
    for _attempt in range(60):
        draft = _Draft(guide, seed, fullness, size, sets, refused)
        data = draft.written(delimiters)
        wrong = _wrong(draft.lines, data)
        if not wrong:
            return data
        refused |= wrong
    raise AssertionError(f"no valid file for {guide}, seed {seed}")


def coverage(guide: str, files: Iterable[bytes]) -> tuple[set[str], set[str]]:
    """Give the paths of a guide's segments that files visit, and of all it uses."""
    used = {
        id(node): node
        for node in map_of(guide, GUIDES[guide]).loop_segment_iterator()
        if isinstance(node, segment_if) and _is_used(node) and "/GS_LOOP/" in node.get_path()
    }
    seen = {id(node) for data in files for node in known_reference(data).nodes}
    names = {key: f"{node.get_path()} {node.name}" for key, node in used.items()}
    return {name for key, name in names.items() if key in seen}, set(names.values())


def _is_used(node: segment_if | loop_if) -> bool:
    return node.is_map_root() or (node.usage != "N" and _is_used(node.parent))


def _wrong(lines: list[Line], data: bytes) -> Refused:
    """Find the segments that pyx12 placed elsewhere; where all stand right, those it has something against."""
    found = known_reference(data)
    body = found.nodes[2:-2]
    astray = {_key(*line) for line, node in zip(lines, body, strict=True) if line[0] is not node}
    return astray or {_key(*lines[segment - 3]) for segment, _code in found.pairs}


def _key(node: segment_if, elements: list[str]) -> tuple[int, str]:
    return id(node), _qualifier(node, elements)


def _qualifier(node: segment_if, elements: list[str]) -> str:
    if node.id == "HL":
        return elements[2]
    return elements[0].partition(":")[0] if _codes(_first(node)) else ""


def _first(node: segment_if) -> element_if:
    child = node.children[0]
    return child.children[0] if isinstance(child, composite_if) else child


def _codes(element: element_if) -> list[str]:
    if element.valid_codes:
        return element.valid_codes
    if element.external_codes:
        return sorted(code for code in element.root.ext_codes.codes[element.external_codes]["codes"] if code)
    return []


class _Draft:
    """One attempt at a file: its segments, and the counters they are numbered with."""

    def __init__(self, guide: str, seed: int, fullness: float, size: int, sets: int, refused: Refused) -> None:
        self.guide, self.fullness, self.size, self.sets, self.refused = guide, fullness, size, sets, refused
        self.random = random.Random(f"{guide} {seed}")
        self.lines: list[Line] = []
        self.levels: list[int] = []
        self.number = self.start = self.level = self.service = 0
        for _set in range(sets):
            self._loop(map_of(guide, GUIDES[guide]).getnodebypath("/ISA_LOOP/GS_LOOP/ST_LOOP"))

    def written(self, delimiters: str) -> bytes:
        """Put the envelope around the segments."""
        lines = ["*".join([node.id, *elements]).rstrip("*") for node, elements in self.lines]
        head = [
            "ISA*00*          *00*          *ZZ*MADEUP         *ZZ*PRETEND        *260910*1230*^*00501*000000001*0*T*:",
            f"GS*{GUIDES[self.guide]}*MADEUP*PRETEND*20260910*1230*1*X*{self.guide}",
        ]
        text = "~".join([*head, *lines, f"GE*{self.sets}*1", "IEA*1*000000001", ""])
        return text.translate(str.maketrans("*:^~", delimiters)).encode()

    def _loop(self, loop: loop_if) -> None:
        levels = list(self.levels)
        below: set[str] = set()  # loops of these names would be taken for those of a loop that is open still
        for child in loop.childIterator():
            if child.id in below:
                continue
            for time in range(self._times(child)):
                if time and len(self.lines) >= self.size:
                    break
                if isinstance(child, loop_if):
                    self._loop(child)
                    below |= {inner.id for inner in child.childIterator() if inner.is_loop()}
                else:
                    self._segment(child)
        self.levels = levels

    def _times(self, node: loop_if | segment_if) -> int:
        if node.usage == "N" or not self._can_start(node):
            return 0
        if not (node.usage == "R" or self._is_frame(node) or self._is_chosen(node)):
            return 0
        return min(node.get_max_repeat(), 1 + self.random.randrange(3))

    def _is_frame(self, node: loop_if | segment_if) -> bool:
        """Say whether a loop holds loops only, or a segment opens its loop: neither is optional, whatever its usage."""
        return node.get_first_node().is_loop() if isinstance(node, loop_if) else node.is_first_seg_in_loop()

    def _is_chosen(self, node: x12_node) -> bool:
        is_level = isinstance(node, loop_if) and node.get_first_node().id == "HL"
        return self.random.random() < (self.fullness / 2 if is_level else self.fullness)

    def _can_start(self, node: loop_if | segment_if) -> bool:
        while isinstance(node, loop_if):
            node = node.get_first_node()
        codes = node.children[2].valid_codes if node.id == "HL" else _codes(_first(node))
        return any((id(node), code) not in self.refused for code in codes or [""])

    def _segment(self, node: segment_if) -> None:
        elements = [self._child(node, child) for child in node.children]
        self._satisfy(node, elements)
        self._number(node, elements)
        self.lines.append((node, elements))

    def _number(self, node: segment_if, elements: list[str]) -> None:
        if node.id == "ST":
            self.number, self.start, self.level = self.number + 1, len(self.lines), 0
            elements[1] = f"{self.number:04d}"
            if self.guide.startswith("005010X222"):
                elements[2] = self.guide  # which the map leaves open
        elif node.id == "SE":
            elements[:2] = str(len(self.lines) - self.start + 1), f"{self.number:04d}"
        elif node.id == "HL":
            self.level += 1
            elements[0] = str(self.level)
            if node.children[1].usage == "R":
                elements[1] = str(self.levels[-1])
            self.levels.append(self.level)
        elif node.id == "CLM":
            self.service = 0
        elif node.id == "LX":
            self.service += 1
            elements[0] = str(self.service)

    def _child(self, node: segment_if, child: element_if | composite_if, is_wanted: bool = False) -> str:
        if not self._is_filled(child, is_wanted or (child is node.children[0] and child.usage != "N")):
            return ""
        if isinstance(child, element_if):
            return self._value(node, child)
        inner = [
            self._value(node, part) if self._is_filled(part, number == 0) else ""
            for number, part in enumerate(child.children)
        ]
        return ":".join(inner)

    def _is_filled(self, child: element_if | composite_if, is_wanted: bool) -> bool:
        return is_wanted or child.usage == "R" or (child.usage == "S" and self._is_chosen(child))

    def _value(self, node: segment_if, element: element_if) -> str:
        codes = _codes(element)
        if codes:
            is_key = element is _first(node) or (node.id == "HL" and element is node.children[2])
            allowed = [code for code in codes if (id(node), code) not in self.refused] if is_key else codes
            return self.random.choice(allowed or codes)
        low, high = element.min_len, element.max_len
        if element.data_ele == "1251":
            return ""
        makers: dict[str, Callable[[], str]] = {
            "DT": lambda: FORMATS["D8" if high >= 8 else "D6"],
            "TM": lambda: FORMATS["TM"],
            "R": lambda: self.random.choice(["10", "250", "12.5", "3.75"])[: max(high, 1)].rstrip("."),
            "N": lambda: str(self.random.randint(1, 9)).zfill(low),
        }
        make = makers.get(element.data_type if element.data_type in makers else element.data_type[0])
        if make:
            return make().zfill(low)
        if element.res:
            return "123456789"
        return self._word(low, high)

    def _word(self, low: int, high: int) -> str:
        word = self.random.choice(WORDS)
        while len(word) < low:
            word += str(self.random.randrange(10))
        return word[:high]

    def _satisfy(self, node: segment_if, elements: list[str]) -> None:
        """Fill or empty elements until the segment's rules on pairs and alternatives hold, and give dates a format."""
        for _round in range(6):
            for kind, *places in node.syntax:
                if is_syntax_valid(Segment("*".join([node.id, *elements]), "~", "*", ":"), [kind, *places])[0]:
                    continue
                self._mend(node, elements, kind, [place - 1 for place in places])
        self._dates(node, elements)

    def _mend(self, node: segment_if, elements: list[str], kind: str, places: list[int]) -> None:
        usable = [place for place in places if place < len(node.children) and node.children[place].usage != "N"]
        if kind == "E":
            kept = next((place for place in usable if node.children[place].usage == "R"), places[0])
            for place in places:
                elements[place] = elements[place] if place == kept else ""
            return
        if kind in ("P", "C") and len(usable) < len(places):
            for place in places if kind == "P" else places[:1]:
                elements[place] = ""
            return
        wanted = usable if kind in ("P", "C") else usable[-1:]
        for place in wanted:
            elements[place] = elements[place] or self._child(node, node.children[place], is_wanted=True) or "?"

    def _dates(self, node: segment_if, elements: list[str]) -> None:
        """Write what a format qualifier announces, in the segment and in its composites."""
        for number, child in enumerate(node.children):
            if isinstance(child, composite_if):
                parts = elements[number].split(":") if elements[number] else []
                self._announce(child.children, parts)
                elements[number] = ":".join(parts).rstrip(":")
        self._announce(node.children, elements)

    @staticmethod
    def _announce(children: list[element_if | composite_if], values: list[str]) -> None:
        announced = ""
        for number, (child, value) in enumerate(zip(children, values, strict=False)):
            if child.data_ele == "1250":
                announced = value
            elif child.data_ele == "1251" and child.usage != "N":
                if announced in FORMATS:
                    values[number] = FORMATS[announced]
                elif value == "?" or (announced and not value):
                    values[number] = "1"


def invented_files(seed: int = 0) -> dict[str, bytes]:
    """Give files of every guide: full and sparse ones, several sets, two interchanges; and one with all guides."""
    found: dict[str, bytes] = {}
    first = 10 * seed
    for guide, kind in GUIDES.items():
        makes = {
            "full": invent(guide, first + 1, 1, 500),
            "each once": invent(guide, first + 2, delimiters="|>!\n"),
            "most": invent(guide, first + 3, 0.8, 60),
            "part": invent(guide, first + 4, 0.6, 100),
            "some": invent(guide, first + 5, 0.4, 60),
            "few": invent(guide, first + 6, 0.1),
            "six sets": invent(guide, first + 8, 0.5 if kind == "FA" else 0.1, 20, 6),
        }
        makes["two interchanges"] = makes["few"] + makes["some"].replace(b"*000000001", b"*000000002")
        found |= {f"{guide} {name}": data for name, data in makes.items()}
    return found | {"all guides": _together([found[f"{guide} few"] for guide in GUIDES])}


def _together(files: list[bytes]) -> bytes:
    """Put the groups of files into one interchange."""
    groups: list[str] = []
    for number, data in enumerate(files, 1):
        head, *body, _trailer = data.decode().split("~")[1:-2]
        groups += [head.replace("*1230*1*", f"*1230*{number}*"), *body, f"GE*1*{number}"]
    start = files[0].decode().partition("~")[0]
    return "~".join([start, *groups, f"IEA*{len(files)}*000000001", ""]).encode()
