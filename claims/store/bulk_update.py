"""Bulk update: a frame of keys and new values comes in, the rows of a table have them, in the caller's transaction."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import seals
from claims.store.bulk import bulk_insert, driver_values

FEW = 400


def bulk_update(conn: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> None:
    """Write the columns of `rows` beside the table's key to the rows that it names.

    Many values go into a table of this transaction first: so it is one statement on both engines.
    """
    if rows.empty:
        return
    key = next(iter(table.primary_key.columns)).name
    names = [str(name) for name in rows.columns]
    seals.note(conn, table, rows[key], [name for name in names if name != key])
    if len(rows) <= FEW:
        values = [driver_values(table.c[name], rows[name], date.fromisoformat) for name in names]
        given = [dict(zip((f"new_{name}" for name in names), row, strict=True)) for row in zip(*values, strict=True)]
        changes: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names if name != key}
        conn.execute(sa.update(table).where(table.c[key] == sa.bindparam(f"new_{key}")).values(changes), given)
        return
    columns = [sa.Column(name, table.c[name].type, nullable=table.c[name].nullable) for name in names]
    many = sa.Table(f"given_{table.name}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    many.create(conn)
    bulk_insert(conn, many, rows)
    conn.execute(
        sa.update(table)
        .where(table.c[key] == many.c[key])
        .values({name: many.c[name] for name in names if name != key})
    )
    many.drop(conn)
