"""The whole night: files in, books up to date, reports out. Safe to repeat; a second run changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flows import steps
from flows.engine import ThreadPoolTaskRunner, flow
from flows.failures import StepError
from flows.ingest import WORKERS, Intake, ingest
from flows.reconcile import reconcile
from flows.report import report
from flows.submit import submit


@dataclass
class Night:
    """What a night did."""

    run_id: int
    posting_date: date
    intake: Intake
    reconciled: dict[str, int]
    submitted: dict[str, int]
    manifests: list[str]


@flow(name="nightly", task_runner=ThreadPoolTaskRunner(max_workers=WORKERS), validate_parameters=False)  # type: ignore[arg-type]
def nightly(posting_date: date | None = None) -> Night:
    """Run one business day (default: today). The parts are called as functions: a subflow would cost a second each."""
    run_id, day = steps.open_run(posting_date)
    counts: dict[str, int] = {}
    try:
        taken_in = ingest.fn(run_id, day)
        counts |= taken_in.counts
        reconciled = reconcile.fn(run_id, day)
        counts |= reconciled
        submitted = submit.fn(run_id, day)
        counts |= submitted
        manifests = report.fn(day)
        _raise_first(taken_in.failures)
    except BaseException:
        steps.close_run(run_id, counts, failed=True)
        raise
    steps.close_run(run_id, counts)
    return Night(run_id, day, taken_in, reconciled, submitted, manifests)


def _raise_first(failures: list[StepError]) -> None:
    """Fail the night for a file whose step broke, after everything else was done."""
    if failures:
        raise failures[0]
