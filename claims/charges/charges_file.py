"""The charges CSV (columns: columns.csv, docs/files.md): bytes in; frames `claims`, `service_lines`, findings out.

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
from claims.cells import Rows, split_rows
from claims.charges.checks import Table, columns
from claims.charges.rows_to_frames import frames
from claims.findings import HOLD, NOTE, REJECT, Finding
from claims.frames import empty

_OTHER_PAYERS = {
    **dict.fromkeys(("transaction_seg", "seg", "offset", "length", "claim_seg"), "int"),
    **dict.fromkeys(("payer_sequence", "filing_indicator_code", "payer_code", "payer_name"), "text"),
    "paid_cents": "cents?",
}
RESULT = "; no row of this claim is loaded, the other claims are"


class ChargesFile(NamedTuple):
    """What a charges CSV holds. `seg` is a row's number among the data rows; a claim's is that of its first row."""

    claims: pd.DataFrame
    service_lines: pd.DataFrame
    other_payers: pd.DataFrame  # as of an 837; a charges CSV names only the payer it goes to, so there are none
    findings: pd.DataFrame
    rows: int


def is_charges_file(head: bytes) -> bool:
    """Tell whether a file starts with the header row of a charges CSV."""
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("latin-1")
    names = {name.strip().strip('"').lower() for name in first.split(",")}
    return {"claim_number", "procedure_code", "charge"} <= names


def read_charges_file(path: Path) -> ChargesFile:
    """Read a charges CSV; never raises for what it holds."""
    return read_charges(path.read_bytes())


def read_charges(data: bytes) -> ChargesFile:
    """Read the bytes of a charges CSV."""
    try:
        rows = split_rows(data)
    except csv.Error:
        return _nothing(
            Finding("charges-not-csv", REJECT, "the file is no CSV: a quoted cell does not end; it is refused whole")
        )
    missing = [name for name in _names("Y") if name not in rows.header]
    if missing:
        return _nothing(
            Finding(
                "charges-header",
                REJECT,
                f"the header row lacks {', '.join(missing)}; the file is refused whole",
                element=missing[0],
                expected=", ".join(missing),
            )
        )
    notes = _file_notes(rows)
    table = Table(rows)
    for name, kind, required, default, longest in _columns():
        table.read(name, kind, required, default, int(longest))
    table.compare()
    return _result(table, notes)


def _names(required: str) -> list[str]:
    frame = columns()
    names: list[str] = frame.loc[frame["required"] == required, "column"].tolist()
    return names


def _columns() -> list[list[str]]:
    rows: list[list[str]] = columns()[["column", "kind", "required", "default", "longest"]].values.tolist()
    return rows


def _nothing(finding: Finding) -> ChargesFile:
    empty = Table(Rows([], [], np.zeros(0, np.int64), np.zeros(0, np.int64), True))
    for name, kind, *_ in _columns():
        empty.read(name, kind, "", "", 1)
    return _result(empty, [finding])


def _file_notes(rows: Rows) -> list[Finding]:
    notes = []
    if not rows.is_utf8:
        notes.append(Finding("charges-not-utf8", NOTE, "the file is not UTF-8; it is read as Windows-1252"))
    unknown = sorted({name for name in rows.header if name} - set(columns()["column"]))
    if unknown:  # a header cell is the user's text: count it, do not quote it
        notes.append(Finding("charges-column-unknown", NOTE, f"{len(unknown)} column(s) are not known and not read"))
    twice = sorted({name for name in rows.header if name and rows.header.count(name) > 1} & set(columns()["column"]))
    notes += [
        Finding("charges-column-twice", NOTE, f"column {name} stands twice; the first is read", element=name)
        for name in twice
    ]
    return notes


def _result(table: Table, notes: list[Finding]) -> ChargesFile:
    """Build the frames of the claims without a wrong row, and the findings."""
    claim = table.claim_numbers()
    wrong_rows = sorted({row for row, _, _ in table.problems})
    refused = claim.isin(claim.iloc[wrong_rows]) if wrong_rows else pd.Series(False, index=claim.index)
    innocent = sorted(set(np.flatnonzero(refused.to_numpy(dtype=bool)).tolist()) - set(wrong_rows))
    told = [
        _finding(table, "charges-row", row, name, f"{name or 'row'}: {expected}", expected)
        for row, name, expected in table.problems
    ]
    told += [_finding(table, "charges-claim-row", row, "", "another row of its claim is wrong", "") for row in innocent]
    kept = np.flatnonzero(~refused.to_numpy(dtype=bool))
    claims, lines = frames(table, kept, claim)
    return ChargesFile(claims, lines, empty(_OTHER_PAYERS), findings.frame([*notes, *told]), table.count)


def _finding(table: Table, code: str, row: int, name: str, reason: str, expected: str) -> Finding:
    return Finding(
        code,
        HOLD,
        f"row {row + 1}, {reason}{RESULT}",
        seg=row + 1,
        element=name,
        offset=int(table.rows.offsets[row]),
        expected=expected,
    )
