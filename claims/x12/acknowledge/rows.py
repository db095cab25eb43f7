"""Errors of transaction sets in, set by set; the frames of their IK3, CTX and IK4 out, numbered in order."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pandas as pd

from claims import frames
from claims.x12.acknowledge.errors import SetErrors, data_elements
from claims.x12.acknowledge.limits import LONGEST_REFERENCE

_COLUMNS = {
    "segment_errors": {
        "seg": "int", "set_seg": "int", "segment_id": "text", "position": "int", "loop": "text", "error_code": "text",
    },
    "contexts": {"segment_seg": "int", "name": "text", "reference": "text"},
    "element_errors": {
        "segment_seg": "int", "element": "int", "component": "int", "repeat": "int", "data_element": "text",
        "error_code": "text", "bad_value": "text",
    },
    "left_out": {"transaction_seg": "int", "segment_errors": "int"},
}  # fmt: skip
# IK302 and IK303 have at most so many digits and characters.
_HIGHEST_POSITION = 999_999
_LONGEST_LOOP = 4


class ErrorRows:
    """Rows come as tuples and are packed into frames part by part, so that many sets in error stay small."""

    def __init__(self) -> None:
        self._number = count(1)
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _COLUMNS}
        self._parts: dict[str, list[pd.DataFrame]] = {name: [frames.empty(kinds)] for name, kinds in _COLUMNS.items()}

    def add(self, set_seg: int, guide: str, errors: SetErrors) -> None:
        """Take the errors of a set that has ended."""
        for error in errors.in_order(_HIGHEST_POSITION):
            seg = next(self._number)
            loop = error.loop[:_LONGEST_LOOP]
            self._rows["segment_errors"].append(
                (seg, set_seg, error.segment_id, error.position, loop, error.code)
            )  # fmt: skip
            name, _, reference = errors.contexts[error].partition(":")
            if reference:
                self._rows["contexts"].append((seg, name, reference[:LONGEST_REFERENCE].strip()))
            for at, value in errors.segments[error].items():
                number = data_elements(guide).get((error.segment_id, at.element, at.component), "")
                row = (seg, at.element, at.component, at.repeat, number, at.code, value)
                self._rows["element_errors"].append(row)
        if errors.left_out:
            self._rows["left_out"].append((set_seg, errors.left_out))

    def pack(self) -> None:
        """Put the rows that came into frames."""
        for name, rows in self._rows.items():
            if rows:
                kinds = {column: frames.DTYPES[kind] for column, kind in _COLUMNS[name].items()}
                self._parts[name].append(pd.DataFrame(rows, columns=list(kinds)).astype(kinds))
                self._rows[name] = []

    def frame(self, name: str) -> pd.DataFrame:
        """Return `segment_errors`, `contexts`, `element_errors` or `left_out` (sets with more errors than are told)."""
        found = frames.joined(self._parts[name])
        return found.assign(seg=np.arange(len(found))) if name == "element_errors" else found
