"""The CSV of patients' payments (patient_columns.csv, docs/files.md): bytes in; payments and findings out.

A row that cannot be used is refused alone and named by its number and column; findings quote no cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import NamedTuple

import numpy as np
import pandas as pd

from claims import cells, codes, findings
from claims.findings import HOLD, NOTE, REJECT, Finding

# What tells a payment without a number of its own from another one.
IDENTITY = ("paid_on", "amount", "method", "claim_number", "member_id", "paid_by", "reference", "batch_reference")
# Of these and of the payment's own number capitals count nothing, as with numbers of claims (`identity.claim_keys`) and
# what a bank says (`identifiers.normal_trace`).
CAPITALS = ("claim_number", "reference", "batch_reference")
KEY_LENGTH = 32


class PatientFile(NamedTuple):
    """What a file holds: payments, findings, and how many data rows it has.

    `payments`: the columns of the file (paid_date as ISO text, amount_cents), payment_key (what the payment is),
    body_hash (what it says), seg, offset, length (its row).
    """

    payments: pd.DataFrame
    findings: pd.DataFrame
    rows: int


@cache
def columns() -> pd.DataFrame:
    """Give the table of columns: column, kind, needed, longest, example, says."""
    with (resources.files(__package__) / "patient_columns.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@cache
def methods() -> tuple[str, ...]:
    """Name the ways in which patients pay."""
    return tuple(codes.table("payment_methods")["method"])


def _kinds() -> dict[str, cells.Kind]:
    known = cells.Kind(
        lambda text: text.lower() if text.lower() in methods() else None, f"one of {', '.join(methods())}"
    )
    return {**cells.KINDS, "method": known}


def is_patient_file(head: bytes) -> bool:
    """Tell whether a file starts with the header row of patients' payments."""
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("latin-1")
    return _needed() <= {name.strip().strip('"').lower() for name in first.split(",")}


def _needed() -> set[str]:
    return set(columns().loc[columns()["needed"] == "yes", "column"])


def write_rows(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Write payments as a file that `read_patient_file` reads."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns()["column"].tolist(), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read_patient_file(data: bytes) -> PatientFile:
    """Read a file; never raises for what it holds."""
    try:
        rows = cells.split_rows(data)
    except csv.Error:
        return _nothing("payment-not-csv", "the file is no CSV: a quoted cell does not end; it is refused whole")
    lacking = sorted(_needed() - set(rows.header))
    if lacking:
        names = ", ".join(lacking)
        return _nothing("payment-header", f"the header row lacks {names}; the file is refused whole", names)
    table = cells.Table(rows, _kinds())
    for name, kind, needed, longest in columns()[["column", "kind", "needed", "longest"]].itertuples(index=False):
        table.read(name, kind, needed, "", int(longest))
    wrong = {row for row, name, _ in table.problems if name == "amount"}
    is_read = pd.Series([row not in wrong for row in range(table.count)], dtype=bool)
    table.blame((table.values["amount"] <= 0) & is_read, "amount", "an amount above zero")
    kept = np.setdiff1d(np.arange(table.count), np.array([row for row, _, _ in table.problems], np.int64))
    told = [*_notes(rows.header, rows.is_utf8), *(_refusal(table, *problem) for problem in table.problems)]
    payments = _payments(table, kept)
    again = payments[payments.duplicated(["payment_key", "body_hash"])]
    told += [
        Finding("payment-repeated", NOTE, f"row {seg} says the same as a row before it; it counts once", seg=seg)
        for seg in again["seg"].tolist()
    ]
    once = payments.drop_duplicates(["payment_key", "body_hash"], ignore_index=True)
    return PatientFile(once, findings.frame(told), table.count)


def _payments(table: cells.Table, kept: np.ndarray) -> pd.DataFrame:
    values = {name: table.values[name].iloc[kept].reset_index(drop=True) for name in columns()["column"]}
    days = [f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}" for day in values["paid_on"].tolist()]
    texts = {name: values[name].astype("str") for name in IDENTITY}
    texts |= {name: texts[name].str.upper() for name in CAPITALS}
    says = zip(*(texts[name].tolist() for name in IDENTITY), strict=True)
    bodies = [_hash(*facts) for facts in says]
    numbers = values["payment_id"].tolist()
    keys = [_hash("payment", number.upper()) if number else body for number, body in zip(numbers, bodies, strict=True)]
    rows = pd.DataFrame(values).drop(columns=["paid_on", "amount", "payment_id"])
    return rows.assign(
        payment_number=pd.Series(numbers, dtype="str"),
        paid_date=pd.Series(days, dtype="str"),
        amount_cents=values["amount"],
        payment_key=pd.Series(keys, dtype="str"),
        body_hash=pd.Series(bodies, dtype="str"),
        seg=table.rows.segs[kept],
        offset=table.rows.offsets[kept],
        length=table.rows.lengths[kept],
    )


def _hash(*facts: str) -> str:
    return sha256("\x1f".join(facts).encode()).hexdigest()[:KEY_LENGTH]


def _nothing(code: str, message: str, expected: str = "") -> PatientFile:
    nowhere = np.zeros(0, np.int64)
    table = cells.Table(cells.Rows([], [], nowhere, nowhere, nowhere, True), _kinds())
    for name, kind in columns()[["column", "kind"]].itertuples(index=False):
        table.read(name, kind, "", "", 0)
    return PatientFile(
        _payments(table, nowhere), findings.frame([Finding(code, REJECT, message, expected=expected)]), 0
    )


def _notes(header: list[str], is_utf8: bool) -> list[Finding]:
    notes = []
    if not is_utf8:
        notes.append(Finding("payment-not-utf8", NOTE, "the file is not UTF-8; it is read as Windows-1252"))
    known = set(columns()["column"])
    unknown = {name for name in header if name} - known
    if unknown:  # a header cell is the user's text: count it, do not quote it
        notes.append(Finding("payment-column-unknown", NOTE, f"{len(unknown)} column(s) are not known and not read"))
    twice = sorted(name for name in known if header.count(name) > 1)
    message = "column {} stands twice; the first is read"
    return notes + [Finding("payment-column-twice", NOTE, message.format(name), element=name) for name in twice]


def _refusal(table: cells.Table, row: int, name: str, expected: str) -> Finding:
    return Finding(
        "payment-row",
        HOLD,
        f"row {row + 1}, {name or 'row'}: {expected}; the row is refused, the others are loaded",
        seg=row + 1,
        element=name,
        offset=int(table.rows.offsets[row]),
        expected=expected,
    )
