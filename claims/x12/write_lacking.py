"""Frames in; what a file of theirs will not say because no column of them says it, out. No value is told."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from claims.x12.lossless import RAW
from claims.x12.write_columns import Frames


def lacking(frames: Frames) -> dict[str, list[str]]:
    """Return by kind of set what the frames have no column for, in words; kinds that lack nothing are left out."""
    if RAW in frames or "transactions" not in frames:
        return {}
    found: dict[str, list[str]] = {}
    for set_code in dict.fromkeys(frames["transactions"]["set_code"].tolist()):
        for row in _rows():
            frame = row["frame"]
            # What no frame has is lost where frames were read; who built them knows what they say.
            is_there = frame in frames and (not row["column"] or row["column"] in frames[frame])
            is_there |= not frame and "offset" not in frames["transactions"]
            if set_code in row["set"].split() and not is_there:
                found.setdefault(set_code, []).append(row["what"])
    return found


@cache
def _rows() -> list[dict[str, str]]:
    text = resources.files("claims.x12").joinpath("write_lacking.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
