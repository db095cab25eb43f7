"""A file in; its frames out, with everything that is wrong with it: as read, by its guides, and by the rules beyond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from claims import findings
from claims.codes import lists
from claims.x12 import guides
from claims.x12.conform import Conformance
from claims.x12.edits import Edits
from claims.x12.file import X12File, joined
from claims.x12.read import PART, scan
from claims.x12.source import Readable
from claims.x12.windows import WINDOW

_NO_LIMIT = 1 << 62
# Findings of the reader on what conformance says more exactly, for the same segment.
_SAID_BETTER = {
    "trailing-separator": ("separator-trailing",),
    "lower-case-id": ("segment-id-lower-case",),
    "segment-not-known": ("segment-not-in-guide", "segment-unexpected", "segment-id-invalid"),
    "date-not-readable": ("date-not-valid",),
    "parent-level-wrong": ("hierarchy-parent-wrong",),
}
# What reading forgives and the guides do not: a control number of a set is text, 1 is not 0001.
_NOT_FORGIVEN = {"set-control-number-padded": "999 IK502 3"}


def check(
    readable: Readable,
    *,
    rules: Mapping[str, str] | None = None,
    code_lists: Path | None = None,
    complete: bool = False,
) -> X12File:
    """Read and check a whole file (a path, or its bytes); content never raises, it becomes findings.

    `rules` switches rules beyond the guides: their id and `off`, `on`, or another severity, as in docs/check.md.
    `code_lists` is a folder of code lists with dates; `complete` reads as `read` does.
    """
    parts = list(scan_checked(readable, part=_NO_LIMIT, rules=rules, code_lists=code_lists, complete=complete))
    return joined(parts, readable)


def scan_checked(
    readable: Readable,
    *,
    part: int = PART,
    window: int = WINDOW,
    rules: Mapping[str, str] | None = None,
    code_lists: Path | None = None,
    complete: bool = False,
) -> Iterator[X12File]:
    """Read and check a file of any size in parts, as `scan` does."""
    edits = Edits(rules or {}, lists.load(code_lists))
    for one in scan(readable, part=part, window=window, conformance=Conformance(), complete=complete):
        one.frames["findings"] = _strict(_without_repetition(edits.look(one)))
        yield one


def _strict(found: pd.DataFrame) -> pd.DataFrame:
    """Refuse what reading only notes."""
    codes = found["code"].map(_NOT_FORGIVEN)
    if not codes.notna().any():
        return found
    return found.assign(
        severity=found["severity"].where(codes.isna(), findings.REJECT), ack_code=codes.fillna(found["ack_code"])
    )


def _without_repetition(found: pd.DataFrame) -> pd.DataFrame:
    """Leave out findings of the reader on segments of which conformance says the same."""
    codes, segs = found["code"], found["seg"]
    repeated = pd.Series(False, index=found.index)
    for note, better in _SAID_BETTER.items():
        is_note = codes == note
        if is_note.any():
            repeated |= is_note & segs.isin(segs[codes.isin(better)])
    return found[~repeated].reset_index(drop=True) if repeated.any() else found


class Verdicts:
    """Verdicts of a file that comes in parts: findings on a set may stand in parts before the one in which it ends."""

    def __init__(self) -> None:
        names = ("coded", "refused_by_guide", "refused", "held", "unchecked")
        self._segs: dict[str, set[int]] = {name: set() for name in names}
        # The last GS and its byte; groups that are refused (a set that ended in an earlier part is judged already).
        self._group, self._refused_groups = (0, -1), set[int]()

    def of(self, part: X12File) -> pd.DataFrame:
        """Return `transaction_seg` and `verdict`, as `x12.verdicts`, of the sets that end in a part; parts in order.

        Beside them: `is_refused` (by a finding), `is_held` (refused, or held by one) and `is_checked` (False where we
        have no map of the guide).
        """
        found = part.findings
        is_coded = found["ack_code"].str.startswith("999 ")
        is_held = found["severity"] != findings.NOTE
        chosen = {
            "coded": is_coded,
            "refused_by_guide": is_coded & is_held,
            "refused": found["severity"] == findings.REJECT,
            "held": is_held,
            "unchecked": found["code"] == "guide-not-checked",
        }
        for name, rows in chosen.items():
            self._segs[name].update(found.loc[rows, "transaction_seg"].tolist())
        sets = part.transactions[part.transactions["set_code"] != "TA1"]
        self._refuse_groups(part, found[is_held & found["ack_code"].str.startswith("999 AK905")])
        in_refused = [seg in self._refused_groups for seg in sets["group_seg"].tolist()]
        segs, is_read = sets["seg"].tolist(), sets["set_code"].isin(guides.READ).tolist()
        has = {name: [seg in known for seg in segs] for name, known in self._segs.items()}
        for known in self._segs.values():
            known.difference_update(segs)
        has["refused_by_guide"] = [one or other for one, other in zip(has["refused_by_guide"], in_refused, strict=True)]
        letters = [
            "R" if is_bad or not is_ours else "E" if is_noted else "A"
            for is_bad, is_noted, is_ours in zip(has["refused_by_guide"], has["coded"], is_read, strict=True)
        ]
        columns = {
            "transaction_seg": pd.Series(segs, dtype="int64"),
            "verdict": pd.Series(letters, dtype="str"),
            "is_refused": pd.Series(has["refused_by_guide"], dtype="bool") | pd.Series(has["refused"], dtype="bool"),
            "is_held": pd.Series(has["held"], dtype="bool"),
            "is_checked": ~pd.Series(has["unchecked"], dtype="bool"),
        }
        return pd.DataFrame(columns)

    def _refuse_groups(self, part: X12File, found: pd.DataFrame) -> None:
        groups = [self._group, *part.frames["groups"][["seg", "offset"]].itertuples(index=False, name=None)]
        # A trailer is missed where the next group begins, or after the last byte.
        before = (found["code"] == "group-trailer-missing").to_numpy(np.int64)
        offsets = [offset for _, offset in groups]
        places = np.searchsorted(offsets, found["offset"].to_numpy(np.int64) - before, side="right") - 1
        self._refused_groups.update({groups[place][0] for place in places.tolist() if place >= 0} - {0})
        self._group = groups[-1]
