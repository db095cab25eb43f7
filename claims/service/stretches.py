"""The sets of an 837 that are wanted, as pieces of its file that can be read alone: each behind an ISA and a GS.

So what is read of a file grows with the sets that are asked for, not with the place where they stand in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

# Sets with less than this between them are read together; a stretch longer than the other is read from the file.
GAP, LONGEST = 1 << 20, 64 << 20
MOST = 0.9  # of a file: what is more is read as it is
_HEADERS = 2


class Stretch(NamedTuple):
    """What to read, how much of the file stands before it, and which of the rows asked for it `has`.

    `before` and `bytes_before` are the segments and bytes, less those of the headers.
    """

    readable: Path | bytes
    before: int
    bytes_before: int
    has: pd.Series


def stretches(path: Path, sets: pd.DataFrame) -> Iterator[Stretch]:
    """Cut out the wanted `sets` (rows of `store.contents.set_addresses`, one for each claim, in any order).

    The whole file where it is not known of each where its set stands, or where that is nearly all of the file.
    """
    everything = Stretch(path, 0, 0, pd.Series(True, index=sets.index))
    if sets.isna().any(axis=None) or (sets["set_length"] <= 0).any():
        yield everything
        return
    wanted = sets.drop_duplicates("set_seg").sort_values("set_offset")
    end = wanted["set_offset"] + wanted["set_length"]
    number = (wanted["set_offset"] - end.shift(fill_value=0) > GAP).cumsum()
    runs = wanted.assign(end=end, number=number).groupby("number", sort=True)
    sizes = runs["end"].max() - runs["set_offset"].min()
    if sizes.max() > LONGEST or sizes.sum() > MOST * path.stat().st_size:
        yield everything
        return
    with path.open("rb") as file:
        for _, run in runs:
            first = run.iloc[0]
            start, stop = int(first["set_offset"]), int(run["end"].max())
            file.seek(int(first["isa_offset"]))
            isa = file.read(int(first["isa_length"]))
            group = _group(isa, str(first["guide"]))
            file.seek(start)
            head = isa + group
            readable = head + file.read(stop - start)
            before = int(first["set_seg"]) - 1 - _HEADERS
            yield Stretch(readable, before, start - len(head), sets["set_seg"].isin(run["set_seg"]))


def _group(isa: bytes, guide: str) -> bytes:
    """Write a GS of our own: nothing of a group but its guide says what a claim means."""
    separator, terminator = isa[3:4], isa[-1:]
    parts = (b"GS", b"HC", b"A", b"B", b"20260101", b"0000", b"1", b"X", guide.encode("ascii", "replace"))
    return separator.join(parts) + terminator
