"""Insert frames under new keys, and the few selects that several steps share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from claims.store import batch_seals, ids, seals
from claims.store.bulk import bulk_insert
from claims.store.engine import is_postgresql
from claims.store.load import frame, no_rows

IN_LIST = 900
ARRAY_LIST = 50_000  # of PostgreSQL, which takes them as one value


def insert_keyed(conn: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> pd.DataFrame:
    """Insert `rows` under a new block of keys and give them back with it; columns the table lacks are ignored."""
    key = next(iter(table.primary_key.columns)).name
    if rows.empty:
        return rows.assign(**{key: np.empty(0, dtype="int64")})
    first = ids.take(conn, table, len(rows))
    keyed = rows.assign(**{key: np.arange(first, first + len(rows), dtype="int64")})
    known = [column.name for column in table.columns if column.name in keyed.columns]
    bulk_insert(conn, table, keyed[known])
    seals.note_new(conn, table, keyed[key])
    batch_seals.append(conn, table, keyed[known])
    return keyed


def in_parts(values: Iterable[int] | pd.Series, size: int = IN_LIST) -> Iterator[list[int]]:
    """Cut ids into lists short enough for one IN."""
    listed = [int(value) for value in values]
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def among(
    conn: sa.Connection, column: sa.ColumnElement[int], values: Iterable[int] | pd.Series
) -> Iterator[sa.ColumnElement[bool]]:
    """Give conditions that `column` is one of `values`, together: in few parts where the engine takes an array."""
    if not is_postgresql(conn):
        yield from (column.in_(part) for part in in_parts(values))
        return
    for part in in_parts(values, ARRAY_LIST):
        yield column == sa.any_(sa.literal(part, ARRAY(sa.BigInteger)))


def frame_of(
    conn: sa.Connection, select: sa.Select[tuple[object, ...]], column: sa.ColumnElement[int], values: Sequence[int]
) -> pd.DataFrame:
    """Run `select` for the rows whose `column` is one of `values`, part by part."""
    parts = [frame(conn, select.where(condition)) for condition in among(conn, column, values)]
    if len(parts) == 1:
        return parts[0]
    return pd.concat(parts, ignore_index=True) if parts else no_rows(select)


def frame_of_texts(
    conn: sa.Connection, select: sa.Select[Any], column: sa.ColumnElement[str], texts: Iterable[str]
) -> pd.DataFrame:
    """Run `select` for the rows whose `column` is one of `texts`, part by part; each text once, none for ""."""
    listed = sorted({text for text in texts if text})
    starts = range(0, len(listed), IN_LIST)
    parts = [frame(conn, select.where(column.in_(listed[at : at + IN_LIST]))) for at in starts]
    return pd.concat(parts, ignore_index=True) if parts else no_rows(select)


def update_where_in(
    conn: sa.Connection, table: sa.Table, column: sa.Column[int], values: Iterable[int], **changes: object
) -> None:
    """Set the same values on all rows whose `column` is one of `values`."""
    listed = [int(value) for value in values]
    if table.name in seals.HELD:
        seals.note(conn, table, listed if column.primary_key else _keys(conn, table, column, listed), changes)
    for condition in among(conn, column, listed):
        conn.execute(sa.update(table).where(condition).values(**changes))


def update_where(conn: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool], **changes: object) -> int:
    """Set the same values on all rows that fit the conditions; give how many there were."""
    key = next(iter(table.primary_key.columns))
    found = [int(one) for one in conn.scalars(sa.select(key).where(*conditions))]
    update_where_in(conn, table, key, found, **changes)
    return len(found)


def update_by_key(conn: sa.Connection, statement: sa.Update, rows: Sequence[dict[str, Any]], column: str) -> None:
    """Run an update for each of `rows`, which name theirs by `of`: the value of `column`."""
    table = statement.table
    assert isinstance(table, sa.Table)
    if table.name in seals.HELD:
        seals.note(conn, table, _keys(conn, table, table.c[column], [row["of"] for row in rows]))
    conn.execute(statement, list(rows))


def _keys(conn: sa.Connection, table: sa.Table, column: sa.Column[Any], values: Sequence[Any]) -> list[int]:
    """Keys of the rows whose `column` is one of `values`."""
    key = next(iter(table.primary_key.columns))
    if column is key:
        return list(values)
    parts = (values[start : start + IN_LIST] for start in range(0, len(values), IN_LIST))
    return [int(one) for part in parts for one in conn.scalars(sa.select(key).where(column.in_(part)))]


def cell(column: sa.Column[Any], value: Any) -> Any:
    """Turn a cell of a frame into what its column takes: no day, no id and no text where none is needed are NULL."""
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value) if isinstance(value, str) and value else None
    if isinstance(column.type, sa.Integer):
        return None if column.nullable and not value else int(value)
    return value if isinstance(value, str) and (value or not column.nullable) else None
