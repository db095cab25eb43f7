"""A condition that is looked at row by row, so that another column's index serves the list."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class RowByRow(FunctionElement[Any]):
    """A column that SQLite, which knows nothing of how often a value occurs, is not to use an index for."""

    inherit_cache = True


@compiles(RowByRow)
def _as_it_is(element: RowByRow, compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(RowByRow, "sqlite")
def _with_a_plus(element: RowByRow, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"
