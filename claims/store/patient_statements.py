"""Statements that were written for patients, by claim and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.rows import frame_of, insert_keyed

PS = schema.patient_statements


def keep(conn: sa.Connection, due: pd.Series[int], written_on: date) -> None:
    """Note that these claims (cents by family_id) stand on statements of a day; the first of a day counts."""
    known = set(conn.scalars(sa.select(PS.c.family_id).where(PS.c.written_date == written_on)))
    new = due[~due.index.isin(known)]
    rows = pd.DataFrame({"family_id": new.index, "amount_cents": new.to_numpy("int64")})
    if len(rows):
        rows = rows.assign(written_date=written_on.isoformat(), recorded_at=clock.now())
        insert_keyed(conn, PS, rows.astype({"written_date": "str", "recorded_at": "str"}))


def of_families(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Count the statements of claims: times, first_date, by family_id; a claim without one is not there."""
    days = sa.func.min(PS.c.written_date)
    select = sa.select(
        PS.c.family_id, sa.func.count().label("times"), sa.type_coerce(days, sa.Date).label("first_date")
    )
    return frame_of(conn, select.group_by(PS.c.family_id), PS.c.family_id, family_ids).set_index("family_id")
