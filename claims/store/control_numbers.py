"""Sequences of numbers that never go back, not even when what they were taken for fails."""

from __future__ import annotations

import sqlalchemy as sa

from claims.errors import UsageError
from claims.store.engine import write

INTERCHANGE, LINE, VERSION = "interchange", "line", "version"
_LAST = {INTERCHANGE: 999_999_999}  # ISA13 has nine digits; one that came again would answer for another file

_TAKE = sa.text(
    "INSERT INTO control_numbers (sequence, next_number) VALUES (:sequence, 1 + :n) "
    "ON CONFLICT (sequence) DO UPDATE SET next_number = control_numbers.next_number + :n "
    "RETURNING next_number - :n"
).bindparams(sa.bindparam("n", type_=sa.BigInteger))


def take(engine: sa.Engine, sequence: str, n: int = 1) -> int:
    """Take `n` numbers in a transaction of their own and give the first; they follow without a gap, from 1.

    Raises UsageError, and takes none, when there are not so many left.
    """
    with write(engine) as conn:
        return take_in(conn, sequence, n)


def take_in(conn: sa.Connection, sequence: str, n: int = 1) -> int:
    """Take `n` numbers in a transaction that goes on: they are free again when it fails."""
    first = int(conn.execute(_TAKE, {"sequence": sequence, "n": n}).scalar_one())
    if first + n - 1 > _LAST.get(sequence, first + n):
        raise UsageError(f"the {sequence} control numbers are used up: the last is {_LAST[sequence]}")
    return first
