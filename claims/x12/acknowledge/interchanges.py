"""Parts of a checked file in, in order; how its interchanges are answered out: accepted, with errors, or refused.

Nothing of a refused interchange counts as received, whatever its sets are like by themselves: no 999 is written.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from claims.x12.acknowledge.answer import judged
from claims.x12.acknowledge.gather import Gather
from claims.x12.file import X12File


class InterchangeCode(NamedTuple):
    """TA104 (`A`, `E`, `R`) and TA105 of an interchange; both "" where none is answered: one of TA1s, or no ISA."""

    status: str
    note: str


NONE = InterchangeCode("", "")


class InterchangeCodes:
    """Takes the parts of one file; keeps its envelope, not what is wrong inside of its sets."""

    def __init__(self) -> None:
        self._gather = Gather(0)

    def add(self, part: X12File) -> None:
        """Take the next part."""
        self._gather.take(part)

    def codes(self) -> dict[int, InterchangeCode]:
        """Return the code of each interchange by the `seg` of its ISA; the whole file must have come."""
        found = judged(self._gather).verdicts
        rows = found.drop(index=list(self._gather.only_ta1)).itertuples()
        return {seg: InterchangeCode(status, note) for seg, status, note in rows}


def interchange_codes(file: X12File, interchange_segs: pd.Series[int]) -> list[str]:
    """Return TA104 for each of some interchanges of a whole file, "" for none."""
    known = InterchangeCodes()
    known.add(file)
    codes = known.codes()
    return [codes.get(seg, NONE).status for seg in interchange_segs.tolist()]
