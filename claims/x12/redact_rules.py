"""The table `redact_rules.csv` in; for every place of a segment what to do with what stands there, out.

A row says `segment, element, component` (numbers or ranges; 1 when empty), `when` and `values`, `how` and `size`. With
`when` it holds only where this element of the segment (-1: the first component of the same composite) is one of the
values (`-`: nothing is there), or none of them after a `!`; such rows win over those without, and later ones over
earlier ones. What no row names is masked.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from claims.x12.numbers import Bytes, Integers, pack
from claims.x12.segments import CODES

# text: letters and digits are filled over.  alias, date, zip: replaced.  keep: stays.  words: stays when it is a value.
# These stay when not longer than `size` and of the form of a code, of a number, of the name of a guide, of a control
# number, of a payer's identifier (mask.py); else they are filled over, the last two replaced. Of a zip of `size` 0
# nothing stays.
HOWS = ("text", "keep", "code", "number", "guide", "words", "control", "alias", "date", "zip", "identifier")
TEXT, KEEP, CODE, NUMBER, GUIDE, WORDS, CONTROL, ALIAS, DATE, ZIP, IDENTIFIER = range(len(HOWS))
_ELEMENTS, _COMPONENTS = 64, 16
_LONGEST_NUMBER = 18
_ABSENT = "-"


@dataclass(frozen=True)
class Condition:
    """A rule for `places` that holds only where a qualifier is one of `values`, or with `is_other` none of them."""

    places: tuple[int, ...]
    segment: int
    qualifier: int
    values: tuple[int, ...]
    is_other: bool
    how: int
    size: int


@dataclass(frozen=True)
class Rules:
    """What to do by place (see `place`), and the conditions that change it, in order."""

    how: Bytes
    size: Bytes
    conditions: tuple[Condition, ...]
    words: tuple[bytes, ...]
    sparse: tuple[int, ...]


def places(segment: Bytes, element: Integers, component: Integers) -> Integers:
    """Number the places of segments; all elements and components too far out share one that no rule names."""
    element, component = np.minimum(element, _ELEMENTS - 1), np.minimum(component, _COMPONENTS - 1)
    return np.asarray((segment.astype(np.int64) * _ELEMENTS + element) * _COMPONENTS + component)


def place(segment: int, element: int, component: int) -> int:
    """Number one place of a segment."""
    return (segment * _ELEMENTS + element) * _COMPONENTS + component


def rules_of(rows: Iterable[Mapping[str, str]]) -> Rules:
    """Compile rows of the table."""
    how = np.full(256 * _ELEMENTS * _COMPONENTS, TEXT, np.uint8)
    size = np.zeros(len(how), np.uint8)
    for segment in CODES.values():
        how[place(segment, 0, 1)] = KEEP if segment else TEXT
    conditions: list[Condition] = []
    words: list[bytes] = []
    sparse: list[int] = []
    for row in rows:
        segment = CODES[row["segment"]]
        mine = tuple(
            place(segment, element, component)
            for element in _range(row["element"])
            for component in _range(row["component"] or "1")
        )
        what, longest = HOWS.index(row["how"]), int(row["size"] or _LONGEST_NUMBER)
        if row["when"]:
            values = row["values"].removeprefix("!").split()
            packed = tuple(0 if value == _ABSENT else pack(value) for value in values)
            is_other = row["values"].startswith("!")
            conditions.append(Condition(mine, segment, int(row["when"]), packed, is_other, what, longest))
            continue
        how[list(mine)], size[list(mine)] = what, longest
        if what == WORDS:
            words += [word.encode("ascii") for word in row["values"].split("|")]
        if what == ZIP:
            sparse += [pack(value) for value in row["values"].split()]
    return Rules(how, size, tuple(conditions), tuple(words), tuple(sparse))


def rows() -> list[dict[str, str]]:
    """Read the rows of the table."""
    with (resources.files(__package__) / "redact_rules.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def rules() -> Rules:
    """Return the compiled table."""
    return rules_of(rows())


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
