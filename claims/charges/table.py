"""Rows of a charges CSV in; the distinct values of each column, and what is wrong in which row, out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.cells.kinds import KINDS
from claims.cells.rows import Rows
from claims.charges.columns import Spec, specs

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Column(NamedTuple):
    """The distinct values of a column, and the number of the one that each row has."""

    codes: Integers
    values: list[str | int]
    dtype: str
    default: str | int  # what no cell at all means

    def at(self, rows: Integers) -> pd.Series:
        """Give the values of some rows."""
        if self.dtype == "str":
            texts: Any = self.values
            return pd.Series(pd.array(texts, dtype="str").take(self.codes[rows]))
        return pd.Series(np.array(self.values, dtype=self.dtype)[self.codes[rows]])

    def which(self, test: Callable[[str | int], object]) -> Flags:
        """Tell in which rows a test of the value holds; each distinct value is tested once."""
        return np.array([bool(test(value)) for value in self.values], dtype=bool)[self.codes]

    def is_given(self) -> Flags:
        """Tell which rows say something else than an empty cell does."""
        return self.which(lambda value: value not in ("", 0, self.default))


class Table:
    """The rows while they are checked: columns by name, and which rows are wrong where."""

    def __init__(self, rows: Rows) -> None:
        """Read each column by its distinct cells."""
        self.rows = rows
        self.count = len(rows.cells)
        self.columns: dict[str, Column] = {}
        self._wrong: dict[tuple[int, str], str] = {}
        width = len(rows.header)
        for number, row in enumerate(rows.cells):
            if len(row) != width:
                if any(map(str.strip, row[width:])):
                    self._wrong[number, ""] = f"the row has more cells than the header, {width} expected"
                rows.cells[number] = (row + [""] * width)[:width]
        cells = list(zip(*rows.cells, strict=True)) if self.count else [()] * width
        given = dict(reversed(list(zip(rows.header, cells, strict=True))))
        for spec in sorted(specs(), key=lambda one: one.column != "claim_type"):  # what others depend on comes first
            self._read(spec, given.get(spec.column))

    @property
    def problems(self) -> list[tuple[int, str, str]]:
        """Give row, column and what was expected; one for each cell, the first that was found."""
        return [(row, name, expected) for (row, name), expected in self._wrong.items()]

    def _read(self, spec: Spec, cells: tuple[str, ...] | None) -> None:
        how = KINDS[spec.kind]
        nothing: str | int = "" if how.dtype == "str" else 0
        default = how.read(spec.default) if spec.default else nothing
        default = nothing if default is None else default
        if cells is None:
            codes, distinct = np.zeros(self.count, np.int64), [""]
        else:
            codes, found = pd.factorize(np.array(cells, dtype=object))
            distinct = [cell.strip() for cell in found.tolist()]
        values: list[str | int] = []
        faults: list[str] = []
        for cell in distinct:
            value = how.read(cell) if cell else default
            fault = f"at most {spec.longest} characters" if len(cell) > spec.longest else ""
            faults.append(fault or (how.expected if value is None else ""))
            values.append(nothing if value is None else value)
        numbers, known = pd.factorize(np.array(values, dtype=object))
        self.columns[spec.column] = Column(numbers[codes].astype(np.int64), known.tolist(), how.dtype, default)
        self._blame_by(np.array(faults, dtype=object), codes, spec.column)
        if spec.needed:
            is_empty = np.array([not cell for cell in distinct], dtype=bool)[codes]
            self.blame(is_empty & self.is_of(spec.needed), spec.column, "a value is needed")

    def _blame_by(self, faults: npt.NDArray[np.object_], codes: Integers, name: str) -> None:
        if any(faults.tolist()):
            for row in np.flatnonzero((faults != "")[codes]).tolist():
                self._wrong.setdefault((row, name), str(faults[codes[row]]))

    def is_of(self, claim_types: str) -> Flags:
        """Tell which rows are of one of these types of claims."""
        return self.columns["claim_type"].which(lambda value: value and str(value) in claim_types)

    def frequency(self) -> Column:
        """Give the frequency of each row's claim: of an institutional one, the last digit of its type of bill."""
        bill, frequency = self.columns["type_of_bill"], self.columns["frequency_code"]
        of_bill = bill.which(bool) & self.is_of("I")
        given = [str(value)[-1:] for value in bill.values]
        values = [*frequency.values, *given]
        codes = np.where(of_bill, bill.codes + len(frequency.values), frequency.codes)
        numbers, known = pd.factorize(np.array(values, dtype=object))
        return Column(numbers[codes].astype(np.int64), known.tolist(), "str", "1")

    def claim_numbers(self) -> Integers:
        """Number the claims by first appearance; a row without claim number is a claim of its own."""
        number, frequency = self.columns["claim_number"], self.frequency()
        key = number.codes * len(frequency.values) + frequency.codes
        key = np.where(number.which(bool), key, -1 - np.arange(self.count))
        return np.asarray(pd.factorize(key)[0], dtype=np.int64)

    def blame(self, wrong: Flags, name: str, expected: str) -> None:
        """Add a problem for each row where `wrong` holds."""
        for row in np.flatnonzero(wrong).tolist():
            self._wrong.setdefault((row, name), expected)

    def numbers(self, name: str) -> Integers:
        """Give a column of whole numbers."""
        column = self.columns[name]
        return np.array(column.values, np.int64)[column.codes]

    def counts(self, name: str, count: Callable[[str | int], int]) -> Integers:
        """Give a number that follows from each value; asked once for each distinct one."""
        column = self.columns[name]
        return np.array([count(value) for value in column.values], np.int64)[column.codes]


def ordinals(claim: Integers) -> Integers:
    """Count the rows of each claim from 1, in their order."""
    order = np.argsort(claim, kind="stable")
    ordered = claim[order]
    found = np.empty(len(claim), np.int64)
    found[order] = np.arange(len(claim)) - np.searchsorted(ordered, ordered) + 1
    return found
