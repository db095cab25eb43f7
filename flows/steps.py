"""The service verbs as Prefect tasks: names, retries, and nothing else.

Steps take and give our own ids, days and counts. Where the files lie and who acts stands in `place`, outside of every
parameter, because Prefect stores parameters and an inbox may be named after a patient.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from claims import config
from claims.service import context, intake, outgoing, reconcile, report, runs, submit
from claims.service.context import Context
from claims.service.intake import Outcome
from flows import failures
from flows.engine import NO_CACHE, State, Task, TaskRun, task

P = ParamSpec("P")
R = TypeVar("R")

REPORTS = ("tieout", "denials", "aging")
RETRY_SECONDS = [1.0, 5.0]


@dataclass(frozen=True)
class Place:
    """Where a run works: the open practice, the folder that files arrive in, the folder that reports go to."""

    context: Context
    inbox: Path
    outbox: Path


@dataclass
class Registered:
    """The files of the inbox by our ids, one for each arrival, and the number that could not be read at all."""

    file_ids: list[int] = field(default_factory=list)
    unreadable: int = 0


_place: Place | None = None
_watch: Callable[[str], None] = lambda step: None  # noqa: E731 told the name of each step that begins


@contextlib.contextmanager
def working_in(place: Place, watch: Callable[[str], None] = lambda step: None) -> Iterator[None]:
    """Let the steps of this process work in `place`, and tell `watch` the name of each that begins."""
    global _place, _watch
    before = _place, _watch
    _place, _watch = place, watch
    try:
        yield
    finally:
        _place, _watch = before


def place() -> Place:
    """Give where this process works; opened from the settings when nobody said (a served deployment)."""
    global _place  # noqa: PLW0603
    if _place is None:
        opened = context.open_context(actor="schedule")
        _place = Place(opened, opened.settings.inbox_folder, opened.settings.outbox_folder)
    return _place


def error_log() -> Path:
    """Give the file that describes failures without data."""
    settings = _place.context.settings if _place else config.load()
    return settings.home / "errors.log"


def step(verb: Callable[P, R]) -> Task[P, R]:
    """Make a task of a verb; it is tried again only when the database was locked or away."""
    name = verb.__name__

    @functools.wraps(verb)
    def body(*args: P.args, **keywords: P.kwargs) -> R:
        _watch(name)
        return failures.guarded(name, error_log(), verb, *args, **keywords)

    return task(
        name=name,
        retries=len(RETRY_SECONDS),
        retry_delay_seconds=RETRY_SECONDS,
        retry_condition_fn=_may_pass,
        persist_result=False,
        cache_policy=NO_CACHE,
        log_prints=False,
    )(body)


def _may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), failures.RetryableError)


@step
def open_run(posting_date: date | None) -> tuple[int, date]:
    """Start the night's run for a day (default: today in the practice's time zone); runs of dead processes end."""
    day = posting_date or place().context.settings.today()
    return runs.open_run(place().context, "nightly", day), day


@step
def close_run(run_id: int, counts: dict[str, int], failed: bool = False) -> None:
    """End the run with its counts."""
    runs.close_run(place().context, run_id, counts, failed=failed)


@step
def register_files(run_id: int) -> Registered:
    """Put every file of the inbox into the vault and on the books; one that cannot be read is listed and left."""
    receipts = intake.register(place().context, run_id, intake.find_files(place().inbox))
    file_ids = [receipt.file_id for receipt in receipts if receipt.file_id]
    return Registered(file_ids, len(receipts) - len(file_ids))


@step
def find_pending() -> list[int]:
    """Give the files that are registered and not read yet, those of an earlier run that died included."""
    return intake.pending(place().context)


@step
def load_file(run_id: int, file_id: int, posting_date: date) -> Outcome:
    """Read, check and store one file."""
    return intake.load_file(place().context, run_id, file_id, posting_date)


@step
def resolve_identities(run_id: int, posting_date: date) -> dict[str, int]:
    """Tell new claims and remittances from repeats and conflicts."""
    return reconcile.resolve_identities(place().context, run_id, posting_date)


@step
def post_charges(run_id: int, posting_date: date) -> dict[str, int]:
    """Charge new claims to the ledger."""
    return reconcile.post_charges(place().context, run_id, posting_date)


@step
def apply_answers(run_id: int, posting_date: date) -> dict[str, int]:
    """Let answers to what was sent (TA1, 999, 277CA) move the claims that they name."""
    return reconcile.apply_answers(place().context, run_id, posting_date)


@step
def post_transfers(run_id: int, posting_date: date) -> dict[str, int]:
    """Move denied amounts to the next payer's account, for claims to it that have left."""
    return reconcile.post_transfers(place().context, run_id, posting_date)


@step
def match_again(run_id: int, posting_date: date) -> dict[str, int]:
    """Move payments to the replacement that they decide and that came after them."""
    return reconcile.match_again(place().context, run_id, posting_date)


@step
def match_claims(run_id: int, posting_date: date) -> dict[str, int]:
    """Find the claim that each claim payment belongs to."""
    return reconcile.match_claims(place().context, run_id, posting_date)


@step
def post_remittances(run_id: int, posting_date: date) -> dict[str, int]:
    """Post balanced remittances and what has waited for them."""
    return reconcile.post_remittances(place().context, run_id, posting_date)


@step
def post_voids(run_id: int, posting_date: date) -> dict[str, int]:
    """Take back the charges of claims that a payer has let go."""
    return reconcile.post_voids(place().context, run_id, posting_date)


@step
def post_patient_payments(run_id: int, posting_date: date) -> dict[str, int]:
    """Post what patients paid, on the claim that it names or on unapplied cash."""
    return reconcile.post_patient_payments(place().context, run_id, posting_date)


@step
def match_deposits(run_id: int, posting_date: date) -> dict[str, int]:
    """Tie remittances, and what patients paid, to lines of the bank."""
    return reconcile.match_deposits(place().context, run_id, posting_date)


@step
def price_decisions(run_id: int, posting_date: date) -> dict[str, int]:
    """Hold what payers allowed against their contracts."""
    return reconcile.price_decisions(place().context, run_id, posting_date)


@step
def open_denials(run_id: int, posting_date: date) -> dict[str, int]:
    """Open a case for everything that was denied."""
    return reconcile.open_denials(place().context, run_id, posting_date)


@step
def prioritise(run_id: int, posting_date: date) -> dict[str, int]:
    """Bring deadlines, queues and points of open denials up to the day."""
    return reconcile.prioritise(place().context, run_id, posting_date)


@step
def record_decisions(run_id: int, posting_date: date) -> dict[str, int]:
    """Put what payers decided on the timelines of the claims."""
    return reconcile.record_decisions(place().context, run_id, posting_date)


@step
def watch_answers(run_id: int, posting_date: date) -> dict[str, int]:
    """Raise an alarm for each batch whose answer is overdue."""
    return reconcile.watch_answers(place().context, run_id, posting_date)


@step
def propose_edits(run_id: int, posting_date: date) -> dict[str, int]:
    """Propose edits that would have caught what payers rejected."""
    return reconcile.propose_edits(place().context, run_id, posting_date)


@step
def prepare_claims(run_id: int, posting_date: date) -> dict[str, int]:
    """Make the claims for next payers and let the edits look at what waits."""
    return outgoing.prepare(place().context, run_id, posting_date)


@step
def submit_claims(run_id: int, posting_date: date) -> dict[str, int]:
    """Write ready claims into checked files in the outbox."""
    return submit.send_ready(place().context, run_id, posting_date, outbox=place().outbox).counts


@step
def write_report(name: str, posting_date: date, known_at: str) -> str:
    """Write one report as CSV with its manifest; give the manifest's place below the folder of reports."""
    folder = place().context.settings.reports_folder
    out = folder / posting_date.isoformat() / name
    manifest = report.write_report(place().context, name, posting_date, known_at, "csv", out)
    return manifest.relative_to(folder).as_posix()
