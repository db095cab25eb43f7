"""Statements that a person undid, their lines that nobody brought again, and later statements that may replace them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.banking import OUT, UNDONE
from claims.store.load import frame
from claims.store.undo_bank import is_marked, standing_files

B, E, F, AUDIT = schema.bank_lines, schema.exceptions, schema.files, schema.audit_events


def marked(conn: sa.Connection) -> pd.DataFrame:
    """Statements that are undone: file_id, sha256, and exception_id, exception_key and state of what says so."""
    columns = (E.c.file_id, F.c.sha256, E.c.exception_id, E.c.exception_key, E.c.state)
    return frame(conn, sa.select(*columns).join(F, F.c.file_id == E.c.file_id).where(is_marked()).order_by(E.c.file_id))


def undone_lines(conn: sa.Connection) -> pd.DataFrame:
    """Lines that are undone, with the file that brought each: bank_line_id, file_id, line_key, row_number, bank_date,
    amount_cents. But for those whose money stands as that of a line of another file."""
    columns = (B.c.bank_line_id, B.c.file_id, B.c.line_key, B.c.row_number, B.c.bank_date, B.c.amount_cents)
    return frame(
        conn, sa.select(*columns).where(B.c.state == UNDONE, B.c.copy_of_line_id.is_(None)).order_by(B.c.bank_line_id)
    )


def that_may_replace(conn: sa.Connection, gone: pd.DataFrame) -> pd.DataFrame:
    """Statements that stand and brought lines of a day or an amount of undone ones, or say what another statement says:
    file_id, sha256, recorded_at."""
    days = [date.fromisoformat(str(day)) for day in gone["bank_date"].unique()]
    near: set[int] = set()
    for column, values in ((B.c.bank_date, days), (B.c.amount_cents, gone["amount_cents"].unique().tolist())):
        for at in range(0, len(values), 900):
            own = sa.select(B.c.file_id).where(column.in_(values[at : at + 900]), B.c.state.not_in(OUT))
            near |= {int(one) for one in conn.scalars(own.distinct())}
    files = standing_files(conn, 0)
    return files[files["overlaps"] | files["file_id"].isin(near)].drop(columns="overlaps")


def undone_at(conn: sa.Connection, file_ids: list[int]) -> dict[int, str]:
    """When each of these files was undone last."""
    names = [f"file:{one}" for one in file_ids]
    select = sa.select(AUDIT.c.subject, sa.func.max(AUDIT.c.recorded_at)).where(AUDIT.c.action == "undo")
    found: dict[int, str] = {}
    for at in range(0, len(names), 900):
        own = select.where(AUDIT.c.subject.in_(names[at : at + 900])).group_by(AUDIT.c.subject)
        found |= {int(str(subject).removeprefix("file:")): str(when) for subject, when in conn.execute(own)}
    return found
