"""Bulk insert: a frame comes in, its rows stand in a table, in the caller's transaction.

SQLite gets the driver's ``executemany`` in chunks, PostgreSQL a binary ``COPY`` on the same connection. Both store the
same: missing (NaN, NA, None), an empty ``_date``, an empty optional ``_at`` and a 0 in an optional ``_id`` become NULL;
NUL characters, which PostgreSQL cannot keep, become U+FFFD (the vault keeps the bytes); texts longer than their column
are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import sqlalchemy as sa

from claims.errors import FrameError, ValueTooLongError
from claims.store.engine import driver_connection, is_postgresql

CHUNK_ROWS = 10_000
Columns = Sequence[tuple[sa.Column[Any], "pd.Series[Any]"]]


def bulk_insert(conn: sa.Connection, table: sa.Table, frame: pd.DataFrame) -> int:
    """Insert all rows of `frame` and return their number.

    Columns may be left out when they are optional or have a default in the database. A column that the table does not
    have, or whose dtype does not fit (money as float, text where a number belongs), raises FrameError.
    """
    columns = _columns(table, frame)
    for column, values in columns:
        _check_dtype(column, values)
    too_long = overlong(table, frame)
    if len(too_long):
        worst = too_long.iloc[0]
        same = too_long["column"] == worst["column"]
        raise ValueTooLongError(table.name, str(worst["column"]), int(same.sum()), int(worst["limit"]))
    if len(frame):
        insert = _copy if is_postgresql(conn) else _executemany
        insert(conn, table, columns)
    return len(frame)


def overlong(table: sa.Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Find texts longer than their column: row (label in `frame`), column, length, limit, in characters.

    For intake: such a set is held with a finding before anything of it is inserted.
    """
    found = []
    for name, texts, limit in maybe_overlong(table, frame):
        lengths = texts.str.len()
        long = lengths[lengths > limit]
        found.append(pd.DataFrame({"row": long.index, "column": name, "length": long.to_numpy(), "limit": limit}))
    if not found:
        return pd.DataFrame({"row": [], "column": [], "length": [], "limit": []})
    return pd.concat(found, ignore_index=True)


def maybe_overlong(table: sa.Table, frame: pd.DataFrame) -> Iterator[tuple[str, pd.Series[Any], int]]:
    """Give the columns of texts of which one may be longer than its column, and how long that may be."""
    for name, texts in frame.items():
        column = table.columns.get(str(name))
        limit = None if column is None else getattr(column.type, "length", None)
        if limit is not None and isinstance(texts.dtype, pd.StringDtype) and longest(texts) > limit:
            yield str(name), texts, int(limit)


def longest(texts: pd.Series[Any]) -> int:
    """Give the most bytes that a text of the column has in UTF-8: quick to know, never fewer than its characters."""
    return int(pc.max(pc.binary_length(texts.array.__arrow_array__())).as_py() or 0)


def _has_zero(texts: pd.Series[Any]) -> bool:
    return bool(pc.any(pc.match_substring(texts.array.__arrow_array__(), "\0")).as_py())


def _columns(table: sa.Table, frame: pd.DataFrame) -> Columns:
    """Pair the table's columns with the frame's, in its order, or say which do not fit."""
    found = {str(name): values for name, values in frame.items()}
    for name in found:
        if name not in table.columns:
            raise FrameError(table.name, name, "the table has no such column")
    for column in table.columns:
        may_miss = column.nullable or column.server_default is not None
        if column.name not in found and not may_miss:
            raise FrameError(table.name, column.name, "is missing and has no default")
    return [(table.columns[name], values) for name, values in found.items()]


def _check_dtype(column: sa.Column[Any], values: pd.Series[Any]) -> None:
    dtype = values.dtype
    if isinstance(column.type, sa.Integer):
        fits = pd.api.types.is_integer_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    else:
        fits = pd.api.types.is_string_dtype(dtype)
    if not fits and not values.isna().all():  # a column of nothing has whatever dtype pandas gave it
        wanted = "whole numbers" if isinstance(column.type, sa.Integer) else "text"
        raise FrameError(column.table.name, column.name, f"is {dtype}, needs {wanted}")


def _executemany(conn: sa.Connection, table: sa.Table, columns: Columns) -> None:
    quote = conn.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column, _ in columns)
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})"  # noqa: S608 names are the schema's own
    for rows in _chunks(columns, as_date=str):
        conn.exec_driver_sql(statement, rows)


def _copy(conn: sa.Connection, table: sa.Table, columns: Columns) -> None:
    quote = conn.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column, _ in columns)
    statement = f"COPY {quote(table.name)} ({names}) FROM STDIN (FORMAT BINARY)"
    with driver_connection(conn).cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([_copy_type(column) for column, _ in columns])
        for rows in _chunks(columns, as_date=date.fromisoformat):
            for row in rows:
                copy.write_row(row)


def _copy_type(column: sa.Column[Any]) -> str:
    if isinstance(column.type, sa.Date):
        return "date"
    if isinstance(column.type, sa.BigInteger):
        return "int8"
    return "int4" if isinstance(column.type, sa.Integer) else "text"


def _chunks(columns: Columns, as_date: Callable[[str], Any]) -> Iterator[list[tuple[Any, ...]]]:
    count = len(columns[0][1])
    for start in range(0, count, CHUNK_ROWS):
        parts = (
            (column, values.iloc[start : start + CHUNK_ROWS] if count > CHUNK_ROWS else values)
            for column, values in columns
        )
        yield list(zip(*(driver_values(column, part, as_date) for column, part in parts), strict=True))


def driver_values(column: sa.Column[Any], values: pd.Series[Any], as_date: Callable[[str], Any]) -> list[Any]:
    """Turn one column into the driver's values, None for NULL."""
    if isinstance(column.type, sa.Date):
        return _dates(column, values, as_date)
    is_optional_id = column.nullable and column.name.endswith("_id")
    if isinstance(column.type, sa.Integer):
        if pd.api.types.is_bool_dtype(values.dtype):
            values = values.astype("Int64" if values.hasnans else "int64")
    elif isinstance(values.dtype, pd.StringDtype) and _has_zero(values):
        values = values.str.replace("\0", "\ufffd", regex=False)
    missing: Any = None  # which the stub of pandas does not know
    listed: list[Any] = (values.to_numpy("object", na_value=missing) if values.hasnans else values).tolist()
    if is_optional_id or (column.nullable and column.name.endswith("_at")):
        return [value or None for value in listed]
    return listed


def _dates(column: sa.Column[Any], values: pd.Series[Any], as_date: Callable[[str], Any]) -> list[Any]:
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    known: list[Any] = []
    for text in distinct:
        try:
            day = date.fromisoformat(text) if text else None
        except ValueError:
            raise FrameError(column.table.name, column.name, "holds a text that is not a day YYYY-MM-DD") from None
        known.append(None if day is None else as_date(day.isoformat()))
    known.append(None)  # factorize gives missing values the code -1
    return [known[code] for code in codes]
