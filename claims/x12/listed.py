"""Segments of a window with one fault in; those whose finding is listed out: so many in each set, the rest is counted.

A finding takes a hundred times as long as the segment that it is about.
"""

from __future__ import annotations

import numpy as np

from claims.findings import HOLD, Finding
from claims.x12.envelope import Transaction
from claims.x12.numbers import Integers
from claims.x12.owners import Owners

# A set has a finding for each claim at the most, and some; beyond this it is rubbish, and memory has an end.
MOST_LISTED = 10_000
_KEY = "findings "


def listed(owners: Owners, rows: Integers, code: str, severity: str, place: str) -> Integers:
    """Return which of some segments (in order, all in sets) have their finding listed, and count them all in their set.

    `place` is the element, or the column, that the fault is in: each has a number of its own.
    """
    if not len(rows):
        return np.zeros(0, np.int64)
    numbers, begins, counts = np.unique(owners.of(rows), return_index=True, return_counts=True)
    kept = []
    for number, begin, count in zip(numbers.tolist(), begins.tolist(), counts.tolist(), strict=True):
        own = owners.transactions[number]
        key = f"{_KEY}{severity} {code} {place}"
        room = max(0, MOST_LISTED - own.totals.get(key, 0))
        own.add(key, count)
        kept.append(np.arange(begin, begin + min(count, room)))
    return np.concatenate(kept)


def not_listed(own: Transaction) -> list[Finding]:
    """Say of a set that has ended how many findings of each code were not listed; as bad as those are."""
    unlisted: dict[tuple[str, str], int] = {}
    for key, count in own.totals.items():
        if key.startswith(_KEY) and count > MOST_LISTED:
            severity, code = key.removeprefix(_KEY).split(" ")[:2]
            unlisted[severity, code] = unlisted.get((severity, code), 0) + count - MOST_LISTED
    return [
        Finding(
            "findings-not-listed", severity,
            f"segment {own.seg}: {count} further findings {code} of this set are not listed"
            f"{'; transaction set held' if severity == HOLD else ''}.",
            own.seg, "", own.offset, str(count), transaction_seg=own.seg,
        )
        for (severity, code), count in unlisted.items()
    ]  # fmt: skip
