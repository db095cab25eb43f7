"""Rows of master data with their history: kept, ended, and read as they were known at an instant."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import insert_keyed, update_where_in

ROWS, FILES = schema.master_rows, schema.files


def in_force(conn: sa.Connection, kind: str) -> pd.DataFrame:
    """Give the rows of a kind that no import has ended."""
    select = sa.select(
        ROWS.c.master_row_id, ROWS.c.row_key, ROWS.c.effective_from_date, ROWS.c.effective_to_date, ROWS.c.body
    )
    return frame(conn, select.where(ROWS.c.kind == kind, ROWS.c.ended_at.is_(None)).order_by(ROWS.c.master_row_id))


def known(conn: sa.Connection, known_at: str | None, kind: str = "") -> pd.DataFrame:
    """Give the rows of all kinds, or of one, as they were known at an instant; None: now."""
    select = sa.select(ROWS.c.kind, ROWS.c.effective_from_date, ROWS.c.effective_to_date, ROWS.c.body)
    select = select.where(ROWS.c.kind == kind) if kind else select
    if known_at is None:
        select = select.where(ROWS.c.ended_at.is_(None))
    else:
        not_ended = ROWS.c.ended_at.is_(None) | (ROWS.c.ended_at > known_at)
        select = select.where(ROWS.c.recorded_at <= known_at, not_ended)
    return frame(conn, select.order_by(ROWS.c.master_row_id))


def last_change(conn: sa.Connection) -> tuple[object, ...]:
    """Name the state of the table: two states have the same name only when they are the same."""
    newest = (sa.func.max(ROWS.c[name]) for name in ("master_row_id", "recorded_at", "ended_at"))
    return tuple(conn.execute(sa.select(*newest)).one())


def save(
    conn: sa.Connection, kind: str, new: pd.DataFrame, ended_ids: pd.Series, *, file_id: int, actor: str, at: str
) -> None:
    """End rows and insert new ones."""
    update_where_in(conn, ROWS, ROWS.c.master_row_id, ended_ids, ended_at=at)
    insert_keyed(conn, ROWS, new.assign(kind=kind, file_id=file_id, actor=actor, recorded_at=at))


def stopped_files(conn: sa.Connection, kind: str) -> list[str]:
    """Name by hash the files of a kind of which some rows were refused, or all."""
    where = (FILES.c.content == "master", FILES.c.sets == kind, FILES.c.state.in_(("held", "refused")))
    return list(conn.scalars(sa.select(FILES.c.sha256).where(*where).order_by(FILES.c.sha256)))


def forget_findings(conn: sa.Connection, file_id: int) -> None:
    """Remove what an earlier import of the same bytes found: it is about to be judged again."""
    conn.execute(sa.delete(schema.findings).where(schema.findings.c.file_id == file_id))
