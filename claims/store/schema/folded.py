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
