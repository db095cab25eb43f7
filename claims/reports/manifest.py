"""A report's files come in; ``manifest.json`` beside them goes out, and can be checked against them alone.

All but its part ``run`` follows from the report's parameters: two runs differ there and nowhere else. SEAL is a hash
over all the rest: it finds a careless change by itself, and a careful one when it was noted elsewhere.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from claims.errors import UsageError
from claims.reports.report import DEFINITIONS, Report, totals_cents

NAME = "manifest.json"
SEAL = "manifest_sha256"
UNSEALED = (SEAL, "run")
HEAD = "audit_head"  # in the part `run`: where the chains of the books ended when the report was written
ENDS = "chain_ends"  # beside it: number and hash of the last row of each chain that its last part is over
ROWS_AT_ONCE = 50_000  # of a table that is read back


class ReportFolderError(UsageError):
    """A folder holds no report, or another one than was asked for."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The folder {problem}.")


def of(report: Report, files: list[Path], parameters: dict[str, str], version: str) -> dict[str, Any]:
    """Describe a report and its files; sums of money are of the ``_cents`` columns of each table."""
    tables = [
        {"name": name, "rows": len(content), "totals_cents": totals_cents(content)}
        if isinstance(content, pd.DataFrame)
        else {"name": name, "rows": content.rows, "totals_cents": content.totals_cents}
        for name, content in report.tables.items()
    ]
    content = {
        "report": report.name,
        "definitions": DEFINITIONS,
        "program": {"name": "claims-batch", "version": version},
        "parameters": parameters,
        "tables": tables,
        "files": [{"name": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)} for path in files],
        "control_totals_cents": report.controls,
        "control_sums": {name: {"table": table, "column": column} for name, (table, column) in report.sums.items()},
        "checks": [
            {"name": check.name, "left": check.left, "right": check.right, "holds": check.holds}
            for check in (*report.checks, *report.late())
        ],
    }
    return content | {SEAL: seal(content)}


def seal(content: dict[str, Any]) -> str:
    """Hash a manifest: sha256 of its JSON without UNSEALED, names sorted, no blanks, UTF-8."""
    sealed = {name: value for name, value in content.items() if name not in UNSEALED}
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def save(folder: Path, content: dict[str, Any], run: dict[str, Any]) -> Path:
    """Write ``manifest.json``, whole or not at all; only its ``run`` part says when, by whom and at which HEAD."""
    path, temporary = folder / NAME, folder / f"{NAME}.tmp"
    whole = content | {"run": run}
    with temporary.open("w", encoding="utf-8", newline="\n") as out:
        out.write(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)
    return path


def load(folder: Path) -> dict[str, Any]:
    """Read the manifest of a folder."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ReportFolderError("holds no report: there is no manifest.json in it") from None
    except ValueError:
        raise ReportFolderError("holds a manifest.json that cannot be read") from None
    if not isinstance(content, dict) or not {"report", "tables", "files", "checks"} <= content.keys():
        raise ReportFolderError("holds a manifest.json that is not one of a report")
    return content


def clear(folder: Path, report: str, format_name: str) -> None:
    """Remove the files of the same report written here before; refuse a folder with another report or format."""
    if not (folder / NAME).exists():
        return
    old = load(folder)
    if old["report"] != report:
        raise ReportFolderError(f"holds the report {old['report']}; choose another one for {report}")
    old_format = old.get("parameters", {}).get("format", "")
    if old_format != format_name:
        raise ReportFolderError(f"holds this report as {old_format or 'files'}; choose another one for {format_name}")
    for file in old["files"]:
        (folder / Path(file["name"]).name).unlink(missing_ok=True)
    (folder / NAME).unlink()


def broken(content: dict[str, Any]) -> list[str]:
    """Say in a sentence each what checks of a report do not hold."""
    return [
        f"Check failed: {check['name']}: {check['left']} is not {check['right']}."
        for check in content["checks"]
        if not check["holds"]
    ]


def problems(folder: Path) -> list[str]:
    """Check files against the manifest, with nothing else at hand: hashes, rows, sums, checks. Empty: all is well."""
    content = load(folder)
    found = []
    if content.get(SEAL) != seal(content):
        found.append(f"{NAME}: not what was written (its own sha256 differs)")
    listed = {NAME, *(Path(file["name"]).name for file in content["files"])}
    found.extend(
        f"{path.name}: no part of the report"
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in listed
    )
    sound = set()
    for file in content["files"]:
        path = folder / Path(file["name"]).name
        if not path.is_file():
            found.append(f"{file['name']}: missing")
        elif _sha256(path) != file["sha256"]:
            found.append(f"{file['name']}: the content is not what was written (sha256 differs)")
        else:
            sound.add(path.name)
    tables = {table["name"]: table for table in content["tables"]}
    for name, frames in _tables(folder, content, sound):
        found.extend(_differences(name, frames, tables[name]))
    for check in content["checks"]:
        if check["left"] != check["right"] or not check["holds"]:
            found.append(f"check {check['name']}: {check['left']} is not {check['right']}")
    for name, of_table in content.get("control_sums", {}).items():
        total = content.get("control_totals_cents", {}).get(name)
        added = tables.get(of_table["table"], {}).get("totals_cents", {}).get(of_table["column"])
        if total != added:
            found.append(f"control total {name}: {total} is not the sum of {of_table['table']}, {added}")
    return found


def _differences(name: str, frames: Iterable[pd.DataFrame], table: dict[str, Any]) -> Iterator[str]:
    rows, sums, differ = 0, dict.fromkeys(table["totals_cents"], 0), dict[str, str]()
    for frame in frames:
        rows += len(frame)
        for column in sums:
            if column not in frame:
                continue
            cents = pd.to_numeric(frame[column], errors="coerce").fillna(0)
            sums[column] += int(cents.sum())
            shown = column.removesuffix("_cents")
            if shown in frame and [_cents_of(amount) for amount in frame[shown]] != cents.astype("int64").tolist():
                differ[column] = f"{name}: {shown} and {column} differ"
    if rows != table["rows"]:
        yield f"{name}: {rows} rows, the manifest says {table['rows']}"
    for column, total in table["totals_cents"].items():
        if sums[column] != total:
            yield f"{name}: {column} adds up to {sums[column]}, the manifest says {total}"
        if column in differ:
            yield differ[column]


def _cents_of(amount: Any) -> int:
    text = str(amount or "0")
    if text == "nan":
        return 0
    sign = -1 if text.startswith("-") else 1
    whole, _, rest = text.lstrip("-").partition(".")
    return sign * (int(whole) * 100 + int((rest + "00")[:2]))


def _tables(folder: Path, content: dict[str, Any], sound: set[str]) -> Iterator[tuple[str, Iterator[pd.DataFrame]]]:
    """Read back the tables whose file is what was written, in parts; a workbook is known by its hash alone."""
    for table in content["tables"]:
        for suffix, read in (("csv", _read_csv), ("json", _read_json), ("parquet", _read_parquet)):
            name = f"{table['name']}.{suffix}"
            if name in sound:
                yield table["name"], read(folder / name)


def _read_csv(path: Path) -> Iterator[pd.DataFrame]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        while part := list(islice(rows, ROWS_AT_ONCE)):
            yield pd.DataFrame(part, columns=names, dtype="str")


def _read_json(path: Path) -> Iterator[pd.DataFrame]:
    """Each row stands on a line of its own, between the brackets."""
    with path.open(encoding="utf-8", newline="\n") as file:
        rows = (json.loads(line.rstrip(",\n")) for line in file if line.startswith("{"))
        while part := list(islice(rows, ROWS_AT_ONCE)):
            yield pd.DataFrame(part)


def _read_parquet(path: Path) -> Iterator[pd.DataFrame]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE):
            yield batch.to_pandas()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
