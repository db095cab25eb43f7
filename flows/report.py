"""Reports: each is written as of the day and as known at one instant, so that they tie to each other."""

from __future__ import annotations

from datetime import date

from claims.store import clock
from flows import steps
from flows.engine import flow


@flow(name="report")
def report(posting_date: date) -> list[str]:
    """Write the night's reports; give their manifests."""
    known_at = clock.now()
    return [steps.write_report(name, posting_date, known_at) for name in steps.REPORTS]
