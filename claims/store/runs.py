"""Rows of the runs table: who works on what, and whether that process is still there."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from claims.store import clock, ids, schema, seals
from claims.store.rows import update_where_in

TABLE = schema.runs


def process_started(process_id: int) -> str:
    """Say when a process of this machine started, in the kernel's own count; "" when there is none to be seen."""
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]


def _is_alive(host: str, process_id: int, started: str) -> bool:
    if host != socket.gethostname():
        return True  # another machine's process cannot be seen from here
    if started:
        return process_started(process_id) == started
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def take_over_dead(conn: sa.Connection, kinds: Collection[str]) -> list[int]:
    """Mark running rows of processes that are gone as failed; give the run ids that are still alive."""
    rows = conn.execute(
        sa.select(TABLE.c.run_id, TABLE.c.host, TABLE.c.process_id, TABLE.c.process_started).where(
            TABLE.c.state == "running", TABLE.c.kind.in_(list(kinds))
        )
    ).all()
    alive = [int(row.run_id) for row in rows if _is_alive(row.host, row.process_id, row.process_started)]
    dead = [int(row.run_id) for row in rows if int(row.run_id) not in alive]
    if dead:
        update_where_in(conn, TABLE, TABLE.c.run_id, dead, state="failed", finished_at=clock.now())
    return alive


def insert(conn: sa.Connection, kind: str, posting_date: date, actor: str) -> int:
    """Write a running row for this process and give its run id."""
    run_id = ids.take(conn, TABLE, 1)
    conn.execute(
        sa.insert(TABLE).values(
            run_id=run_id,
            kind=kind,
            posting_date=posting_date,
            state="running",
            actor=actor,
            host=socket.gethostname(),
            process_id=os.getpid(),
            process_started=process_started(os.getpid()),
            started_at=clock.now(),
        )
    )
    seals.note_new(conn, TABLE, [run_id])  # a run that is killed stays as it began, maybe for ever
    return run_id


def finish(conn: sa.Connection, run_id: int, counts: Mapping[str, int], *, failed: bool) -> None:
    """Close a run with its counts."""
    state, told = "failed" if failed else "done", json.dumps(dict(counts), sort_keys=True)
    update_where_in(conn, TABLE, TABLE.c.run_id, [run_id], state=state, finished_at=clock.now(), counts=told)
