"""The bytes of a CSV in; its cells, and where in the file each row stands, out."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_BOM = b"\xef\xbb\xbf"
_LINE_FEED, _CARRIAGE_RETURN, _QUOTE = b'\n\r"'
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


def split_rows(data: bytes, *, with_comments: bool = False, is_utf8: bool | None = None) -> Rows:
    """Split a CSV into rows; a quoted cell may hold line ends. Raises csv.Error when quotes do not close.

    `with_comments` leaves out rows whose first cell begins with ``#``. What is not UTF-8 is read as Windows-1252,
    unless the caller knows what it is.
    """
    if with_comments:
        data = _without_quotes_of_comments(data)
    start = len(_BOM) if data.startswith(_BOM) else 0
    is_utf8 = is_utf8_text(data) if is_utf8 is None else is_utf8
    text = data[start:].decode(*(("utf-8",) if is_utf8 else ("cp1252", "replace")))
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    ends = _row_ends(np.frombuffer(data, np.uint8)[start:]) + start
    starts = np.concatenate(([start], ends[:-1]))[: len(ends)]
    if len(rows) != len(ends):
        raise csv.Error("rows do not end where lines do")
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
    start = 0
    for end in _row_ends(np.frombuffer(data, np.uint8)).tolist():
        if data[start:end].removeprefix(_BOM).strip(b', "\t\r\n'):
            return int(end) if data[end - 1 : end] in (b"\n", b"\r") else 0
        start = end
    return 0


def _without_quotes_of_comments(data: bytes) -> bytes:
    """Blank the quotes of lines that begin with ``#``: a remark may hold a lone one, and every byte keeps its place."""
    if b"#" not in data:
        return data
    lines, is_open = data.splitlines(keepends=True), False
    for number, line in enumerate(lines):
        if not is_open and line.removeprefix(_BOM).lstrip().startswith(COMMENT.encode()):
            lines[number] = line.replace(b'"', b" ")
        else:
            is_open ^= line.count(b'"') % 2 == 1
    return b"".join(lines)


def _row_ends(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Find where each row ends: after a line end outside quotes, or with the file."""
    is_return = raw == _CARRIAGE_RETURN
    is_return[:-1] &= raw[1:] != _LINE_FEED
    line_ends = np.flatnonzero((raw == _LINE_FEED) | is_return)
    quotes = np.flatnonzero(raw == _QUOTE)
    outside = np.searchsorted(quotes, line_ends) % 2 == 0
    ends = line_ends[outside].astype(np.int64) + 1
    if len(raw) and (not len(ends) or ends[-1] != len(raw)):
        ends = np.append(ends, len(raw))
    return np.asarray(ends, dtype=np.int64)
