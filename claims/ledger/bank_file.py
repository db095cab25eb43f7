"""The bank CSV: bytes in, bank lines and findings out.

Columns: date, amount, trace_number, payer_name, reference, type (docs/files.md). A row that cannot be read is refused
with its number, column and reason; the others go in.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from claims import findings
from claims.days import read_day
from claims.findings import HOLD, Finding
from claims.ledger.bank_addenda import trace_of
from claims.ledger.bank_columns import STRICT, BankColumns
from claims.ledger.bank_lines import LONGEST, OTHER, Keys, bank_type, lines_frame
from claims.money import cents

COLUMNS = ("date", "amount", "trace_number", "payer_name", "reference", "type")

LONGEST_ROW = 20
_SPELLED = ("date", "amount", "credit", "debit")  # columns that may write the same in several ways


def is_bank_file(head: bytes, columns: BankColumns = STRICT) -> bool:
    """Tell whether a file starts with the header row of a bank CSV, ours or that of the practice's bank."""
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("latin-1")
    names = [name.strip().strip('"').lower() for name in first.split(",")]
    return {"date", "amount", "trace_number"} <= set(names) or columns.fit(set(names))


def read_bank_file(data: bytes, columns: BankColumns = STRICT) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a bank CSV: `(bank_lines, findings)`.

    `line_key` stands for day, cents and all other cells of the row that are not empty, columns of the bank's own
    included; `former_key` for the cells as they are written, as keys once did. A row without a trace number has the
    one of its CCD+ addenda (column `addenda`, else `reference`).
    """
    rows: list[tuple[object, ...]] = []
    problems: list[Finding] = []
    keys, former_keys = Keys(), Keys()
    header: list[str] = []
    number = 0
    for cells, offset, length in _records(data):
        if cells is not None and not any(cell.strip() for cell in cells):
            continue
        if not header and cells is not None:
            header = [cell.strip().lower() for cell in cells]
            repeated = [name for name, times in Counter(header).items() if times > 1]
            if repeated:
                problems.append(_refusal(0, offset, "header", "each column once", "a column name stands twice"))
                break
            continue
        number += 1
        written = dict(zip(header, (cell.strip() for cell in cells or ()), strict=False))
        is_own = columns.fit(set(header))
        values = columns.translated(written) if is_own else written
        wrong = _problem(header, cells, values)
        if wrong:
            problems.append(_refusal(number, offset, *wrong))
            continue
        former = former_keys.of(f"{name}={written[name]}" for name in sorted(written))
        day, amount, trace, payer, reference, type_code = (values.get(name, "") for name in COLUMNS)
        spelled = {columns.headings.get(name, "") if is_own else name for name in _SPELLED}
        told = (f"{name}={cell}" for name, cell in sorted(written.items()) if cell and name not in spelled)
        key = keys.of(("csv", day, str(cents(amount)), *told))
        said, payer_id = trace_of([values.get("addenda", ""), reference])
        kind = (bank_type("csv", type_code) or OTHER).kind
        facts = (day, cents(amount), trace or said, payer_id, payer, reference, type_code, kind, "", 0, former)
        rows.append((number, offset, length, key, *facts))
    return lines_frame(rows), findings.frame(problems)


def _refusal(number: int, offset: int, column: str, expected: str, sentence: str) -> Finding:
    where = f"row {number}, {column}" if number else column
    left = "the row is refused, the others are loaded" if number else "the file is refused"
    return Finding(
        "bank-row", HOLD, f"{where}: {sentence}; {left}", seg=number, element=column, offset=offset, expected=expected
    )


def _records(data: bytes) -> Iterator[tuple[list[str] | None, int, int]]:
    """Rows as `(cells, offset, length)`; cells None where a quote is never closed: that one line is given up."""
    start = len(data) - len(data.removeprefix(b"\xef\xbb\xbf"))
    lines = data[start:].splitlines(keepends=True)
    offsets = [start]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    at = 0
    while at < len(lines):
        # A quoted cell may hold line ends; one that runs on for longer was never closed.
        window = [line.decode("utf-8", errors="replace") for line in lines[at : at + LONGEST_ROW]]
        reader = csv.reader(window, strict=True)
        try:
            cells = next(reader)
            taken = reader.line_num
        except csv.Error:
            cells, taken = None, 1
        yield cells, offsets[at], offsets[at + taken] - offsets[at]
        at += taken


def _problem(header: list[str], cells: list[str] | None, values: dict[str, str]) -> tuple[str, str, str] | None:
    """The column, what is expected and a sentence, when a row cannot be used."""
    if cells is None:
        return "row", "closed quotes", "a quote is opened and never closed"
    if len(cells) > len(header):
        return "row", f"{len(header)} cells", f"it has {len(cells)} cells under {len(header)} headings"
    try:
        read_day(values.get("date", ""))
    except ValueError:
        return "date", "a day written 2026-01-31", "it is not a day"
    if cents(values.get("amount", "")) is None:
        return "amount", "an amount with at most two decimals", "it is not an amount"
    for name, limit in LONGEST.items():
        if len(values.get(name, "")) > limit:
            return name, f"at most {limit} characters", f"it has {len(values[name])} characters"
    return None
