"""The tables of a report come in; files with the same bytes on every run go out: csv, xlsx, json or parquet.

Every money column is written twice, as a decimal number and in cents. Texts that a spreadsheet would take for a formula
get a leading quote in CSV; XLSX cells are written as texts and numbers, never as formulas.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from claims.errors import UsageError
from claims.reports.report import Parts

FORMATS = ("csv", "xlsx", "json", "parquet")
FORMULA = r"^ *[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
XLSX_ROWS = 1_048_575
XLSX_TEXT = 32_767
CREATED = datetime.datetime(2000, 1, 1)


class ReportFormatError(UsageError):
    """A report was asked for in a format that it cannot have."""

    def __init__(self, format_name: str, problem: str) -> None:
        super().__init__(f"Report format {format_name}: {problem}.")


def require_format(format_name: str) -> None:
    """Raise ReportFormatError unless the format is one of FORMATS."""
    if format_name not in FORMATS:
        raise ReportFormatError(format_name, f"unknown; choose one of {', '.join(FORMATS)}")


def decimals(cents: pd.Series[int]) -> pd.Series[str]:
    """Write cents as decimal numbers with two digits: 123456 -> 1234.56; what is missing is empty."""
    known = cents.fillna(0).astype("int64")
    size = known.abs()
    text = (size // 100).astype("str") + "." + (size % 100).astype("str").str.zfill(2)
    signed = text.where(known >= 0, "-" + text)
    return signed.where(cents.notna(), "")


def with_amounts(frame: pd.DataFrame) -> pd.DataFrame:
    """Put before each column ``x_cents`` the same money as ``x``, a decimal text."""
    columns: dict[str, Any] = {}
    for name in frame.columns:
        if str(name).endswith("_cents"):
            columns[str(name).removesuffix("_cents")] = decimals(frame[name])
        columns[str(name)] = frame[name]
    return pd.DataFrame(columns, index=frame.index)


def without_formulas(texts: pd.Series[str]) -> pd.Series[str]:
    """Put a quote before texts that a spreadsheet would run; plain numbers stay as they are."""
    clean = texts.str.replace("\0", "", regex=False)
    hostile = clean.str.contains(FORMULA, regex=True) & ~clean.str.fullmatch(NUMBER)
    return clean.where(~hostile, "'" + clean)


def write(tables: Mapping[str, pd.DataFrame | Parts], name: str, format_name: str, folder: Path) -> list[Path]:
    """Write the tables into ``folder`` and return the files: one per table, or one workbook called ``name``."""
    require_format(format_name)
    if format_name == "xlsx":
        path = folder / f"{name}.xlsx"
        _write_workbook(tables, path)
        return [path]
    paths = []
    for table, content in tables.items():
        path = folder / f"{table}.{format_name}"
        full = (with_amounts(frame) for frame in _parts(content))
        {"csv": _write_csv, "json": _write_json, "parquet": _write_parquet}[format_name](full, path)
        paths.append(path)
    return paths


def _parts(content: pd.DataFrame | Parts) -> Iterable[pd.DataFrame]:
    return (content,) if isinstance(content, pd.DataFrame) else content


def _write_csv(frames: Iterable[pd.DataFrame], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(frames):
            safe = {
                name: without_formulas(values) if pd.api.types.is_string_dtype(values.dtype) else values
                for name, values in frame.items()
            }
            rows = pd.DataFrame(safe, index=frame.index)
            rows.to_csv(file, index=False, header=number == 0, lineterminator="\r\n")


def _write_json(frames: Iterable[pd.DataFrame], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        start = ""
        for frame in frames:
            names = [str(name) for name in frame.columns]
            columns = [[None if value is pd.NA else value for value in frame[name].tolist()] for name in frame.columns]
            for row in zip(*columns, strict=True):
                file.write(start + "\n")
                file.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False))
                start = ","
        file.write("\n]\n")


def _write_parquet(frames: Iterable[pd.DataFrame], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = (pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata() for frame in frames)
    first = next(tables)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)


def _write_workbook(tables: Mapping[str, pd.DataFrame | Parts], path: Path) -> None:
    import xlsxwriter

    too_long = [name for name, content in tables.items() if _length(content) > XLSX_ROWS]
    if too_long:
        raise ReportFormatError("xlsx", f"{too_long[0]} has more rows than a sheet holds; choose csv or parquet")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        # The day of creation would make every run's bytes new.
        book.set_properties({"created": CREATED})
        money = book.add_format({"num_format": "#,##0.00"})
        head = book.add_format({"bold": True})
        for name, content in tables.items():
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            number = 0
            for frame in _parts(content):
                full = with_amounts(frame)
                if number == 0:
                    for column, title in enumerate(full.columns):
                        sheet.write_string(0, column, str(title), head)
                is_money = [f"{column}_cents" in full.columns for column in full.columns]
                is_text = [pd.api.types.is_string_dtype(full[column].dtype) for column in full.columns]
                for row in zip(*(full[column].tolist() for column in full.columns), strict=True):
                    number += 1
                    for column, value in enumerate(row):
                        if value is pd.NA or value == "":
                            continue
                        if is_money[column]:
                            sheet.write_number(number, column, float(value), money)
                        elif is_text[column]:
                            sheet.write_string(number, column, value[:XLSX_TEXT])
                        else:
                            sheet.write_number(number, column, value)


def _length(content: pd.DataFrame | Parts) -> int:
    return len(content) if isinstance(content, pd.DataFrame) else content.expected
