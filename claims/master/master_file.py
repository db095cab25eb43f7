"""A master CSV: bytes in; its kind, the rows that can be used, as frames and as texts to keep, and findings out.

The kind is told from the header row. A row that cannot be used is refused alone and named by its number and column;
findings quote no cell.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims import findings
from claims.cells import Rows, split_rows
from claims.findings import HOLD, NOTE, REJECT, Finding
from claims.master.checks import Table, as_frame
from claims.master.columns import EFFECTIVE, columns, nothing


class MasterFile(NamedTuple):
    """What a master CSV holds.

    `rows` are as in `Master.rows`; `entries` the same rows to keep: row_key and body (JSON), effective_from_date and
    effective_to_date (ISO), seg (number of the data row), offset and length (its bytes). `kind` is empty when the
    header fits none.
    """

    kind: str
    rows: pd.DataFrame
    entries: pd.DataFrame
    findings: pd.DataFrame
    data_rows: int


def kind_of(header: Sequence[str], name: str = "") -> str:
    """Tell the kind of a file from its header; `name`, a kind that the file's name suggests, decides between equals.

    All needed columns are there, and most columns of the header are the kind's; empty when that fits no kind.
    """
    given = {cell for cell in header if cell}
    fits: dict[str, int] = {}
    for kind, own in columns().items():
        known = given & {column.name for column in (*own, *EFFECTIVE)}
        needed = {column.name for column in own if column.is_required}
        if needed <= given and 2 * len(known) > len(given):
            fits[kind] = 2 * len(known) - len(given)
    best = [kind for kind, fit in fits.items() if fit == max(fits.values())]
    return best[0] if len(best) == 1 else name if name in best else ""


def read_master_file(data: bytes, kind: str | None = None) -> MasterFile:
    """Read the bytes of a master CSV; `kind` is what the file's name suggests. Never raises for what it holds."""
    try:
        rows = split_rows(data, with_comments=True)
    except csv.Error:
        return _nothing("master-not-csv", "the file is no CSV: a quoted cell does not end; it is refused whole")
    found = kind_of(rows.header, kind or "")
    if not found and kind in columns():
        lacking = [one.name for one in columns()[kind] if one.is_required and one.name not in rows.header]
        if lacking:
            names = ", ".join(lacking)
            return _nothing("master-header", f"the header row lacks {names}; the file is refused whole", names)
    if not found:
        kinds = ", ".join(columns())
        return _nothing("master-kind", f"the header row fits none of: {kinds}; the file is refused whole", kinds)
    table = Table(rows, found)
    table.compare()
    refused = sorted({row for row, _, _ in table.problems})
    kept = np.setdiff1d(np.arange(table.count), np.array(refused, np.int64))
    told = [*_notes(rows, found), *(_note(table, *one) for one in table.notes if one[0] not in refused)]
    told += [_finding(table, *problem) for problem in table.problems]
    return MasterFile(found, as_frame(table, kept), _entries(table, kept), findings.frame(told), table.count)


def typed(kind: str, bodies: Sequence[str]) -> pd.DataFrame:
    """Give kept bodies as a frame of the kind, without the two days that every kind has."""
    names = [column.name for column in columns()[kind]]
    cells = [[row.get(name, "") for name in names] for row in json.loads(f"[{','.join(bodies)}]")]
    nowhere = np.zeros(len(cells), np.int64)
    frame = as_frame(Table(Rows(names, cells, nowhere, nowhere, nowhere, True), kind), np.arange(len(cells)))
    return frame.drop(columns=[column.target for column in EFFECTIVE])


def _nothing(code: str, message: str, expected: str = "") -> MasterFile:
    entries = pd.DataFrame({name: pd.Series([], dtype=dtype) for name, dtype in _ENTRIES.items()})
    found = findings.frame([Finding(code, REJECT, message, expected=expected)])
    return MasterFile("", nothing(next(iter(columns()))), entries, found, 0)


_ENTRIES = {
    **dict.fromkeys(("row_key", "effective_from_date", "effective_to_date", "body"), "str"),
    **dict.fromkeys(("seg", "offset", "length"), "int64"),
}


def _entries(table: Table, kept: np.ndarray) -> pd.DataFrame:
    """Build what is kept of each row: cells as read (texts) or as written (numbers, days, amounts); none when empty."""
    texts = {}
    for column in columns()[table.kind]:
        cells = table.text(column.name)
        read = table.values[column.name]
        texts[column.name] = (read.where(cells != "", "") if column.dtype == "str" else cells).iloc[kept].tolist()
    names = list(texts)
    keys = [column.name for column in columns()[table.kind] if column.is_key]
    rows = list(zip(*texts.values(), strict=True))
    bodies = [_json({name: cell for name, cell in zip(names, row, strict=True) if cell}) for row in rows]
    row_keys = [_json(row) for row in zip(*(texts[name] for name in keys), strict=True)]
    entries = {
        "row_key": row_keys,
        "effective_from_date": _iso(table.values["effective_from"].iloc[kept]),
        "effective_to_date": _iso(table.values["effective_to"].iloc[kept]),
        "body": bodies,
        "seg": kept + 1,
        "offset": table.rows.offsets[kept],
        "length": table.rows.lengths[kept],
    }
    return pd.DataFrame(entries).astype(_ENTRIES)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _iso(days: pd.Series) -> list[str]:
    return [f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}" for day in days.tolist()]


def _notes(rows: Rows, kind: str) -> list[Finding]:
    notes = []
    if not rows.is_utf8:
        notes.append(Finding("master-not-utf8", NOTE, "the file is not UTF-8; it is read as Windows-1252"))
    known = {column.name for column in (*columns()[kind], *EFFECTIVE)}
    unknown = {name for name in rows.header if name} - known
    if unknown:  # a header cell is the user's text: count it, do not quote it
        message = f"{len(unknown)} column(s) are not known and not read; claims master columns {kind} lists them"
        notes.append(Finding("master-column-unknown", NOTE, message))
    twice = sorted(name for name in known if rows.header.count(name) > 1)
    message = "column {} stands twice; the first is read"
    return notes + [Finding("master-column-twice", NOTE, message.format(name), element=name) for name in twice]


def _note(table: Table, row: int, name: str, says: str) -> Finding:
    message = f"row {row + 1}, {name}: {says}; this row is taken"
    return Finding("master-code-unknown", NOTE, message, seg=row + 1, element=name, offset=int(table.rows.offsets[row]))


def _finding(table: Table, row: int, name: str, expected: str) -> Finding:
    return Finding(
        "master-row",
        HOLD,
        f"row {row + 1}, {name or 'row'}: {expected}; this row is not taken, the others are",
        seg=row + 1,
        element=name,
        offset=int(table.rows.offsets[row]),
        expected=expected,
    )
