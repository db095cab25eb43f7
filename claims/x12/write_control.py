"""Frames in; the same with control numbers of their own out, so that what is written is nobody's duplicate."""

from __future__ import annotations

import numpy as np

from claims.errors import UsageError
from claims.x12.lossless import RAW
from claims.x12.write_columns import Frames

_MOST = 999_999_999


def numbered(frames: Frames, first: int) -> Frames:
    """Number interchanges (ISA13) and groups (GS06) from `first` on in their order; sets count from 0001 in each group.

    Numbers that refer to other files (of answers, of batches) stay.
    """
    if RAW in frames:
        raise UsageError(f"Frame {RAW} is written as it is; leave it out to number the file anew.")
    found = dict(frames)
    for name in ("interchanges", "groups"):
        if name not in frames or not len(frames[name]):
            continue
        rows = frames[name].sort_values("seg", kind="stable").reset_index(drop=True)
        if not 0 < first <= _MOST - len(rows) + 1:
            raise UsageError(f"A control number is a number from 1 to {_MOST - len(rows) + 1}.")
        numbers = first + np.arange(len(rows))
        found[name] = rows.assign(control_number=numbers.astype("str").astype("object"))
    if "transactions" in frames:
        found["transactions"] = frames["transactions"].assign(control_number="")
    return found
