"""S29: lines without a day, outside the statement period, that end before they begin, or span days but not units."""

from __future__ import annotations

import numpy as np

from claims.charges.scrub.days import between
from claims.charges.scrub.work import Look, Work


def look(work: Work) -> Look:
    """Check the days of each line, and of the period of each claim."""
    claims, lines = work.claims, work.lines
    start, end = claims.numbers("statement_from_date"), claims.numbers("statement_to_date")
    first, last = work.line_day, work.line_last_day
    since, until = work.on_lines(start), work.on_lines(end)
    outside = np.flatnonzero((first > 0) & (since > 0) & (until > 0) & ((first < since) | (last > until)))
    period = zip(since[outside].tolist(), until[outside].tolist(), strict=True)
    found = [str(one) for one in np.where(first < since, first, last)[outside].tolist()]
    yield work.at_lines("S29a", outside, found=found, expected=[f"{one} to {other}" for one, other in period])
    turned = np.flatnonzero((start > 0) & (end > 0) & (end < start))
    yield work.at_claims(
        "S29b", turned, "DTP03 (434)", *([str(one) for one in d[turned].tolist()] for d in (start, end))
    )
    turned = np.flatnonzero((first > 0) & (last < first))
    yield work.at_lines(
        "S29b", turned, "DTP03 (472)", *([str(one) for one in d[turned].tolist()] for d in (first, last))
    )
    days = between(first, last) + 1
    units = lines.numbers("units_milli")
    spans = (days > 1) & lines.coded("unit_code").are(("UN", "DA", "")) & (units % (np.maximum(days, 1) * 1000) != 0)
    rows = np.flatnonzero(spans)
    rows = rows[work.trait("untimed")[rows] < 0] if len(rows) else rows
    counted = [f"{one / 1000:g}" for one in units[rows].tolist()]
    yield work.at_lines("S29c", rows, found=counted, expected=[str(one) for one in days[rows].tolist()])
    yield work.at_lines("S29d", first == 0)
