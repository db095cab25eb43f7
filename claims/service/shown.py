"""Patient data is about to be shown that no row of the books holds: who asked for what goes into the audit chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.service.audited import record
from claims.service.context import Context
from claims.store.engine import write


def record_shown(ctx: Context, subject: str, body: Mapping[str, Any]) -> None:
    """Append the event `phi-shown`; `body` holds hashes and counts only."""
    with write(ctx.engine) as conn:
        record(ctx, conn, "phi-shown", subject, body)
