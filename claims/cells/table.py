"""Rows of a CSV in; each column's values, and what is wrong in which row, out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.cells.kinds import KINDS, Kind
from claims.cells.rows import Rows


class Table:
    """The rows while they are checked: raw cells by column, values by column, and which rows are wrong where."""

    def __init__(self, rows: Rows, kinds: Mapping[str, Kind] = KINDS) -> None:
        self.rows = rows
        self.kinds = kinds
        self.count = len(rows.cells)
        width = len(rows.header)
        padded = [(row + [""] * width)[:width] for row in rows.cells]
        cells = list(zip(*padded, strict=True)) if padded else [()] * width
        self.cells = dict(reversed(list(zip(rows.header, cells, strict=True))))
        self.values: dict[str, pd.Series] = {}
        self.codes: dict[str, npt.NDArray[np.int64]] = {}  # equal numbers for equal values
        self.problems: list[tuple[int, str, str]] = []
        self.problems += [
            (number, "", f"the row has more cells than the header, {width} expected")
            for number, row in enumerate(rows.cells)
            if any(map(str.strip, row[width:]))
        ]

    def text(self, name: str) -> pd.Series:
        """Give the cells of a column without blanks at their ends; empty where the file lacks it."""
        return pd.Series(self.cells.get(name, [""] * self.count), dtype="str").str.strip()

    def read(self, name: str, kind: str, required: str, default: str, longest: int) -> None:
        """Read one column by its distinct cells; keep what is wrong with each row."""
        codes, distinct = pd.factorize(self.text(name))
        how = self.kinds[kind]
        values: list[str | int] = []
        faults: list[str] = []
        for cell in distinct.tolist():
            given = cell or default
            value = how.read(given) if given else (0 if how.dtype != "str" else "")
            fault = "a value is needed" if not cell and required else ""
            fault = f"at most {longest} characters" if len(cell) > longest else fault
            fault = fault or (how.expected if value is None else "")
            values.append(value if value is not None else (0 if how.dtype != "str" else ""))
            faults.append(fault)
        self.values[name] = pd.Series(np.array(values, dtype=object)[codes], dtype=how.dtype)
        self.codes[name] = pd.factorize(np.array(values, dtype=object))[0][codes].astype(np.int64)
        wrong = np.array([bool(fault) for fault in faults], dtype=bool)
        if wrong.any():
            rows = np.flatnonzero(wrong[codes])
            self.problems += [(row, name, faults[codes[row]]) for row in rows.tolist()]

    def blame(self, wrong: pd.Series, name: str, expected: str) -> None:
        """Add a problem for each row where `wrong` holds."""
        self.problems += [(row, name, expected) for row in np.flatnonzero(wrong.to_numpy(dtype=bool)).tolist()]
