"""Runs: who works on the books right now, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from claims.errors import RunBusyError
from claims.service.audited import record
from claims.service.context import Context
from claims.service.periods import require_come, require_open
from claims.store import chain_heads
from claims.store import runs as rows
from claims.store.engine import write

# Two of these at once would judge the same open balances; whoever comes second is told to wait.
EXCLUSIVE = ("reconcile", "nightly", "submit", "undo", "replay")
# What a person does by hand, on a day that has come.
BY_HAND = ("action", "payments", "undo", "replay")


def open_run(ctx: Context, kind: str, posting_date: date) -> int:
    """Start a run and give its id; runs of dead processes are taken over at once.

    Raises RunBusyError when another process is reconciling, PeriodClosedError when the accounting day is closed, and
    UsageError for what a person does on a day ahead.
    """
    if kind in BY_HAND:
        require_come(ctx, posting_date)
    with write(ctx.engine) as conn:
        if kind != "report":
            require_open(conn, posting_date)
        if kind in EXCLUSIVE:
            alive = rows.take_over_dead(conn, EXCLUSIVE)
            if alive:
                raise RunBusyError(kind, alive[0])
        return rows.insert(conn, kind, posting_date, ctx.actor)


def close_run(ctx: Context, run_id: int, counts: Mapping[str, int], *, failed: bool = False) -> None:
    """End a run with its counts (numbers only), and let the audit chain tell how far the other chains have come."""
    with write(ctx.engine) as conn:
        rows.finish(conn, run_id, counts, failed=failed)
        told = chain_heads.body(conn)
        if not chain_heads.is_told(conn, told):
            chain_heads.seal_event(conn, record(ctx, conn, chain_heads.TOLD, f"run {run_id}", told))


@contextmanager
def running(ctx: Context, kind: str, posting_date: date) -> Iterator[tuple[int, dict[str, int]]]:
    """Open a run around a block: `(run_id, counts to fill)`; closed as failed when the block raises."""
    run_id = open_run(ctx, kind, posting_date)
    counts: dict[str, int] = {}
    try:
        yield run_id, counts
    except BaseException:
        close_run(ctx, run_id, counts, failed=True)
        raise
    close_run(ctx, run_id, counts)
