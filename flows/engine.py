"""What flows use of Prefect, imported only when its settings are ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from flows import environment

environment.require()

from prefect import Task, flow, task, unmapped  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.schemas.objects import State, TaskRun  # noqa: E402
from prefect.events.worker import EventsWorker  # noqa: E402
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: E402
from prefect.task_runners import ThreadPoolTaskRunner  # noqa: E402

__all__ = [
    "NO_CACHE",
    "State",
    "Task",
    "TaskRun",
    "ThreadPoolTaskRunner",
    "flow",
    "history_written",
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
