"""Levels (HL) of an 837 or 277CA in; those whose HL04 does not say what follows, out.

A level stands right before its first child, so each is compared with the next one of its set; the last level of a part
is known in the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from claims.x12.edits.part import Part, Place
from claims.x12.edits.report import Report
from claims.x12.numbers import Integers

_RULE = "level-children-differ"
_HAS, _HAS_NOT = 1, 2
_CODES = {"1": _HAS, "0": _HAS_NOT}


def _nothing() -> Integers:
    return np.zeros((0, 5), np.int64)


@dataclass
class Levels:
    """The last level of the set that is open: its set, segment, byte and HL04; the fifth place is its parent."""

    last: Integers = field(default_factory=_nothing)

    def look(self, part: Part, report: Report) -> None:
        """Compare the levels of a part with what follows them."""
        if not report.wants(_RULE):
            return
        stated = part.coded("hierarchy", "child_code").each(lambda code: _CODES.get(code, 0))
        columns = [part.numbers("hierarchy", name) for name in ("transaction_seg", "seg", "offset", "parent_seg")]
        rows = np.concatenate([self.last, np.stack([*columns[:3], stated, columns[3]], axis=1).astype(np.int64)])
        if not len(rows):
            return
        owner, seg, offset, code, parent = rows.T
        # What stands behind the last one is not known as long as its set is open.
        goes_on = np.append(owner[1:] == owner[:-1], False)
        has_child = goes_on & (np.append(parent[1:], 0) == seg)
        is_open = np.zeros(len(rows), np.bool_)
        is_open[-1] = part.file.continues and owner[-1] not in part.numbers("transactions", "seg")
        wrong = np.flatnonzero(~is_open & np.where(has_child, code == _HAS_NOT, code == _HAS))
        self.last = rows[is_open]
        report.add(
            _RULE, Place(owner[wrong], seg[wrong], offset[wrong]), "HL04",
            found=["0" if one == _HAS_NOT else "1" for one in code[wrong].tolist()],
            expected=["1" if one else "0" for one in has_child[wrong].tolist()],
        )  # fmt: skip
