"""The bank CSV: bytes in, bank lines and findings out.

Columns: date, amount, trace_number, payer_name, reference, type (docs/files.md). A row that cannot be read is refused
with its number, column and reason; the others go in.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from hashlib import sha256

import pandas as pd

from claims import findings
from claims.findings import Finding
from claims.money import cents

COLUMNS = ("date", "amount", "trace_number", "payer_name", "reference", "type")

LINE_TYPES = {
    "row_number": "int64",
    "offset": "int64",
    "length": "int64",
    "line_key": "str",
    "bank_date": "str",
    "amount_cents": "int64",
    "trace_number": "str",
    "payer_name": "str",
    "reference": "str",
    "type_code": "str",
}


def is_bank_file(head: bytes) -> bool:
    """Tell whether a file starts with the header row of a bank CSV."""
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("latin-1")
    names = [name.strip().strip('"').lower() for name in first.split(",")]
    return {"date", "amount", "trace_number"} <= set(names)


def read_bank_file(data: bytes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a bank CSV: `(bank_lines, findings)`.

    `line_key` is the hash of all columns and of the ordinal among equal lines of the file, so that the same statement
    loaded twice, or in two overlapping files, gives the same keys.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")
    start = len(data) - len(text)
    rows, problems = [], []
    seen: Counter[tuple[str, ...]] = Counter()
    header: list[str] | None = None
    number = 0
    for raw, offset in _lines(text, start):
        cells = next(csv.reader(io.StringIO(raw.decode("utf-8", errors="replace"))), [])
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip().lower() for cell in cells]
            continue
        number += 1
        values = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        wrong = _problem(values)
        if wrong:
            problems.append(
                Finding(
                    "bank-row",
                    findings.HOLD,
                    f"row {number}, {wrong[0]}: {wrong[1]}; the row is refused, the others are loaded",
                    seg=number,
                    element=wrong[0],
                    offset=offset,
                    expected=wrong[1],
                )
            )
            continue
        key = tuple(values.get(name, "") for name in COLUMNS)
        seen[key] += 1
        digest = sha256("\x1f".join([*key, str(seen[key])]).encode()).hexdigest()
        amount_cents = cents(values["amount"])
        rows.append((number, offset, len(raw), digest, key[0], amount_cents, *key[2:]))
    columns = zip(*rows, strict=True) if rows else [[] for _ in LINE_TYPES]
    frame = pd.DataFrame(
        {
            name: pd.Series(list(part), dtype=kind)
            for (name, kind), part in zip(LINE_TYPES.items(), columns, strict=True)
        }
    )
    return frame, findings.frame(problems)


def _lines(text: bytes, start: int) -> list[tuple[bytes, int]]:
    """Rows with their byte offsets; a quoted cell may hold line ends."""
    result, pending, offset = [], b"", start
    for line in text.splitlines(keepends=True):
        pending += line
        if pending.count(b'"') % 2 == 0:
            result.append((pending, offset))
            offset += len(pending)
            pending = b""
    if pending:
        result.append((pending, offset))
    return result


def _problem(values: dict[str, str]) -> tuple[str, str] | None:
    try:
        date.fromisoformat(values.get("date", ""))
    except ValueError:
        return "date", "a day is needed, written 2026-01-31"
    if cents(values.get("amount", "")) is None:
        return "amount", "an amount is needed, with at most two decimals"
    return None
