"""The charges CSV (columns: columns.csv, docs/files.md): bytes in; the frames of an 837 and findings out.

A claim goes in whole or not at all: one wrong cell keeps out all rows of its claim, each named in a finding. Findings
quote row numbers and column names, never cells.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims import findings
from claims.cells.rows import CellTooLongError, Rows, split_rows
from claims.charges.checks import compare
from claims.charges.columns import columns, missing
from claims.charges.rows_to_frames import frames
from claims.charges.table import Table
from claims.findings import HOLD, NOTE, REJECT, Finding

RESULT = "; no row of this claim is loaded, the other claims are"


class ChargesFile(NamedTuple):
    """What a charges CSV holds: frames as of an 837 (docs/frames.md, "Writing"), for `x12.write`.

    `seg` is a row's number among the data rows; a claim's is that of its first row.
    """

    frames: dict[str, pd.DataFrame]
    findings: pd.DataFrame
    rows: int

    @property
    def claims(self) -> pd.DataFrame:
        """Give the claims."""
        return self.frames["claims"]

    @property
    def service_lines(self) -> pd.DataFrame:
        """Give their lines."""
        return self.frames["service_lines"]

    @property
    def other_payers(self) -> pd.DataFrame:
        """Give the payers that may come after the one a claim goes to."""
        return self.frames["other_payers"]


def is_charges_file(head: bytes) -> bool:
    """Tell whether a file starts with the header row of a charges CSV."""
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("latin-1")
    names = {name.strip().strip('"').lower() for name in first.split(",")}
    return {"claim_number", "charge"} <= names and bool({"procedure_code", "revenue_code"} & names)


def read_charges_file(path: Path) -> ChargesFile:
    """Read a charges CSV; never raises for what it holds."""
    return read_charges(path.read_bytes())


def read_charges(data: bytes) -> ChargesFile:
    """Read the bytes of a charges CSV."""
    try:
        rows = split_rows(data)
    except CellTooLongError:
        return _nothing(
            Finding("charges-not-csv", REJECT, "a cell has more than 131,072 characters; the file is refused whole")
        )
    except csv.Error:
        return _nothing(
            Finding("charges-not-csv", REJECT, "the file is no CSV: a quoted cell does not end; it is refused whole")
        )
    lacking = missing("PID" if "claim_type" in rows.header else "P", rows.header)
    if lacking:
        return _nothing(
            Finding(
                "charges-header",
                REJECT,
                f"the header row lacks {', '.join(lacking)}; the file is refused whole",
                element=lacking[0],
                expected=", ".join(lacking),
            )
        )
    return judged(rows)


def judged(rows: Rows) -> ChargesFile:
    """Check rows, and build the frames of the claims without a wrong one."""
    table = Table(rows)
    compare(table)
    return _result(table, _file_notes(rows))


def _nothing(finding: Finding) -> ChargesFile:
    nowhere = np.zeros(0, np.int64)
    return _result(Table(Rows([], [], nowhere, nowhere, nowhere, True)), [finding])


def _file_notes(rows: Rows) -> list[Finding]:
    notes = []
    if not rows.is_utf8:
        notes.append(Finding("charges-not-utf8", NOTE, "the file is not UTF-8; it is read as Windows-1252"))
    known = set(columns()["column"])
    unknown = sorted({name for name in rows.header if name} - known)
    if unknown:  # a header cell is the user's text: count it, do not quote it
        notes.append(Finding("charges-column-unknown", NOTE, f"{len(unknown)} column(s) are not known and not read"))
    twice = sorted({name for name in rows.header if name and rows.header.count(name) > 1} & known)
    notes += [
        Finding("charges-column-twice", NOTE, f"column {name} stands twice; the first is read", element=name)
        for name in twice
    ]
    return notes


def _result(table: Table, notes: list[Finding]) -> ChargesFile:
    """Build the frames of the claims without a wrong row, and the findings."""
    claim = table.claim_numbers()
    problems = table.problems
    wrong_rows = np.unique(np.array([row for row, _, _ in problems], np.int64))
    is_refused = np.isin(claim, claim[wrong_rows])
    innocent = np.setdiff1d(np.flatnonzero(is_refused), wrong_rows).tolist()
    told = [
        _finding(table, "charges-row", row, name, f"{name or 'row'}: {expected}", expected)
        for row, name, expected in problems
    ]
    told += [_finding(table, "charges-claim-row", row, "", "another row of its claim is wrong", "") for row in innocent]
    kept = np.flatnonzero(~is_refused).astype(np.int64)
    return ChargesFile(frames(table, kept, claim), findings.frame([*notes, *told]), table.count)


def _finding(table: Table, code: str, row: int, name: str, reason: str, expected: str) -> Finding:
    seg = int(table.rows.segs[row])
    return Finding(
        code,
        HOLD,
        f"row {seg}, {reason}{RESULT}",
        seg=seg,
        element=name,
        offset=int(table.rows.offsets[row]),
        expected=expected,
    )
