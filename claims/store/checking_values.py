"""Values in a form in which the program never writes them: what is read back of them is the same as of others.

A frame reads no instant, no day and an empty text alike, no row and row 0, and whole numbers of what is none: so hashes
and files say nothing when somebody puts one in the place of the other, while a query that asks for rows that have not
ended finds others than before.
"""

from __future__ import annotations

import functools

import sqlalchemy as sa

from claims.store import schema
from claims.store.engine import is_postgresql

_SHOWN = 3


def odd(conn: sa.Connection) -> list[str]:
    """Name values that the program does not write: table and column, with the keys of the first rows."""
    is_sqlite = not is_postgresql(conn)
    found = [str(name) for (name,) in conn.exec_driver_sql(_asked(is_sqlite=is_sqlite))]
    columns = (column for name in found for column in schema.metadata.tables[name].columns)
    return [line for column in columns if (line := _told(conn, column, is_sqlite=is_sqlite))]


@functools.cache
def _asked(*, is_sqlite: bool) -> str:
    """Select the names of tables with such values: one statement, put together once, for verify is asked often."""
    parts = []
    for table in schema.metadata.sorted_tables:
        conditions = filter(None, (_is_odd(column, is_sqlite=is_sqlite) for column in table.columns))
        own = " OR ".join(conditions)
        parts.append(f"SELECT '{table.name}' WHERE EXISTS (SELECT 1 FROM {table.name} WHERE {own})")  # noqa: S608
    return " UNION ALL ".join(parts)


def _is_odd(column: sa.Column[object], *, is_sqlite: bool) -> str:
    """Give the condition; the names in it are the schema's own."""
    name, is_number, odd = f'"{column.name}"', isinstance(column.type, sa.Integer), []
    if not column.nullable:
        odd.append(f"{name} IS NULL")  # who changes the table itself can write it
    elif column.name.endswith("_id"):
        odd.append(f"{name} = 0")
    elif column.name.endswith("_at"):
        odd.append(f"{name} = ''")
    if is_sqlite and isinstance(column.type, sa.Date):
        odd.append(f"({name} IS NOT NULL AND date({name}) IS NOT {name})")
    if is_sqlite:  # takes a value of any kind into any column
        odd.append(f"typeof({name}) NOT IN ('null', '{'integer' if is_number else 'text'}')")
    return " OR ".join(odd)


def _told(conn: sa.Connection, column: sa.Column[object], *, is_sqlite: bool) -> str:
    table, condition = column.table, sa.text(_is_odd(column, is_sqlite=is_sqlite) or "1 = 0")
    key = next(iter(table.primary_key.columns))
    rows = int(conn.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0)
    if not rows:
        return ""
    first = ", ".join(str(one) for one in conn.scalars(sa.select(key).where(condition).order_by(key).limit(_SHOWN)))
    return f"{table}, {column.name}: row {first}{f' and {rows - _SHOWN} more' if rows > _SHOWN else ''}"
