"""Frames of a part of a file in; for a segment the claim it belongs to, as its sender numbers it, out.

A 999 goes back to whoever sent the file, so it may say which claim of theirs an error is in: CLM01 of an 837, the trace
(TRN02) of a claim in a 277CA. No other set has such a number that the guide of the 999 allows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np

from claims.x12.file import X12File

CLAIM, TRACE = "CLM01", "TRN02"
# Loops that stand inside of a claim, by what they begin with.
_CLAIM_LOOPS = ("23", "24")


class Contexts:
    """Where claims begin and end, in order; the last of a part is known in the next."""

    def __init__(self) -> None:
        self._segs: list[int] = [0]
        self._values: list[tuple[str, str]] = [("", "")]

    def enter(self, part: X12File) -> None:
        """Learn the claims of a part."""
        levels, claims, statuses = (part.frames[name] for name in ("hierarchy", "claims", "claim_statuses"))
        traces = statuses[statuses["level"].isin(["claim", "line"])].drop_duplicates("hl_seg")
        of_level = dict(zip(traces["hl_seg"].tolist(), traces["trace"].tolist(), strict=True))
        segs = np.concatenate([levels["seg"].to_numpy(), claims["seg"].to_numpy()])
        values = [(TRACE, of_level.get(seg, "")) for seg in levels["seg"].tolist()]
        values += [(CLAIM, number) for number in claims["claim_number"].tolist()]
        order = np.argsort(segs, kind="stable")
        self._segs = [self._segs[-1], *segs[order].tolist()]
        self._values = [self._values[-1], *(values[place] for place in order.tolist())]

    def of(self, seg: int, transaction_seg: int, loop: str, *, is_missing: bool) -> str:
        """Return `CLM01:` or `TRN02:` with the number of the claim, or nothing.

        What is missing was noticed at the segment after it, which may begin the next claim.
        """
        at = (bisect_left if is_missing else bisect_right)(self._segs, seg) - 1
        if at < 0 or self._segs[at] <= transaction_seg:
            return ""
        name, value = self._values[at]
        if not value or (name == CLAIM and loop and not loop.startswith(_CLAIM_LOOPS)):
            return ""
        return f"{name}:{value}"
