"""Rows of a charges CSV in; each column's values, and what is wrong in which row, out."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from claims import cells

LINES_PER_CLAIM = 50  # a professional claim holds no more


@cache
def columns() -> pd.DataFrame:
    """Give the table of columns: name, level, target, kind, required, default, longest."""
    with (resources.files(__package__) / "columns.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


class Table(cells.Table):
    """The rows of a charges CSV while they are checked."""

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
