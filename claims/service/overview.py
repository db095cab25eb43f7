"""How the books stand after a run: what a person wants to know before anything else."""

from __future__ import annotations

from claims.service.context import Context
from claims.store import overview as rows
from claims.store.engine import read
from claims.store.overview import Amount, Overview

__all__ = ["Amount", "Overview", "overview"]


def overview(ctx: Context, run_id: int) -> Overview:
    """Count remittances, deposits, denials and exceptions, with what is new since the run began."""
    with read(ctx.engine) as conn:
        return rows.overview(conn, run_id)
