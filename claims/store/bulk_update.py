"""Bulk update: a frame of keys and new values comes in, the rows of a table have them, in the caller's transaction."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store.bulk import bulk_insert


def bulk_update(conn: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> int:
    """Write the columns of `rows` beside the table's key to the rows that it names; give their number.

    The values go into a table of this transaction first, so that it is one statement on both engines.
    """
    if rows.empty:
        return 0
    key = next(iter(table.primary_key.columns)).name
    names = [str(name) for name in rows.columns]
    columns = [sa.Column(name, table.c[name].type, nullable=table.c[name].nullable) for name in names]
    given = sa.Table(f"given_{table.name}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    given.create(conn)
    bulk_insert(conn, given, rows)
    values = {name: given.c[name] for name in names if name != key}
    changed = conn.execute(sa.update(table).where(table.c[key] == given.c[key]).values(values)).rowcount
    given.drop(conn)
    return int(changed)
