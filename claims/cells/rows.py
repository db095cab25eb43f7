"""The bytes of a CSV in; its cells, and where in the file each row stands, out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_BOM = b"\xef\xbb\xbf"
_LINE_FEED, _CARRIAGE_RETURN = b"\n\r"
COMMENT = "#"


class Rows(NamedTuple):
    """Header names (lower case), cells of the data rows, the rows' addresses and numbers; empty rows are left out."""

    header: list[str]
    cells: list[list[str]]
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    segs: npt.NDArray[np.int64]
    is_utf8: bool
    comments: int = 0


class CellTooLongError(csv.Error):
    """A cell longer than any cell is."""


def split_rows(data: bytes, *, with_comments: bool = False, is_utf8: bool | None = None) -> Rows:
    """Split a CSV into rows; a quoted cell may hold line ends.

    Raises csv.Error when quotes do not close, CellTooLongError when a cell has more than 131,072 characters.

    `with_comments` leaves out rows whose first cell begins with ``#``. What is not UTF-8 is read as Windows-1252,
    unless the caller knows what it is.
    """
    start = len(_BOM) if data.startswith(_BOM) else 0
    is_utf8 = is_utf8_text(data) if is_utf8 is None else is_utf8
    text = data[start:].decode(*(("utf-8",) if is_utf8 else ("cp1252", "replace")))
    lines = list(io.StringIO(text, newline=""))
    line_ends = _line_ends(np.frombuffer(data, np.uint8)[start:]) + start
    rows, last_lines = _parsed(lines, with_comments)
    if len(lines) != len(line_ends) or (last_lines[-1] if last_lines else 0) != len(lines):
        raise csv.Error("rows do not end where lines do")
    ends = line_ends[np.array(last_lines, np.int64) - 1]
    starts = np.concatenate(([start], ends[:-1]))[: len(ends)]
    filled = np.array([any(map(str.strip, row)) for row in rows], dtype=bool)
    says = np.array([with_comments and bool(row) and row[0].lstrip().startswith(COMMENT) for row in rows], dtype=bool)
    kept = np.flatnonzero(filled & ~says)
    header = [cell.strip().lower() for cell in rows[kept[0]]] if len(kept) else []
    kept = kept[1:]
    return Rows(
        header,
        [rows[number] for number in kept.tolist()],
        starts[kept],
        (ends - starts)[kept].astype(np.int64),
        np.arange(1, len(kept) + 1),
        is_utf8,
        int(np.count_nonzero(says)),
    )


def is_utf8_text(data: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def header_length(data: bytes) -> int:
    """Count the bytes up to the end of the header row; 0 when it does not end in them."""
    start = len(_BOM) if data.startswith(_BOM) else 0
    lines = io.StringIO(data[start:].decode("latin-1"), newline="")
    line_ends = _line_ends(np.frombuffer(data, np.uint8)[start:]) + start
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if any(map(str.strip, row)):
                end = int(line_ends[reader.line_num - 1])
                return end if data[end - 1 : end] in (b"\n", b"\r") else 0
    except csv.Error:
        return 0
    return 0


def _parsed(lines: list[str], with_comments: bool) -> tuple[list[list[str]], list[int]]:
    """Give the rows, and of each the number of the line it ends with, as the parser that made it counts them."""
    is_row_start = True

    def fed() -> Iterator[str]:
        nonlocal is_row_start
        for line in lines:
            # A remark may hold a lone quote.
            is_remark = is_row_start and line.lstrip().startswith(COMMENT)
            is_row_start = False
            yield line.replace('"', " ") if is_remark else line

    reader = csv.reader(fed() if with_comments else lines, strict=True)
    rows: list[list[str]] = []
    last_lines: list[int] = []
    try:
        for row in reader:
            is_row_start = True
            rows.append(row)
            last_lines.append(reader.line_num)
    except csv.Error as error:
        if "field larger" in str(error):
            raise CellTooLongError(str(error)) from None
        raise
    return rows, last_lines


def _line_ends(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Find where each line ends, one without a line end with the file."""
    is_return = raw == _CARRIAGE_RETURN
    is_return[:-1] &= raw[1:] != _LINE_FEED
    ends = np.flatnonzero((raw == _LINE_FEED) | is_return).astype(np.int64) + 1
    if len(raw) and (not len(ends) or ends[-1] != len(raw)):
        ends = np.append(ends, len(raw))
    return np.asarray(ends, dtype=np.int64)
