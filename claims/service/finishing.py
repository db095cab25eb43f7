"""Batches are finished one by one; one that cannot be is listed, and does not keep the others."""

from __future__ import annotations

import errno
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from claims.errors import UsageError
from claims.service import production
from claims.service.context import Context
from claims.store import exceptions, sending
from claims.store.engine import read, write

NOT_FINISHED = "BATCH_NOT_FINISHED"
# Not of one batch: the machine is full or broken.
_OF_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


class Finisher:
    """Brings batches to the outbox below `folder` as a part of the run `run_id`."""

    def __init__(self, ctx: Context, run_id: int, day: date, folder: Path) -> None:
        self.ctx, self.run_id, self.day, self.folder = ctx, run_id, day, folder
        self.done = self.failed = 0
        self._fatal: OSError | None = None
        self._last: OSError | None = None

    def finish(self, batch_id: int) -> dict[str, Any] | None:
        """Finish a batch as `production.finish` does; None when it could not be: it is listed then."""
        try:
            found = production.finish(self.ctx, self.run_id, batch_id, self.folder)
        except (OSError, UsageError) as error:
            self.failed += 1
            if isinstance(error, OSError):
                self._last = error
                self._fatal = error if error.errno in _OF_MACHINE else self._fatal
            self._list(batch_id, error)
            return None
        self.done += 1
        with write(self.ctx.engine) as conn:
            exceptions.close_key(conn, _key(found), "finished", self.day)
        return found

    def raise_if_machine(self) -> None:
        """Raise the machine's error, and any when nothing at all could be finished."""
        error = self._fatal or (None if self.done else self._last)
        if error:
            raise error

    def _list(self, batch_id: int, error: Exception) -> None:
        """Name the kind of error only: its text may name folders of the machine."""
        with read(self.ctx.engine) as conn:
            batch = sending.batch(conn, batch_id)
        row = {
            "exception_key": _key(batch),
            "type_code": NOT_FINISHED,
            "amount_cents": int(batch["charge_cents"]),
            "message": f"batch {batch['interchange_control_number']} is not in the outbox: {type(error).__name__}",
        }
        with write(self.ctx.engine) as conn:
            exceptions.open_all(conn, pd.DataFrame([row]), self.day)


def _key(batch: dict[str, Any]) -> str:
    return f"{NOT_FINISHED}:{batch['interchange_control_number']}"
