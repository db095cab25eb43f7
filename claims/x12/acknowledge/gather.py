"""Parts of a checked file in, one after another; what its answers must say of each interchange, group and set, kept.

Memory grows with the sets and the errors that are answered, not with what stands inside of the sets.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from claims import frames as frame_parts
from claims.x12 import guides
from claims.x12.acknowledge.context import Contexts
from claims.x12.acknowledge.errors import Place, SetErrors, element_of, is_missing, segment_code, sendable_id
from claims.x12.acknowledge.rows import ErrorRows
from claims.x12.acknowledge.values import Values
from claims.x12.file import X12File

_SETS = ["seg", "group_seg", "interchange_seg", "set_code", "guide", "convention", "control_number"]
# Noticed where the next thing begins, or at the end of the file.
_TRAILER_MISSING = ("interchange-trailer-missing", "group-trailer-missing")
_NOT_SUPPORTED = "1"
_VERSION_NOT_SUPPORTED = "I6"


class EnvelopeNote(NamedTuple):
    """A code for the answer to an interchange or a group (`owner`), and the finding it came from."""

    owner: int
    code: str
    finding: str
    severity: str
    found: str


class _Coded(NamedTuple):
    """A finding that has a code, as a row."""

    code: str
    severity: str
    seg: int
    element: str
    offset: int
    found: str
    ack_code: str
    transaction_seg: int
    loop: str
    repeat: int


class Gather:
    """Takes the parts of one file in order."""

    def __init__(self, most: int, values: Values | None = None) -> None:
        self.most, self.values = most, values
        self.interchange_notes: list[EnvelopeNote] = []
        self.group_notes: list[EnvelopeNote] = []
        self.errors = ErrorRows()
        self._parts: dict[str, list[pd.DataFrame]] = {"interchanges": [], "groups": [], "sets": []}
        self._open: dict[int, SetErrors] = {}
        self._with_ta1: set[int] = set()
        self._contexts = Contexts()
        self._begun: dict[str, tuple[list[int], list[int]]] = {"interchanges": ([], []), "groups": ([], [])}

    def frame(self, name: str) -> pd.DataFrame:
        """Return all `interchanges`, `groups` or `sets` (with their verdicts) so far."""
        return frame_parts.joined(self._parts[name])

    @property
    def only_ta1(self) -> set[int]:
        """Return the interchanges that hold TA1s and no group: they are answers, and get none."""
        return self._with_ta1.difference(self.frame("groups")["interchange_seg"], self.frame("sets")["interchange_seg"])

    def take(self, part: X12File) -> None:
        """Take the next part."""
        for name in ("interchanges", "groups"):
            frame = part.frames[name]
            self._parts[name].append(frame)
            segs, offsets = self._begun[name]
            self._begun[name] = (
                [*segs[-1:], *frame["seg"].tolist()], [*offsets[-1:], *frame["offset"].tolist()]
            )  # fmt: skip
        self._contexts.enter(part)
        if self.values:
            self.values.enter(part)
        found = part.findings
        coded = found[found["ack_code"] != ""]
        if len(coded):
            self._findings(part, coded)
        self._close(part.transactions)

    # ---- findings

    def _findings(self, part: X12File, coded: pd.DataFrame) -> None:
        rows = [_Coded(*row) for row in zip(*(coded[name].tolist() for name in _Coded._fields), strict=True)]
        loops = {row.seg: row.loop for row in reversed(rows) if row.loop and not is_missing(*_kind(row.ack_code))}
        segment = _segments_at(part, coded["seg"])
        for row in rows:
            kind, code = _kind(row.ack_code)
            if kind == "TA1":
                self._of_interchange(row, code, segment)
            elif kind == "AK905":
                self._of_group(row, code)
            elif row.transaction_seg:
                errors = self._set(row.transaction_seg)
                errors.judge(row.severity)
                if kind == "IK502":
                    errors.add_code(code)
                else:
                    self._of_segment(errors, row, segment.get(row.seg, ("", 0))[0], loops.get(row.seg, ""))

    def _of_interchange(self, row: _Coded, code: str, segment: dict[int, tuple[str, int]]) -> None:
        owner = segment.get(row.seg, ("", 0))[1]
        if row.code in _TRAILER_MISSING or row.seg not in segment:
            owner = self._begun_before("interchanges", row)
        if owner:
            self.interchange_notes.append(EnvelopeNote(owner, code, row.code, row.severity, row.found))

    def _of_group(self, row: _Coded, code: str) -> None:
        if row.transaction_seg:  # a version that is not supported: of the group by its code, of the set where it stands
            errors = self._set(row.transaction_seg)
            errors.judge(row.severity)
            errors.add_code(_VERSION_NOT_SUPPORTED)
        owner = self._begun_before("groups", row)
        if owner:
            self.group_notes.append(EnvelopeNote(owner, code, row.code, row.severity, row.found))

    def _of_segment(self, errors: SetErrors, row: _Coded, segment_id: str, loop: str) -> None:
        kind, code = _kind(row.ack_code)
        lost = is_missing(kind, code)
        element = None if kind == "IK304" else element_of(row.element, segment_id, row.repeat, code)
        name, loop = (row.element, row.loop) if lost else (segment_id, loop)
        loop = loop.rpartition("/")[2]
        context = self._contexts.of(row.seg, row.transaction_seg, loop, is_missing=lost)
        place = Place(row.seg - row.transaction_seg + 1, sendable_id(name), loop, context)
        key = errors.add(place, segment_code(kind, code), element)
        if self.values and key and element and not errors.segments[key].get(element, "-"):
            errors.segments[key][element] = self.values.at(row.offset, row.seg, element)

    def _begun_before(self, name: str, row: _Coded) -> int:
        segs, offsets = self._begun[name]
        at = (bisect_left if row.code in _TRAILER_MISSING else bisect_right)(offsets, row.offset) - 1
        return segs[at] if at >= 0 else 0

    def _set(self, transaction_seg: int) -> SetErrors:
        if transaction_seg not in self._open:
            self._open[transaction_seg] = SetErrors(self.most)
        return self._open[transaction_seg]

    # ---- sets that have ended

    def _close(self, transactions: pd.DataFrame) -> None:
        is_ta1 = transactions["set_code"] == "TA1"
        self._with_ta1.update(transactions.loc[is_ta1, "interchange_seg"].tolist())
        sets = transactions.loc[~is_ta1, _SETS].reset_index(drop=True)
        verdicts, codes = np.full(len(sets), "A", dtype=object), np.full(len(sets), "", dtype=object)
        supported = sets["set_code"].isin(guides.READ).to_numpy()
        verdicts[~supported], codes[~supported] = "R", _NOT_SUPPORTED
        segs, guide = sets["seg"].tolist(), sets["guide"].tolist()
        for place in np.flatnonzero(np.isin(segs, list(self._open))).tolist():
            errors = self._open.pop(segs[place])
            if supported[place]:
                verdicts[place], codes[place] = errors.verdict, errors.error_codes
                self.errors.add(segs[place], guide[place], errors)
        self.errors.pack()
        self._parts["sets"].append(sets.assign(status_code=verdicts, error_codes=codes).astype(_TEXTS))


_TEXTS = {"status_code": "str", "error_codes": "str"}


@cache
def _kind(ack_code: str) -> tuple[str, str]:
    """Return the element that a code is for (TA1 for an interchange), and the code."""
    kind, _, code = ack_code.removeprefix("999 ").partition(" ")
    return kind, code


def _segments_at(part: X12File, segs: pd.Series[Any]) -> dict[int, tuple[str, int]]:
    """Return id and interchange of some segments of a part."""
    segments = part.frames["segments"]
    wanted = np.unique(segs.to_numpy())
    at = np.searchsorted(segments["seg"].to_numpy(), wanted)
    inside = at < len(segments)
    rows = segments.iloc[at[inside]]
    return {
        seg: (name, interchange)
        for want, seg, name, interchange in zip(
            wanted[inside].tolist(),
            *(rows[name].tolist() for name in ("seg", "segment_id", "interchange_seg")),
            strict=True,
        )
        if seg == want
    }
