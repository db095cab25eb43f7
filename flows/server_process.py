"""The Prefect server of a night, in a process of its own: a listening socket and a lifeline in, run history out.

Started by `flows.server` with the variables of `flows.environment`. It stops when the other end of its standard input
closes, so it never outlives the process that started it, however that one ends.

``python -m flows.server_process --template`` makes the template of Prefect's database once for an installation: without
it the first server of all spends some ten seconds more on migrations (and leaves the template, where it may).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

GRACE_SECONDS = 4
HISTORY_SECONDS = 0.3  # for the recorder of task runs to write what it has just been sent


def main() -> None:
    """Serve on the socket whose number is the first argument until the lifeline closes."""
    gc.disable()  # importing makes millions of objects and no garbage: a fifth of the time would go into looking for it
    os.umask(0o077)
    stop = threading.Event()
    threading.Thread(target=_hold_lifeline, args=(stop,), daemon=True).start()

    from prefect.server.api.server import create_app
    from uvicorn import Config, Server

    prepare_database(Path(os.environ["PREFECT_HOME"]))
    _let_scheduler_insert()
    app = create_app(final=True)
    gc.freeze()
    gc.enable()
    server = Server(
        Config(app, log_level="error", log_config=None, lifespan="on", timeout_graceful_shutdown=1, access_log=False)
    )
    threading.Thread(target=_stop_when_told, args=(stop, server), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def prepare_database(home: Path) -> None:
    """Give a new home its database: a copy of this installation's template, or the migrations (which leave one)."""
    database, template = home / "prefect.db", template_path()
    with (home / "prefect.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if database.exists():
            return  # the server itself brings an older one up to date
        if os.access(template, os.R_OK):
            fresh = home / "prefect.db.tmp"
            shutil.copyfile(template, fresh)
            fresh.replace(database)
            return
        from prefect.server.database import provide_database_interface

        asyncio.run(provide_database_interface().create_db())
        with contextlib.suppress(OSError, sqlite3.Error):  # an installation that we may not write to has no template
            _save_template(database, template)


def _let_scheduler_insert() -> None:
    """Let Prefect 3.8.8's scheduler write its runs under SQLAlchemy 2.1.

    It hands over rows with a key `state` that is no column. SQLAlchemy 2.0 ignored it; 2.1 asks the model what to do
    with it, and the model does not say. Ignoring it is right: the scheduler writes the states itself, right after.
    """
    from prefect.server.database.orm_models import FlowRun

    FlowRun.__mapper__.all_orm_descriptors["state"].inplace.bulk_dml(lambda cls, row, state: None)  # type: ignore[attr-defined]


def template_path() -> Path:
    """Name this installation's empty, migrated Prefect database: tables only, no rows of anybody's."""
    return Path(sys.prefix) / "share" / "claims-batch" / f"prefect-{version('prefect')}.db"


def _save_template(database: Path, template: Path) -> None:
    for folder in (template.parent.parent, template.parent):
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o755)  # whoever may run this installation may read it: there is nothing in it
    fresh = template.with_suffix(f".{os.getpid()}.tmp")
    with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(fresh)) as copy:
        source.backup(copy)
        copy.execute("pragma journal_mode=delete")
    fresh.chmod(0o644)
    fresh.replace(template)


def _hold_lifeline(stop: threading.Event) -> None:
    """Wait for the other end to close, then allow a few seconds for a clean end."""
    while os.read(0, 1024):
        pass
    stop.set()
    threading.Event().wait(GRACE_SECONDS)
    os._exit(0)


def _stop_when_told(stop: threading.Event, server: object) -> None:
    stop.wait()
    time.sleep(HISTORY_SECONDS)
    server.should_exit = True  # type: ignore[attr-defined]


def make_template() -> None:
    """Make the template in a home of its own, if this installation has none yet."""
    if template_path().exists():
        return
    from flows import environment

    with tempfile.TemporaryDirectory() as folder:
        environment.private_folder(Path(folder))
        environment.replace(environment.variables(Path(folder), ""))
        prepare_database(Path(folder))


if __name__ == "__main__":
    make_template() if sys.argv[1:] == ["--template"] else main()
