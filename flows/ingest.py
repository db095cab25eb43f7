"""Intake: whatever lies in the inbox is registered, then read, checked and stored, a task per file on threads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from claims.service.intake import Outcome
from flows import steps
from flows.engine import ThreadPoolTaskRunner, flow, unmapped
from flows.failures import StepError

WORKERS = 4  # reading is columns in numpy, which lets other threads run; writing is one at a time


@dataclass
class Intake:
    """What came of the files: one outcome per file read, the numbers seen before and not readable, and failures."""

    outcomes: list[Outcome] = field(default_factory=list)
    duplicates: int = 0
    unreadable: int = 0
    failures: list[StepError] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Files by outcome; they add up to the files of the inbox and those left over from a run that died."""
        states = Counter(outcome.state for outcome in self.outcomes)
        given = {state: states[state] for state in ("stored", "held", "refused")}
        given["refused"] += self.unreadable
        return given | {"duplicate": self.duplicates, "failed": len(self.failures)}


@flow(name="ingest", task_runner=ThreadPoolTaskRunner(max_workers=WORKERS))  # type: ignore[arg-type]
def ingest(run_id: int, posting_date: date) -> Intake:
    """Register and read new files. One that cannot be read, or breaks its step, never stops the others."""
    arrived = steps.register_files(run_id)
    file_ids = steps.find_pending()
    read = steps.load_file.map(unmapped(run_id), file_ids, unmapped(posting_date)) if file_ids else []
    results = [future.result(raise_on_failure=False) for future in read]
    return Intake(
        outcomes=[result for result in results if isinstance(result, Outcome)],
        duplicates=len(arrived.file_ids) - len(set(arrived.file_ids) & set(file_ids)),
        unreadable=arrived.unreadable,
        failures=[result for result in results if isinstance(result, StepError)],
    )
