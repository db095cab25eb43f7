"""Files as they arrive: registered once by their hash, with a receipt per arrival and an outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from claims.store import clock, ids, schema, seals

F, RECEIPTS = schema.files, schema.receipts


@dataclass(frozen=True)
class FileRow:
    """One stored file; state is registered, stored, held or refused."""

    file_id: int
    sha256: str
    bytes: int
    content: str
    sets: str
    state: str
    reason_code: str
    counts: dict[str, int]


def register(conn: sa.Connection, sha256: str, size: int, name: str, run_id: int) -> tuple[int, int, bool]:
    """Register one arrival: `(file_id, receipt_id, is_duplicate)`; a hash seen before is a duplicate of that file."""
    known = conn.scalar(sa.select(F.c.file_id).where(F.c.sha256 == sha256))
    at = clock.now()
    file_id = ids.take(conn, F, 1) if known is None else int(known)
    if known is None:
        conn.execute(
            sa.insert(F).values(
                file_id=file_id,
                sha256=sha256,
                bytes=size,
                direction="received",
                content="unknown",
                state="registered",
                recorded_at=at,
                run_id=run_id,
            )
        )
        seals.note_new(conn, F, [file_id])
    receipt_id = ids.take(conn, RECEIPTS, 1)
    conn.execute(
        sa.insert(RECEIPTS).values(
            receipt_id=receipt_id,
            file_id=file_id,
            run_id=run_id,
            source_name=name,
            is_duplicate=int(known is not None),
            recorded_at=at,
        )
    )
    seals.note_new(conn, RECEIPTS, [receipt_id])
    return file_id, receipt_id, known is not None


def register_produced(
    conn: sa.Connection, sha256: str, size: int, *, content: str, sets: str, counts: Mapping[str, int], run_id: int
) -> int:
    """Register a file of our own making, whole and stored; give its file_id. The same bytes are registered once."""
    known = conn.scalar(sa.select(F.c.file_id).where(F.c.sha256 == sha256))
    if known is not None:
        return int(known)
    file_id = ids.take(conn, F, 1)
    conn.execute(
        sa.insert(F).values(
            file_id=file_id,
            sha256=sha256,
            bytes=size,
            direction="produced",
            content=content,
            sets=sets,
            state="stored",
            counts=json.dumps(dict(counts), sort_keys=True),
            recorded_at=clock.now(),
            run_id=run_id or None,
        )
    )
    seals.note_new(conn, F, [file_id])
    return file_id


def registered(conn: sa.Connection) -> list[int]:
    """Files that were registered and never finished, in order of content."""
    return [
        int(one) for one in conn.scalars(sa.select(F.c.file_id).where(F.c.state == "registered").order_by(F.c.sha256))
    ]


def get(conn: sa.Connection, file_id: int) -> FileRow:
    """Read one file's row."""
    row = conn.execute(sa.select(F).where(F.c.file_id == file_id)).one()
    return FileRow(
        int(row.file_id),
        str(row.sha256),
        int(row.bytes),
        str(row.content),
        str(row.sets),
        str(row.state),
        str(row.reason_code or ""),
        {str(key): int(value) for key, value in json.loads(row.counts).items()},
    )


def registered_by(conn: sa.Connection, file_id: int) -> str:
    """Give the kind of run that a file first arrived in: it says what the file is here for, whoever reads it later."""
    runs = schema.runs
    kind = sa.select(runs.c.kind).join(F, F.c.run_id == runs.c.run_id).where(F.c.file_id == file_id)
    return str(conn.scalar(kind) or "")


def finish(
    conn: sa.Connection,
    file_id: int,
    *,
    content: str,
    sets: str,
    state: str,
    reason_code: str,
    counts: Mapping[str, int],
) -> None:
    """Write what became of a file."""
    seals.note(conn, F, [file_id])
    conn.execute(
        sa.update(F)
        .where(F.c.file_id == file_id)
        .values(
            content=content,
            sets=sets,
            state=state,
            reason_code=reason_code or None,
            counts=json.dumps(dict(counts), sort_keys=True),
        )
    )
