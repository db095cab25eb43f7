"""PostgreSQL is told of tables that grew by much, once for each doubling; SQLite plans without being told."""

import pandas as pd
import sqlalchemy as sa

from claims.store import schema, statistics
from claims.store.bulk import bulk_insert
from claims.store.engine import read, rehearsal, write


def grow(database, first, last):
    rows = pd.DataFrame({"table_name": [f"invented {at:06d}" for at in range(first, last)], "next_id": 1})
    with write(database) as conn:
        bulk_insert(conn, schema.id_blocks, rows.astype({"table_name": "str"}))


def test_tables_that_doubled_are_looked_at(database):
    is_told = database.dialect.name == "postgresql"
    statistics.refresh(database)
    grow(database, 0, 5_000)
    with rehearsal(database):  # what is taken back must not count as looked at
        assert statistics.refresh(database) == []
    assert statistics.refresh(database) == (["id_blocks"] if is_told else [])
    grow(database, 5_000, 6_000)
    assert statistics.refresh(database) == []  # not by much
    grow(database, 6_000, 20_000)
    assert statistics.refresh(database) == (["id_blocks"] if is_told else [])
    if is_told:
        with read(database) as conn:
            known = conn.scalar(sa.text("SELECT reltuples FROM pg_class WHERE oid = 'id_blocks'::regclass"))
        assert known >= 20_000
