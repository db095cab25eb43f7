"""Names as they are looked for: in capitals, without apostrophes, hyphens and blanks; indexes have them so, too."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

_MARKS = ("''''", "'-'", "' '")  # as SQL writes an apostrophe, a hyphen, a blank
END = "\U0010ffff"  # no name that begins with some letters comes after these and this one


class _Bytewise(FunctionElement[str]):
    """A text that is put in order by its bytes, on both engines: what begins alike stands together."""

    name = "bytewise"
    inherit_cache = True
    type = sa.Text()


@compiles(_Bytewise)
def _plain(element: Any, compiler: Any, **how: Any) -> str:
    return str(compiler.process(element.clauses, **how))


@compiles(_Bytewise, "postgresql")
def _collated(element: Any, compiler: Any, **how: Any) -> str:
    return f'({compiler.process(element.clauses, **how)} COLLATE "C")'


class _Octets(FunctionElement[int]):
    """How many bytes a text has; more than letters where it has some that plain English has not."""

    name = "octets"
    inherit_cache = True
    type = sa.Integer()


@compiles(_Octets)
def _as_blob(element: Any, compiler: Any, **how: Any) -> str:
    return f"length(CAST({compiler.process(element.clauses, **how)} AS BLOB))"


@compiles(_Octets, "postgresql")
def _octet_length(element: Any, compiler: Any, **how: Any) -> str:
    return f"octet_length({compiler.process(element.clauses, **how)})"


def accented(name: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Condition: a name has accents or other letters outside ASCII; few have, and indexes of their own find these."""
    return _Octets(name) > sa.func.length(name)


def indexed(table: str, name: sa.Column[str], short: str) -> None:
    """Give a table the indexes of a column of names: all as they are looked for, and those with accents."""
    sa.Index(f"ix_{table}_{short}", folded(name))
    only = accented(name)
    sa.Index(f"ix_{table}_{short}_accented", folded(name), sqlite_where=only, postgresql_where=only)


def folded(name: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Give a name as the indexes have it; said in so many words, for an index is used by what is written alike."""
    told: Any = sa.func.upper(name)
    for mark in _MARKS:
        told = sa.func.replace(told, sa.text(mark), sa.text("''"))
    return _Bytewise(told)


def begins(name: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    """Condition: the folded name begins with a word."""
    own = folded(name)
    return sa.and_(own >= word, own < word + END)
