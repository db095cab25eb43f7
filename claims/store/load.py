"""Reads rows back: a select comes in, a frame goes out, with the same dtypes on both engines and for no rows at all.

The dtypes follow from the select's columns, never from the data:

- whole numbers are ``int64``; where the column is optional ``Int64``, except ``_id`` columns, where 0 stands for NULL
- text is ``str`` and days are ISO ``str``, ``""`` for NULL; yes/no expressions are ``bool``

A NULL in an ``int64`` column (the gap of an outer join, the sum of no rows) is 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.errors import FrameError

_FETCH_ROWS = 50_000


def frame(conn: sa.Connection, select: sa.sql.Select[Any] | sa.sql.CompoundSelect[Any]) -> pd.DataFrame:
    """Run `select` and give its rows as a frame; add an ``order_by`` where the order of rows matters."""
    columns = list(select.selected_columns)
    kinds = [_kind(column) for column in columns]
    result = conn.execute(select)
    cursor = result.cursor  # the driver's rows: no conversion value by value
    parts: list[list[Any]] = [[] for _ in columns]
    while cursor is not None and (rows := cursor.fetchmany(_FETCH_ROWS)):
        for part, values, kind in zip(parts, zip(*rows, strict=True), kinds, strict=True):
            part.append(_series(kind, values))
    result.close()
    return pd.DataFrame(
        {
            column.name: pd.concat(part, ignore_index=True) if part else _series(kind, ())
            for column, part, kind in zip(columns, parts, kinds, strict=True)
        }
    )


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


def _series(kind: str, values: Iterable[Any]) -> pd.Series[Any]:
    if kind == "int64":
        return pd.Series(np.array([int(value or 0) for value in values], dtype="int64"))
    if kind == "Int64":
        return pd.Series([None if value is None else int(value) for value in values], dtype="Int64")
    if kind == "bool":
        return pd.Series([bool(value) for value in values], dtype="bool")
    if kind == "date":
        return pd.Series(["" if value is None else _iso(value) for value in values], dtype="str")
    return pd.Series(["" if value is None else value for value in values], dtype="str")


def _iso(value: str | date) -> str:
    return value if isinstance(value, str) else value.isoformat()
