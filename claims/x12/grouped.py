"""Findings of a file, part by part, in; groups of like ones with their first cases, worst first, out.

What is kept does not grow with the number of findings: a group counts, and holds its first cases with the bytes of
their segments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims.findings import NOTE, SEVERITIES
from claims.x12.advice import known
from claims.x12.cases import Case, Cases, claims_of
from claims.x12.conform.guide import LIST_OF_CODES
from claims.x12.conform.maps import CONTROL
from claims.x12.conform.names import name_of
from claims.x12.conform.rules import by_code
from claims.x12.edits.rules import rules
from claims.x12.file import X12File
from claims.x12.numbers import Integers
from claims.x12.source import Source

NOT_CHECKED = "not-checked"
_PLACE = r"^segment [0-9]+[,:] "
# What follows from a loop that is missing or not known comes after what is wrong with that; a segment that only its
# qualifier keeps from standing there is the cause, and comes before.
_CONSEQUENCES = ("segment-unexpected",)
# Codes whose `expected` is the name of the element, as there is nothing else to say.
_EXPECT_NAMES = (
    "element-missing", "composite-missing", "element-not-used", "composite-not-used", "date-not-valid",
    "time-not-valid", "character-not-allowed", "blanks-trailing", "components-not-allowed", "repetitions-not-allowed",
    "pattern-not-met", "segment-without-elements",
)  # fmt: skip
# More kinds than any guide can show: those beyond are counted by their code alone.
_MOST_GROUPS = 1000


@cache
def _titles() -> dict[str, str]:
    """Return what fits every case of a rule beyond the guides, by the code of its findings."""
    return {rule.code: rule.title for rule in rules().values()}


@dataclass
class Group:
    """Findings of one code at one element of one loop: how many, in how many sets and claims."""

    code: str
    severity: str
    element: str
    loop: str
    expected: str
    guide_name: str = ""  # of the element, in the guide
    count: int = 0
    sets: int = 0
    claims: int = 0
    first_seg: int = 0
    cases: list[Case] = field(default_factory=list)
    # The last set and the last claim that were counted: they may go on in the next part.
    last_set: int = 0
    last_claim: int = 0

    @property
    def is_by_guide(self) -> bool:
        """Tell whether a guide is broken, so that all its findings say and expect the same."""
        return self.code in by_code()

    @property
    def is_consequence(self) -> int:
        """Return 1 for what may follow from another group, -1 for what others follow from, else 0."""
        return (-1 if self.element else 1) if self.code in _CONSEQUENCES else 0

    @property
    def name(self) -> str:
        """Return the name that the guide has for the element, or for the segment that is missing."""
        return self.guide_name or (self.expected if self.code in _EXPECT_NAMES else "")

    @property
    def wanted(self) -> str:
        """Return what all its findings expect; `""` where it is not one thing."""
        is_said = self.code in _EXPECT_NAMES or "{expected}" in self._sentence
        if is_said or self.code == NOT_CHECKED or (self.name and self.expected.startswith(LIST_OF_CODES)):
            return ""
        return self.expected if self.is_by_guide or self.count > 1 or not self.cases else self.cases[0].expected

    @property
    def sentence(self) -> str:
        """Return what all its findings have in common; `…` stands for what each has of its own."""
        title = _titles().get(self.code, "") if self.code != NOT_CHECKED and "{" in self._sentence else ""
        return title or self._sentence.format(found="…", expected="…")

    @property
    def _sentence(self) -> str:
        return known()[self.code].sentence if self.code in known() else ""

    @property
    def advice(self) -> str:
        """Return what to do about them."""
        return known()[self.code].advice if self.code in known() else ""


class _Key(NamedTuple):
    severity: str
    code: str
    element: str
    loop: str
    expected: str


class Grouped:
    """Groups the findings of one file, whose bytes `source` has: those at least as bad as `least` with one of `codes`.

    No codes are all codes.
    """

    def __init__(
        self, source: Source, *, most_cases: int = 2, codes: frozenset[str] = frozenset(), least: str = NOTE
    ) -> None:
        self._cases, self._most_cases = Cases(source), most_cases
        self._codes, self._severities = codes, SEVERITIES[SEVERITIES.index(least) :]
        self._groups: dict[_Key, Group] = {}
        self._guide = ""
        self.counts = dict.fromkeys(SEVERITIES, 0)

    def add(self, part: X12File) -> None:
        """Take the next part of the file in."""
        found = part.findings
        for severity, count in found["severity"].value_counts().items():
            self.counts[str(severity)] += int(count)
        self._cases.enter(part)
        wanted = found["severity"].isin(self._severities)
        if self._codes:
            wanted &= found["code"].isin(self._codes)
        if wanted.any():
            self._count(part, found[wanted])
        if len(part.frames["groups"]):
            self._guide = str(part.frames["groups"]["version"].iloc[-1]).upper()

    def groups(self) -> list[Group]:
        """Return the groups, worst first: by severity, then by number, then as they stand in the file."""

        def order(group: Group) -> tuple[int, int, int, int, str]:
            worst = -SEVERITIES.index(group.severity)
            return worst, group.is_consequence, -group.count, group.first_seg, group.code

        return sorted(self._groups.values(), key=order)

    def _count(self, part: X12File, found: pd.DataFrame) -> None:
        claim_seg, claim = claims_of(part, found)
        by_guide = found["expected"].where(found["code"].isin(by_code()), "")
        # What was not checked is many things with one code: each says which.
        said = found["message"].str.replace(_PLACE, "", regex=True).str.rpartition(";")[0]
        by_guide = by_guide.mask(found["code"] == NOT_CHECKED, said)
        rows = found.assign(claim_seg=claim_seg, claim=claim, expected_by_guide=by_guide)
        names = ["severity", "code", "element", "loop", "expected_by_guide"]
        for values, mine in rows.groupby(names, sort=False):
            key = _Key(*(str(value) for value in values))
            if key not in self._groups and len(self._groups) >= _MOST_GROUPS:
                key = _Key(key.severity, key.code, "", "", "")
            group = self._groups.get(key) or self._begin(key, part, int(mine["transaction_seg"].iloc[0]))
            group.count += len(mine)
            group.first_seg = group.first_seg or int(mine["seg"].iloc[0])
            added, group.last_set = _distinct(mine["transaction_seg"].to_numpy(), group.last_set)
            group.sets += added
            added, group.last_claim = _distinct(mine["claim_seg"].to_numpy(), group.last_claim)
            group.claims += added
            missing = self._most_cases - len(group.cases)
            group.cases += self._cases.of(mine.head(max(missing, 0)))

    def _begin(self, key: _Key, part: X12File, transaction_seg: int) -> Group:
        group = Group(key.code, key.severity, key.element, key.loop, key.expected)
        if group.is_by_guide and key.element:
            group.guide_name = name_of(self._guide_at(part, transaction_seg), key.loop, key.element)
        self._groups[key] = group
        return group

    def _guide_at(self, part: X12File, transaction_seg: int) -> str:
        """Return the guide that the group around a set names; that of the envelope outside of sets."""
        if not transaction_seg:
            return CONTROL
        groups = part.frames["groups"]
        around = groups.loc[groups["seg"] < transaction_seg, "version"]
        return str(around.iloc[-1]).upper() if len(around) else self._guide


def _distinct(values: Integers, last: int) -> tuple[int, int]:
    """Count the different ones, 0 and the `last` one of the part before left out; return the last one too."""
    some = np.unique(values[values > 0])
    if not len(some):
        return 0, last
    return len(some) - int(last in some), int(some[-1])
