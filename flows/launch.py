"""Runs the nightly flow from a plain process: settings and an inbox in, what the night did out.

The server needs seconds to start, so it is started first and everything else is imported meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from claims.config import Settings
from claims.errors import ClaimsError, PeriodClosedError
from flows import environment, server
from flows.failures import StepError

if TYPE_CHECKING:
    from claims.service.overview import Overview
    from flows.nightly import Night


class NightFailedError(ClaimsError):
    """A step failed; the run is closed as failed, and what the other steps finished stays."""

    def __init__(self, failure: StepError, log: Path) -> None:
        why = failure.sentence or f"An unexpected {failure.kind}."
        said = (
            f"The night failed at step {failure.step} (error {failure.error_id}): {why} "
            f"Finished steps stay, nothing is half-done. Details without patient data: {log}. Then again: claims run"
        )
        if failure.kind == PeriodClosedError.__name__:  # the same command would fail in the same way
            said = f"The night did not run for its day alone: {why} Give it an open one with claims run --date."
        super().__init__(said)
        self.exit_code = failure.exit_code


def run_night(
    settings: Settings,
    inbox: Path,
    posting_date: date | None = None,
    *,
    actor: str | None = None,
    watch: Callable[[str], None] = lambda step: None,
) -> tuple[Night, Overview]:
    """Run the night over `inbox` (default day: today); `watch` is told the name of each step that begins.

    Raises NightFailedError when a step failed, ServerError when there is no Prefect server to run on.
    """
    with server.running(settings) as prefect:
        watch("open_books")
        from claims.service.context import open_context
        from claims.service.overview import overview

        context = open_context(settings, actor=actor)
        watch("start_prefect")
        environment.prepare(prefect.folder, prefect.api_url, prefect.token)
        from flows import steps
        from flows.engine import history_written, without_heartbeat
        from flows.nightly import nightly

        prefect.wait()
        place = steps.Place(context, inbox, settings.outbox_folder)
        try:
            with history_written(), without_heartbeat(), steps.working_in(place, watch):
                night = nightly(posting_date)
        except StepError as failure:
            raise NightFailedError(failure, steps.error_log()) from None
        return night, overview(context, night.run_id)


def serve_nights(settings: Settings, cron: str, started: Callable[[str], None]) -> None:
    """Run the night by the clock, one at a time, each in a process of its own, until this process is told to stop.

    `started` is told when the first one is due. Raises UsageError for a `cron` that is none.
    """
    from claims.service.context import open_context

    open_context(settings).engine.dispose()  # says now, and not at night, that the books are not there
    settings.inbox_folder.mkdir(exist_ok=True)
    with server.running(settings, "schedule") as prefect:
        environment.prepare(prefect.folder, prefect.api_url, prefect.token)
        from flows.engine import next_time, serve
        from flows.nightly import nightly

        first = next_time(cron, settings.timezone)
        prefect.wait()
        with server.published(prefect):
            started(first)
            serve(nightly, cron, settings.timezone)
