"""What flows use of Prefect, imported only when its settings are ours."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from claims.errors import UsageError
from flows import environment

environment.require()

from prefect import Flow, Task, flow, task, unmapped  # noqa: E402
from prefect._vendor import croniter as cron_times  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.schemas.objects import State, TaskRun  # noqa: E402
from prefect.events.worker import EventsWorker  # noqa: E402
from prefect.runner import Runner  # noqa: E402
from prefect.schedules import Cron  # noqa: E402
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: E402
from prefect.task_runners import ThreadPoolTaskRunner  # noqa: E402
from prefect.types.entrypoint import EntrypointType  # noqa: E402

__all__ = [
    "NO_CACHE",
    "State",
    "Task",
    "TaskRun",
    "ThreadPoolTaskRunner",
    "flow",
    "history_written",
    "next_time",
    "serve",
    "task",
    "unmapped",
    "without_heartbeat",
]


def without_heartbeat() -> AbstractContextManager[Any]:
    """Run flows without the heartbeat thread, which sleeps in whole seconds and holds up the end of every flow."""
    return temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})


@contextmanager
def history_written() -> Iterator[None]:
    """Send what Prefect still has to say about the runs of this block before the block is left."""
    try:
        yield
    finally:
        EventsWorker.drain_all(timeout=10)


def next_time(cron: str, timezone: str) -> str:
    """Give the next time that `cron` names in the practice's time zone; raise UsageError when it is none."""
    croniter: Any = cron_times.croniter  # type: ignore[attr-defined]
    if len(cron.split()) != 5 or not croniter.is_valid(cron):
        raise UsageError(f"{cron!r} is no cron; write minute hour day month weekday, like 30 2 * * *")
    due: datetime = croniter(cron, datetime.now(ZoneInfo(timezone))).get_next(datetime)
    return due.isoformat(" ", "minutes")


class _Runner(Runner):
    """Ends on SIGTERM as it does on Ctrl-C; Prefect 3.8.8 forgets to await its own end there."""

    def handle_sigterm(self, *_arguments: object) -> None:
        signal.raise_signal(signal.SIGINT)


def serve(served: Flow[..., Any], cron: str, timezone: str) -> None:
    """Run a flow by the clock, one run at a time, until Ctrl-C or SIGTERM."""
    runner = _Runner(name=served.name, limit=1, pause_on_shutdown=True)
    runner.add_flow(
        served,
        name=served.name,
        schedule=Cron(cron, timezone=timezone),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & has it ignored
    try:
        asyncio.run(runner.start())
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGINT, before)
