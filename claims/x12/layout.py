"""Layout tables in (`layouts/*.csv`), an extraction plan per transaction set out.

`loops.csv` says which segment opens which loop and scope, `rows.csv` which segments become rows of a frame,
`columns.csv` which element of which segment fills a column, `frames.csv` the columns of each frame and their kinds.
What only a complete reading wants stands in tables of its own, `complete_*.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from claims.x12.numbers import pack
from claims.x12.segments import CODES

# Scopes from the outside in: opening one closes those after it.
_SCOPES = {
    "835": ("remit", "claim", "service"),
    "837": ("hl", "claim", "payer", "service"),
    "999": ("group", "set", "error", "element"),
    "997": ("group", "set", "error", "element"),
    "277CA": ("hl", "service"),
}
# Only a complete reading asks to which drug or decision of another payer a segment belongs.
_COMPLETE_SCOPES = {"837": ("drug", "adjudication")}
SETS = ("835", "837P", "837I", "837D", "837", "999", "997", "277CA")


@dataclass(frozen=True)
class Opener:
    """A segment that opens a loop: only inside `within` (loop numbers), when given; `depth` of the scope it is in."""

    segment: int
    element: int
    qualifiers: tuple[int, ...]
    within: tuple[int, ...]
    loop: int
    depth: int
    opens: int


@dataclass(frozen=True)
class Feed:
    """One way to fill a column: from the row's own segment (`scope` -1), or from a segment inside its scope."""

    segment: int
    scope: int
    loops: tuple[int, ...]
    qualifier_element: int
    qualifier: int
    elements: tuple[int, ...]
    components: tuple[int, ...]
    is_fixed: bool
    is_range_end: bool


@dataclass(frozen=True)
class ColumnPlan:
    """A column: its kind, its feeds in order of preference, and whether it must be sent."""

    name: str
    kind: str
    feeds: tuple[Feed, ...]
    is_required: bool


@dataclass(frozen=True)
class FramePlan:
    """A frame: the segments that become its rows, `times` rows each, `step` elements apart, where `key` is sent."""

    name: str
    segments: tuple[int, ...]
    scope: int
    times: int
    step: int
    key: str
    columns: tuple[ColumnPlan, ...]


@dataclass(frozen=True)
class Plan:
    """All there is to know to read one transaction set; loops are numbers, 0 is none.

    `wanted`: by segment id, the elements that openers, frames and the hierarchy ask for.
    """

    set_code: str
    is_complete: bool
    loops: tuple[str, ...]
    scopes: tuple[str, ...]
    passes: tuple[tuple[Opener, ...], ...]
    frames: tuple[FramePlan, ...]
    wanted: dict[int, tuple[int, ...]]


def table(name: str, *, complete: bool = False) -> list[dict[str, str]]:
    """Return the rows of a layout table; for a complete reading those that it adds, which come first, and these."""
    if complete:
        return [*table(f"complete_{name}"), *table(name)]
    with (resources.files(__package__) / "layouts" / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def frame_kinds(*, complete: bool = False) -> dict[str, dict[str, str]]:
    """Return the columns of every frame and their kinds, in order; those of a complete reading are the last."""
    kinds: dict[str, dict[str, str]] = {}
    for row in [*table("frames"), *(table("complete_frames") if complete else ())]:
        kinds.setdefault(row["frame"], {})[row["column"]] = row["kind"]
    return kinds


def numbers(text: str) -> tuple[int, ...]:
    """Return the numbers that a table gives as `3` or `1-4`; none for nothing."""
    first, _, last = text.partition("-")
    return tuple(range(int(first), int(last or first) + 1)) if first else ()


@cache
def plan(set_code: str, *, complete: bool = False) -> Plan:
    """Compile the plan of a transaction set (one of `SETS`)."""
    scopes = _SCOPES.get(set_code) or _SCOPES[set_code[:3]]
    if complete:
        scopes += _COMPLETE_SCOPES.get(set_code[:3], ())
    mine = [row for row in table("loops", complete=complete) if fnmatchcase(set_code, row["sets"])]
    loops = ["", *dict.fromkeys(row["loop"] for row in mine)]

    def depth(scope: str) -> int:
        return scopes.index(scope) if scope else -1

    def opener(row: dict[str, str]) -> Opener:
        opens = depth(row["opens"])
        return Opener(
            CODES[row["segment"]],
            int(row["element"] or 0),
            tuple(pack(code) for code in row["qualifiers"].split()),
            tuple(loops.index(name) for name in row["within"].split() if name in loops),
            loops.index(row["loop"]),
            opens if opens >= 0 else depth(row["scope"]),
            opens,
        )

    def feeds(row: dict[str, str]) -> Feed:
        is_range_end = row["component"] == "to"
        return Feed(
            CODES[row["segment"]] if row["segment"] else 0,
            depth(row["scope"]),
            tuple(loops.index(name) for name in row["loops"].split() if name in loops),
            int(row["qualifier_element"] or 0),
            pack(row["qualifier"]) if row["qualifier"] else 0,
            numbers(row["element"].removeprefix("=")),
            () if is_range_end else numbers(row["component"]),
            row["element"].startswith("="),
            is_range_end,
        )

    columns = [row for row in table("columns", complete=complete) if fnmatchcase(set_code, row["sets"])]
    frames = []
    for row in table("rows"):
        if not fnmatchcase(set_code, row["sets"]):
            continue
        own = [column for column in columns if column["frame"] == row["frame"]]
        names = dict.fromkeys(column["column"] for column in own)
        kinds = frame_kinds(complete=complete)[row["frame"]]
        frames.append(
            FramePlan(
                row["frame"],
                tuple(CODES[name] for name in row["segments"].split()),
                depth(row["scope"]),
                int(row["times"]),
                int(row["step"]),
                row["key"],
                tuple(
                    ColumnPlan(
                        name,
                        kinds[name],
                        tuple(feeds(column) for column in own if column["column"] == name),
                        any(column["usage"] == "R" for column in own if column["column"] == name),
                    )
                    for name in names
                ),
            )
        )
    passes = tuple(
        tuple(opener(row) for row in mine if row["pass"] == number) for number in sorted({row["pass"] for row in mine})
    )
    return Plan(set_code, complete, tuple(loops), scopes, passes, tuple(frames), _wanted(passes, frames))


def _wanted(passes: Iterable[Iterable[Opener]], frames: Iterable[FramePlan]) -> dict[int, tuple[int, ...]]:
    found = [(one.segment, one.element) for openers in passes for one in openers if one.qualifiers]
    found += [(CODES["HL"], element) for element in range(1, 5)]
    for frame in frames:
        for feed in (feed for column in frame.columns for feed in column.feeds):
            segments = (feed.segment,) if feed.segment else frame.segments
            elements = {*feed.elements, *((feed.qualifier_element,) if feed.qualifier else ())}
            if feed.scope < 0 and not feed.is_fixed:
                elements = {element + group * frame.step for element in elements for group in range(frame.times)}
            found += [(segment, element) for segment in segments for element in elements]
    return {segment: tuple(sorted({element for one, element in found if one == segment})) for segment, _ in found}
