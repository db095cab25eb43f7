"""A window in; for each segment by how many days the dates of its person move back, out. And the moving itself.

A person is known by a member id: the subscriber's (NM1*IL), else the patient's (NM1*QC), else by name. All who share a
subscriber's id move alike, in every file under the same key.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from claims.x12.numbers import Flags, Integers, pack
from claims.x12.segments import CODES
from claims.x12.texts import texts
from claims.x12.tokens import Tokens

# What begins with one of these is about another person; a level for a dependent goes on with the subscriber's.
BEGINS: Flags = np.zeros(256, np.bool_)
BEGINS[[CODES[name] for name in ("ISA", "ST", "HL", "CLP", "INS")]] = True
_DEPENDENT = np.array([pack("23")], np.uint64)
_INSURED, _PATIENT = pack("IL"), pack("QC")
_EARLIEST = np.datetime64("1800-01-01", "D")


class People:
    """Follows the persons of a file from window to window; `days` gives the days of a person by id or name."""

    def __init__(self, days: Callable[[str], int]) -> None:
        self._days = days
        self._open: int | None = None

    def days(self, tokens: Tokens) -> Integers:
        """Return the days of each segment of a window."""
        begins = BEGINS[tokens.code]
        levels = np.flatnonzero(tokens.code == CODES["HL"])
        begins[levels[np.isin(tokens.values(tokens.at(levels, 3)).code, _DEPENDENT)]] = False
        scope = np.cumsum(begins, dtype=np.int64)
        known, names = self._named(tokens, scope)
        days = np.full(int(scope[-1]) + 1, self._days(""), np.int64)
        days[known] = [self._days(name) for name in names]
        if self._open is not None:
            days[0] = self._open
        self._open = int(days[-1])
        return np.asarray(days[scope])

    def _named(self, tokens: Tokens, scope: Integers) -> tuple[Integers, list[str]]:
        """Return the scopes whose person is known, with the id or name of each."""
        rows = np.flatnonzero(tokens.code == CODES["NM1"])
        entity = tokens.values(tokens.at(rows, 1)).code
        is_person = np.isin(entity, np.array([_INSURED, _PATIENT], np.uint64))
        rows, entity = rows[is_person], entity[is_person]
        if not len(rows):
            return rows, []
        number = tokens.at(rows, 9)
        is_named = tokens.te[number] <= tokens.start_of(number)
        rank = 2 * is_named + (entity == np.uint64(_PATIENT))
        order = np.lexsort((rows, rank, scope[rows]))
        _, first = np.unique(scope[rows][order], return_index=True)
        chosen = order[first]
        rows, is_named = rows[chosen], is_named[chosen]
        chosen = np.where(is_named, tokens.at(rows, 3), tokens.at(rows, 9))
        names = texts(tokens, tokens.values(chosen)).to_pylist()
        first_names = texts(tokens, tokens.values(tokens.at(rows, 4))).to_pylist()
        together = zip(names, first_names, is_named.tolist(), strict=True)
        return scope[rows], [f"{name} {given}" if alone else name for name, given, alone in together]


def moved(day: Integers, days: Integers) -> Integers:
    """Move days (YYYYMMDD) back by so many days."""
    month = ((day // 10_000 - 1970) * 12 + day // 100 % 100 - 1).astype("datetime64[M]")
    found = month.astype("datetime64[D]") + (day % 100 - 1) - days
    found = np.maximum(found, _EARLIEST)
    months = found.astype("datetime64[M]")
    number = months.astype(np.int64)
    day_of_month = (found - months.astype("datetime64[D]")).astype(np.int64) + 1
    return np.asarray((1970 + number // 12) * 10_000 + (number % 12 + 1) * 100 + day_of_month)
