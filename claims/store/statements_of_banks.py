"""Which stored bank files say something: of lockboxes of some days, or nothing because they were held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from claims.store import schema

B, F = schema.bank_lines, schema.files


def is_held(conn: sa.Connection, file_id: int) -> bool:
    """Tell whether a file was held."""
    return str(conn.scalar(sa.select(F.c.state).where(F.c.file_id == file_id))) == "held"


def of_lockboxes(conn: sa.Connection, days: Sequence[str], item: str, deposit: str, but: int) -> list[tuple[int, str]]:
    """Give file_id and sha256 of the files, but one, whose stored lines of these days (ISO) are lockbox items (a kind)
    or deposits (a type of BAI2)."""
    if not days:
        return []
    select = (
        sa.select(F.c.file_id, F.c.sha256)
        .join(B, B.c.file_id == F.c.file_id)
        .where(B.c.bank_date.in_([date.fromisoformat(day) for day in days]), F.c.file_id != but)
        .where(sa.or_(B.c.kind == item, B.c.type_code == deposit))
    )
    return [(int(number), str(sha256)) for number, sha256 in conn.execute(select.distinct().order_by(F.c.file_id))]
