"""Findings of a part of a file in; cases to show, each with the bytes of its segment and with its claim, out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from claims.x12.delimiters import STANDARD, Delimiters, read_bare
from claims.x12.file import X12File
from claims.x12.numbers import Flags, Integers
from claims.x12.source import Source

MISSING = ("required-segment-missing", "required-loop-missing")
_LONGEST_SEGMENT = 20_000
_BARE_LOOK = 1 << 20
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


class Cases:
    """Takes the parts of one file in order, whose bytes `source` has."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._segments: dict[str, Integers] = {}
        self._interchanges = pd.DataFrame()
        self._before = (0, 0)  # offset and length of the last segment of the part before
        self._delimiters: Delimiters | None = None
        self._is_wrapped = False

    def enter(self, part: X12File) -> None:
        """Look at the next part from now on."""
        if len(self._segments.get("seg", ())):
            self._before = int(self._segments["offset"][-1]), int(self._segments["length"][-1])
        if len(self._interchanges):
            self._delimiters = _delimiters(self._interchanges.iloc[-1])
        names = ("seg", "offset", "length", "interchange_seg")
        self._segments = {name: part.frames["segments"][name].to_numpy() for name in names}
        self._interchanges = part.interchanges
        self._is_wrapped |= bool((part.findings["code"] == "lines-wrapped").any())

    def of(self, found: pd.DataFrame) -> Iterator[Case]:
        """Return cases of findings that have the number of their `claim` beside them."""
        names = [str(name) for name in found.columns]
        for values in zip(*(found[name].tolist() for name in names), strict=True):
            yield self._case(dict(zip(names, values, strict=True)))

    def _case(self, row: dict[str, Any]) -> Case:
        segments, seg = self._segments, int(row["seg"])
        at = int(np.searchsorted(segments["seg"], seg))
        raw = before = b""
        delimiters = STANDARD
        if at < len(segments["seg"]) and int(segments["seg"][at]) == seg:
            delimiters = self._delimiters_of(int(segments["interchange_seg"][at]))
            raw = self._bytes(segments["offset"][at], segments["length"][at])
            place = (segments["offset"][at - 1], segments["length"][at - 1]) if at else self._before
            before = self._bytes(*place)
        elif seg and not at:  # it stands in an earlier part, as the head of a long set does
            delimiters = self._delimiters_of(0)
            terminator = bytes([delimiters.terminator])
            raw = self._bytes(int(row["offset"]), _LONGEST_SEGMENT).partition(terminator)[0] + terminator
        return Case(
            seg, int(row["offset"]), row["element"], row["loop"], int(row["repeat"]), row["found"], row["expected"],
            row["message"], int(row["claim"]), raw, before, delimiters,
        )  # fmt: skip

    def _bytes(self, offset: int, length: int) -> bytes:
        return self._source.slice(int(offset), int(offset) + min(int(length), _LONGEST_SEGMENT))

    def _delimiters_of(self, interchange_seg: int) -> Delimiters:
        rows = self._interchanges
        at = int(np.searchsorted(rows["seg"].to_numpy(), interchange_seg))
        found = self._delimiters
        if at < len(rows) and int(rows["seg"].iloc[at]) == interchange_seg:
            found = _delimiters(rows.iloc[at])
        elif found is None:
            bare = read_bare(self._source.slice(0, _BARE_LOOK))
            self._delimiters = found = bare[1] if bare else STANDARD
        return replace(found, wrapped=True) if self._is_wrapped else found


def _delimiters(row: pd.Series) -> Delimiters:
    element = str(row["element_separator"])
    encoded = element.encode("utf-8")
    repetition = str(row["repetition_separator"])
    return Delimiters(
        ord(element), ord(row["component_separator"]), ord(repetition) if repetition else -1, ord(row["terminator"]),
        two_bytes=encoded if len(encoded) == 2 else b"",
    )  # fmt: skip


def claims_of(part: X12File, found: pd.DataFrame) -> tuple[Integers, Integers]:
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


def _is_header_number(part: X12File) -> Flags:
    segments = part.frames["segments"]
    remittances = part.frames["claim_payments"]["transaction_seg"].unique()
    return ((segments["segment_id"] == "LX") & segments["transaction_seg"].isin(remittances)).to_numpy()
