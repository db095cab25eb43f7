"""Hands out blocks of surrogate keys, so that parents and children can be bulk-inserted together."""

from __future__ import annotations

import sqlalchemy as sa

from claims.errors import KeyBlockError
from claims.store import schema

_TAKE = sa.text(
    "INSERT INTO id_blocks (table_name, next_id) VALUES (:name, 1 + :n) "
    "ON CONFLICT (table_name) DO UPDATE SET next_id = id_blocks.next_id + :n "
    "RETURNING next_id - :n"
).bindparams(sa.bindparam("n", type_=sa.BigInteger))


def take(conn: sa.Connection, table: sa.Table | str, n: int) -> int:
    """Reserve `n` keys of `table` in the caller's transaction and return the first; they follow without a gap.

    Keys start at 1. A transaction that rolls back gives its keys back.
    """
    name = table if isinstance(table, str) else table.name
    if name not in schema.metadata.tables or n < 0:
        raise KeyBlockError(name, n)
    return int(conn.execute(_TAKE, {"name": name, "n": n}).scalar_one())
