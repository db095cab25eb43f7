"""Submit: what payers left to the next is billed, edits look, and what they let go becomes files, each claim once."""

from __future__ import annotations

from datetime import date

from flows import steps
from flows.engine import flow


@flow(name="submit")
def submit(run_id: int, posting_date: date) -> dict[str, int]:
    """Send what is ready; give the counts. A second time sends nothing."""
    prepared = steps.prepare_claims(run_id, posting_date)
    return prepared | steps.submit_claims(run_id, posting_date)
