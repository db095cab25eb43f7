"""Reads rows back: a select comes in, a frame goes out, with the same dtypes on both engines and for no rows at all.

The dtypes follow from the select's columns, never from the data:

- whole numbers are ``int64``; where the column is optional ``Int64``, except ``_id`` columns, where 0 stands for NULL
- text is ``str`` and days are ISO ``str``, ``""`` for NULL; yes/no expressions are ``bool``

A NULL in an ``int64`` column (the gap of an outer join, the sum of no rows) is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from claims.errors import FrameError
from claims.frames import of_arrays

_FETCH_ROWS = 50_000
_TEXT = pd.StringDtype(na_value=np.nan)  # what pandas calls "str"


def frame(conn: sa.Connection, select: sa.sql.Select[Any] | sa.sql.CompoundSelect[Any]) -> pd.DataFrame:
    """Run `select` and give its rows as a frame; add an ``order_by`` where the order of rows matters."""
    columns = list(select.selected_columns)
    kinds = [_kind(column) for column in columns]
    result = conn.execute(select)
    cursor = result.cursor  # the driver's rows: no conversion value by value
    parts: list[list[Any]] = [[] for _ in columns]
    while cursor is not None and (rows := cursor.fetchmany(_FETCH_ROWS)):
        for part, values, kind in zip(parts, zip(*rows, strict=True), kinds, strict=True):
            part.append(_array(kind, values))
    result.close()
    return _framed(
        {
            column.name: _joined(part) if part else _array(kind, ())
            for column, part, kind in zip(columns, parts, kinds, strict=True)
        }
    )


def frames(conn: sa.Connection, select: sa.sql.Select[Any], rows: int) -> Iterator[pd.DataFrame]:
    """Run `select` and give its rows as frames of so many, read one after the other; one without rows for none."""
    columns = list(select.selected_columns)
    kinds = [_kind(column) for column in columns]
    # A cursor at the server, else PostgreSQL sends all rows at once; SQLAlchemy reads ahead of it, so it gives them.
    result = conn.execute(select, execution_options={"stream_results": True})
    found = False
    for values in result.partitions(rows):
        found = True
        each = zip(columns, kinds, zip(*values, strict=True), strict=True)
        yield _framed({column.name: _array(kind, part) for column, kind, part in each})
    if not found:
        yield no_rows(select)


def no_rows(select: sa.sql.Select[Any] | sa.sql.CompoundSelect[Any]) -> pd.DataFrame:
    """Give the frame of `select` without rows, and without asking the database."""
    return _framed({column.name: _array(_kind(column), ()) for column in select.selected_columns})


def _framed(arrays: dict[str, Any]) -> pd.DataFrame:
    return of_arrays(arrays, len(next(iter(arrays.values()))))


def _joined(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else pd.concat([pd.Series(part) for part in parts], ignore_index=True).array


def _kind(column: sa.ColumnElement[Any]) -> str:
    """Decide the dtype from the column's type, name and whether the schema lets it be NULL."""
    source = column.element if isinstance(column, sa.sql.elements.Label) else column
    optional = isinstance(source, sa.Column) and bool(source.nullable)
    if isinstance(column.type, sa.Boolean):
        return "bool"
    if isinstance(column.type, sa.Integer):
        return "Int64" if optional and not column.name.endswith("_id") else "int64"
    if isinstance(column.type, sa.Date):
        return "date"
    if isinstance(column.type, sa.String):
        return "str"
    raise FrameError("(select)", str(column.name), f"has type {column.type!r}; give it one with type_coerce or cast")


def _array(kind: str, values: Sequence[Any]) -> Any:
    has_null = None in values
    if kind == "Int64":
        mask = (
            np.array([value is None for value in values], dtype="bool") if has_null else np.zeros(len(values), "bool")
        )
        return pd.arrays.IntegerArray(_numbers(values, has_null), mask)
    if kind == "int64":
        return _numbers(values, has_null)
    if kind == "bool":
        return _numbers(values, has_null).astype("bool")
    if kind == "date":
        values = [_iso(value) for value in values]
    elif has_null:
        values = ["" if value is None else value for value in values]
    try:
        texts = pa.array(values, type=pa.large_string())
    except pa.ArrowTypeError:  # a number in a column that is called text: SQLite lets it stand there
        return pd.array(values, dtype="str")
    return pd.arrays.ArrowStringArray(texts, dtype=_TEXT)  # type: ignore[call-arg]  # its stub lacks the dtype


def _numbers(values: Sequence[Any], has_null: bool) -> np.ndarray[Any, np.dtype[np.int64]]:
    # PostgreSQL gives the sum of whole numbers as Decimal: numpy takes it without a detour over float
    return np.array([value or 0 for value in values] if has_null else values, dtype="int64")


def _iso(value: str | date | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else value.isoformat()
