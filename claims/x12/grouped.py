"""Findings of a file, part by part, in; groups of like ones with their first cases, worst first, out.

What is kept does not grow with the number of findings: a group counts, and holds its first cases with the bytes of
their segments.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from claims.findings import NOTE, SEVERITIES
from claims.x12.advice import known
from claims.x12.conform.rules import by_code
from claims.x12.delimiters import STANDARD, Delimiters, read_bare
from claims.x12.file import X12File
from claims.x12.numbers import Integers
from claims.x12.source import Source

MISSING = ("required-segment-missing", "required-loop-missing")
# What follows from a loop that is missing or not known comes after what is wrong with that.
_CONSEQUENCES = ("segment-unexpected",)
# Codes whose `expected` is the name of the element, as there is nothing else to say.
_EXPECT_NAMES = (
    "element-missing", "composite-missing", "element-not-used", "composite-not-used", "date-not-valid",
    "time-not-valid", "character-not-allowed", "blanks-trailing", "components-not-allowed", "repetitions-not-allowed",
    "pattern-not-met", "segment-without-elements",
)  # fmt: skip
# More kinds than any guide can show: those beyond are counted by their code alone.
_MOST_GROUPS = 1000
_LONGEST_SEGMENT = 20_000
_NO_CLAIM = ("HL", "PLB", "SE", "ST", "GE", "IEA", "ISA", "GS")


@dataclass(frozen=True)
class Case:
    """One finding, with the bytes of its segment and of the one before it. `claim` is its claim's number in the set."""

    seg: int
    offset: int
    element: str
    loop: str
    repeat: int
    found: str
    expected: str
    message: str
    claim: int
    raw: bytes
    before: bytes
    delimiters: Delimiters


@dataclass
class Group:
    """Findings of one code at one element of one loop: how many, in how many sets and claims."""

    code: str
    severity: str
    element: str
    loop: str
    expected: str
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
    def name(self) -> str:
        """Return the name that the guide has for the element, where we know it."""
        return self.expected if self.code in _EXPECT_NAMES else ""

    @property
    def wanted(self) -> str:
        """Return what all its findings expect; `""` where it is not one thing."""
        if self.name:
            return ""
        return self.expected if self.is_by_guide or self.count > 1 or not self.cases else self.cases[0].expected

    @property
    def sentence(self) -> str:
        """Return what all its findings have in common."""
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
        self._source, self._most_cases = source, most_cases
        self._codes, self._severities = codes, SEVERITIES[SEVERITIES.index(least) :]
        self._groups: dict[_Key, Group] = {}
        self._delimiters: Delimiters | None = None
        self._is_wrapped = False
        self._before = (0, 0)  # offset and length of the last segment of the part before
        self.counts = dict.fromkeys(SEVERITIES, 0)

    def add(self, part: X12File) -> None:
        """Take the next part of the file in."""
        found = part.findings
        for severity, count in found["severity"].value_counts().items():
            self.counts[str(severity)] += int(count)
        self._is_wrapped |= bool((found["code"] == "lines-wrapped").any())
        wanted = found["severity"].isin(self._severities)
        if self._codes:
            wanted &= found["code"].isin(self._codes)
        if wanted.any():
            self._count(part, found[wanted])
        self._leave(part)

    def groups(self) -> list[Group]:
        """Return the groups, worst first: by severity, then by number, then as they stand in the file."""

        def order(group: Group) -> tuple[int, bool, int, int, str]:
            worst = -SEVERITIES.index(group.severity)
            return worst, group.code in _CONSEQUENCES, -group.count, group.first_seg, group.code

        return sorted(self._groups.values(), key=order)

    def _count(self, part: X12File, found: pd.DataFrame) -> None:
        claim_seg, claim = _claims(part, found)
        by_guide = found["expected"].where(found["code"].isin(by_code()), "")
        rows = found.assign(claim_seg=claim_seg, claim=claim, expected_by_guide=by_guide)
        names = ["severity", "code", "element", "loop", "expected_by_guide"]
        places = _Places(part)
        for values, mine in rows.groupby(names, sort=False):
            key = _Key(*(str(value) for value in values))
            if key not in self._groups and len(self._groups) >= _MOST_GROUPS:
                key = _Key(key.severity, key.code, "", "", "")
            group = self._groups.setdefault(key, Group(key.code, key.severity, key.element, key.loop, key.expected))
            group.count += len(mine)
            group.first_seg = group.first_seg or int(mine["seg"].iloc[0])
            added, group.last_set = _distinct(mine["transaction_seg"].to_numpy(), group.last_set)
            group.sets += added
            added, group.last_claim = _distinct(mine["claim_seg"].to_numpy(), group.last_claim)
            group.claims += added
            missing = self._most_cases - len(group.cases)
            some = mine.head(max(missing, 0))
            columns = [some[name].tolist() for name in some.columns]
            for values_of_row in zip(*columns, strict=True):
                group.cases.append(self._case(places, dict(zip(some.columns, values_of_row, strict=True))))

    # ---- the segments of cases

    def _case(self, places: _Places, row: dict[str, Any]) -> Case:
        seg, offset = int(row["seg"]), int(row["offset"])
        at = places.row_of(seg)
        raw = before = b""
        delimiters = STANDARD
        if at is not None:
            raw = self._bytes(places.offset[at], places.length[at])
            delimiters = self._delimiters_of(places, int(places.interchange_seg[at]))
            before = self._bytes(places.offset[at - 1], places.length[at - 1]) if at else self._bytes(*self._before)
        elif 0 < seg <= places.last_seg:  # it stands in an earlier part, as the head of a long set does
            delimiters = self._delimiters_of(places, 0)
            terminator = bytes([delimiters.terminator])
            raw = self._bytes(offset, _LONGEST_SEGMENT).partition(terminator)[0] + terminator
        return Case(
            seg, offset, row["element"], row["loop"], int(row["repeat"]), row["found"],
            row["expected"], row["message"], int(row["claim"]), raw, before, delimiters,
        )  # fmt: skip

    def _bytes(self, offset: int, length: int) -> bytes:
        return self._source.slice(int(offset), int(offset) + min(int(length), _LONGEST_SEGMENT))

    def _delimiters_of(self, places: _Places, interchange_seg: int) -> Delimiters:
        found = places.delimiters.get(interchange_seg) or self._delimiters
        if found is None:
            bare = read_bare(self._source.slice(0, 1 << 20))
            self._delimiters = found = bare[1] if bare else STANDARD
        return replace(found, wrapped=True) if self._is_wrapped else found

    def _leave(self, part: X12File) -> None:
        """Remember what the next part may need of this one."""
        if len(part.interchanges):
            self._delimiters = _delimiters(part.interchanges.iloc[-1])
        segments = part.frames["segments"]
        if len(segments):
            self._before = int(segments["offset"].iloc[-1]), int(segments["length"].iloc[-1])


class _Places:
    """Where the segments of a part stand, and the delimiters of the interchanges that begin in it."""

    def __init__(self, part: X12File) -> None:
        segments = part.frames["segments"]
        self.seg, self.offset, self.length, self.interchange_seg = (
            segments[name].to_numpy() for name in ("seg", "offset", "length", "interchange_seg")
        )
        self.last_seg = int(self.seg[-1]) if len(self.seg) else 0
        self.delimiters = {int(row["seg"]): _delimiters(row) for _, row in part.interchanges.iterrows()}

    def row_of(self, seg: int) -> int | None:
        """Return the row of a segment; None for one that is in another part, or none."""
        place = int(np.searchsorted(self.seg, seg))
        return place if place < len(self.seg) and int(self.seg[place]) == seg else None


def _delimiters(row: pd.Series) -> Delimiters:
    element = str(row["element_separator"])
    encoded = element.encode("utf-8")
    repetition = str(row["repetition_separator"])
    return Delimiters(
        ord(element), ord(row["component_separator"]), ord(repetition) if repetition else -1, ord(row["terminator"]),
        two_bytes=encoded if len(encoded) == 2 else b"",
    )  # fmt: skip


def _distinct(values: Integers, last: int) -> tuple[int, int]:
    """Count the different ones, 0 and the `last` one of the part before left out; return the last one too."""
    some = np.unique(values[values > 0])
    if not len(some):
        return 0, last
    return len(some) - int(last in some), int(some[-1])


def _claims(part: X12File, found: pd.DataFrame) -> tuple[Integers, Integers]:
    """Return the `seg` of the claim that each finding stands in and its number in its set; 0 for none.

    What is missing is noticed at the next segment: it belongs to the claim before that.
    """
    segments = part.frames["segments"]
    seg = segments["seg"].to_numpy()
    names = segments["segment_id"]
    opens = names.isin(["CLM", "CLP"]).to_numpy()
    # An LX is a service line in a claim of an 837, but begins something new in an 835.
    closes = names.isin(_NO_CLAIM).to_numpy() | _is_header_number(part)
    places = np.flatnonzero(opens | closes)
    own = found["seg"].to_numpy() - found["code"].isin(MISSING).to_numpy()
    which = np.searchsorted(seg[places], own, side="right") - 1
    at = places[np.maximum(which, 0)] if len(places) else np.zeros(len(own), np.int64)
    is_in = (which >= 0) & (opens[at] if len(opens) else False)
    claim_seg = np.where(is_in, seg[at] if len(seg) else 0, 0)
    ordinal = np.zeros(len(own), np.int64)
    for name in ("claims", "claim_payments"):
        rows = part.frames[name]
        if len(rows):
            segs = rows["seg"].to_numpy()
            row = np.minimum(np.searchsorted(segs, claim_seg), len(segs) - 1)
            ordinal = np.where(segs[row] == claim_seg, rows["ordinal"].to_numpy()[row], ordinal)
    return claim_seg, ordinal


def _is_header_number(part: X12File) -> Any:
    segments = part.frames["segments"]
    remittances = part.frames["claim_payments"]["transaction_seg"].unique()
    return ((segments["segment_id"] == "LX") & segments["transaction_seg"].isin(remittances)).to_numpy()
