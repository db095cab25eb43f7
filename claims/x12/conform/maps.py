"""Where guides come from: the name of a guide in, its tree out. Maps of pyx12, and our own where it has none.

The only module that knows pyx12. A guide that pyx12 has under one name only (X222A1) serves its sisters (X222, X222A2):
`guides.csv` says which, and the name of the guide itself is then what its header must say.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from claims.x12.conform.nodes import UNLIMITED, Composite, Element, Loop, Segment

CONTROL = "control"


class Source(NamedTuple):
    """A row of `guides.csv`: the map's file, and the version that it names itself."""

    file: str
    version: str
    is_experimental: bool


@cache
def sources() -> dict[str, Source]:
    """Return the map of each guide that we know."""
    text = resources.files("claims.x12.conform").joinpath("guides.csv").read_text("utf-8")
    return {
        row["guide"]: Source(row["map"], row["version"], row["experimental"] == "Y")
        for row in csv.DictReader(text.splitlines())
    }


@cache
def supplements() -> dict[str, frozenset[str]]:
    """Return codes that lists outside the guides have gained since pyx12 copied them."""
    found: dict[str, set[str]] = {}
    text = resources.files("claims.x12.conform").joinpath("list_supplements.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        found.setdefault(row["list"], set()).add(row["code"])
    remarks = resources.files("claims.codes").joinpath("rarc.csv").read_text("utf-8")
    found.setdefault("remark_code", set()).update(row["code"] for row in csv.DictReader(remarks.splitlines()))
    return {name: frozenset(codes) for name, codes in found.items()}


@cache
def data_element(number: str) -> tuple[str, int, int, str]:
    """Return the type of a data element, its least and its greatest length, and its name."""
    found = _data_elements()[number]
    return found["data_type"], found["min_len"], found["max_len"], found["name"]


@cache
def _data_elements() -> dict[str, Any]:
    from pyx12.dataele import DataElements

    return dict(DataElements().dataele)


@cache
def outside_codes(name: str) -> frozenset[str]:
    """Return the codes of a list outside the guides, with those that it has gained."""
    from pyx12.codes import ExternalCodes

    codes = ExternalCodes().codes[name]["codes"]
    return frozenset(code for code in codes if code) | supplements().get(name, frozenset())


@cache
def tree(guide: str) -> Loop:
    """Return the tree of a guide of `guides.csv`, or of the envelope (`control`)."""
    source = sources()[guide]
    if source.file.endswith(".csv"):
        from claims.x12.conform import own_maps

        return own_maps.tree(source.file, guide)
    import pyx12.map_if
    import pyx12.params

    root = pyx12.map_if.load_map_file(source.file, pyx12.params.params())
    versions = {source.version: guide} if source.version and source.version != guide else {}
    found = _Reader(root, versions).loop(root, None)
    if guide == CONTROL:
        # An interchange that holds nothing but a TA1 is whole without a functional group.
        for loop in found.loops():
            loop.usage = "S" if loop.id == "GS_LOOP" else loop.usage
    return found


class _Reader:
    """Turns pyx12's map into our tree."""

    def __init__(self, root: Any, versions: dict[str, str]) -> None:
        self.root, self.versions = root, versions

    def loop(self, node: Any, parent: Loop | None) -> Loop:
        is_root = node.is_map_root()
        found = Loop(
            node.id or "", node.name or "", "R" if is_root else node.usage, 0 if is_root else node.pos,
            UNLIMITED if is_root else node.get_max_repeat(), "" if is_root else str(node.x12path.format()), parent,
        )  # fmt: skip
        for position in sorted(node.pos_map):
            for child in node.pos_map[position]:
                found.children.append(self.loop(child, found) if child.is_loop() else self.segment(child, found))
        if [getattr(child, "max_use", 1) for child in found.children] == [UNLIMITED]:
            # The map wraps the PLB segments of an 835 in a loop that may stand once, which each of them begins.
            found.max_repeat = UNLIMITED
        return found

    def segment(self, node: Any, parent: Loop) -> Segment:
        elements: list[Element | Composite] = []
        formats: list[str] = []
        for child in node.children:
            if child.is_composite():
                parts = [self.element(part) for part in child.children]
                elements.append(Composite(child.seq, child.name or "", child.usage, child.repeat, parts))
                continue
            element = self.element(child)
            if child.data_ele == "1250":
                formats += [code for code in child.valid_codes if code]
            elif child.data_ele == "1251":
                element.formats = tuple(formats)
            elements.append(element)
        syntax = [(note[0], tuple(note[1:])) for note in node.syntax]
        return Segment(
            node.id, node.name or "", node.usage, node.pos, node.get_max_repeat(), str(node.x12path.format()),
            elements, syntax, parent,
        )  # fmt: skip

    def element(self, node: Any) -> Element:
        data = node._resolve_data_ele()
        listed = frozenset(self.versions.get(code, code) for code in node.valid_codes if code is not None)
        codes: frozenset[str] | None = listed if listed else None
        if node.external_codes is not None:
            outside = self.root.ext_codes.codes[node.external_codes]["codes"]
            codes = listed | {code for code in outside if code} | supplements().get(node.external_codes, frozenset())
        return Element(
            node.seq, node.name or "", node.usage, node.data_ele or "", data["data_type"] or "", data["min_len"],
            data["max_len"], codes, listed, node.res or "",
        )  # fmt: skip
