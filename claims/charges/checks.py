"""Rows of a charges CSV in; each column's values, and what is wrong in which row, out."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.charges.kinds import KINDS
from claims.charges.rows import Rows

LINES_PER_CLAIM = 50  # a professional claim holds no more


@cache
def columns() -> pd.DataFrame:
    """Give the table of columns: name, level, target, kind, required, default, longest."""
    with (resources.files(__package__) / "columns.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


class Table:
    """The rows while they are checked: raw cells by column, values by column, and which rows are wrong where."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
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

    def read(self, name: str, kind: str, required: str, default: str, longest: int) -> None:
        """Read one column by its distinct cells; keep what is wrong with each row."""
        text = pd.Series(self.cells.get(name, [""] * self.count), dtype="str").str.strip()
        codes, distinct = pd.factorize(text)
        how = KINDS[kind]
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

    def compare(self) -> None:
        """Check what several cells say together."""
        values = self.values
        first, last = values["service_from"], values["service_to"]
        self.blame((last != 0) & (last < first), "service_to", "a day not before service_from")
        known = values["diagnosis_codes"].map(lambda text: len(text.split()))
        highest = values["diagnosis_pointers"].map(lambda text: max(map(int, text.split()), default=0))
        self.blame((known > 0) & (highest > known), "diagnosis_pointers", "only places that diagnosis_codes has")
        replaces = values["frequency_code"].isin(["7", "8"])
        is_new = values["frequency_code"] == "1"
        self.blame(
            replaces & (values["original_reference"] == ""), "original_reference", "a value for frequency 7 or 8"
        )
        self.blame(is_new & (values["original_reference"] != ""), "original_reference", "nothing for frequency 1")
        claim = self.claim_numbers()
        first_row = pd.Series(np.arange(self.count)).groupby(claim).transform("first").to_numpy(np.int64)
        for name in columns().query("level == 'claim'")["column"].tolist():
            differs = self.codes[name] != self.codes[name][first_row]
            self.blame(pd.Series(differs), name, "the same as in the claim's first row")
        ordinal = claim.groupby(claim).cumcount()
        self.blame(ordinal >= LINES_PER_CLAIM, "claim_number", f"at most {LINES_PER_CLAIM} rows for one claim")
        control = values["line_control_number"]
        again = (control != "") & control.duplicated()
        self.blame(again, "line_control_number", "a number that no other row has")

    def claim_numbers(self) -> pd.Series:
        """Number the claims by first appearance; a row without claim number is a claim of its own."""
        number = self.values["claim_number"]
        alone = number == ""
        key = number + "\x1f" + self.values["frequency_code"]
        key = key.where(~alone, "\x1f\x1f" + pd.Series(np.arange(self.count)).astype(str))
        return pd.Series(pd.factorize(key)[0], dtype="int64")

    def blame(self, wrong: pd.Series, name: str, expected: str) -> None:
        """Add a problem for each row where `wrong` holds."""
        self.problems += [(row, name, expected) for row in np.flatnonzero(wrong.to_numpy(dtype=bool)).tolist()]
