"""A charges CSV and the addresses of some of its rows in; the frames of the claims that these rows make out."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from claims.cells.rows import header_length, is_utf8_text, split_rows
from claims.charges.charges_file import ChargesFile, judged
from claims.errors import FrameError

_HEAD = 65_536


def read_charges_at(path: Path, line_rows: pd.DataFrame) -> ChargesFile:
    """Read the rows at `line_rows` (seg, offset, length: all lines of the claims wanted) and no others.

    Every `seg` and address is that of the whole file. The rows were good when the file was read, so they are not
    compared with the rest of the file again. Raises FrameError when there is no row at an address.
    """
    rows = line_rows.sort_values("seg", kind="stable")
    offsets, lengths = (rows[name].to_numpy(np.int64) for name in ("offset", "length"))
    with path.open("rb") as file:
        parts = [_header(file)]
        for offset, length in zip(offsets.tolist(), lengths.tolist(), strict=True):
            file.seek(offset)
            row = file.read(length)
            parts.append(row if row.endswith((b"\n", b"\r")) else row + b"\n")
    data = b"".join(parts)
    # A row with letters beyond ASCII is what it is in the whole file: UTF-8 only when all of it is.
    is_utf8 = data.isascii() or is_utf8_text(path.read_bytes())
    try:
        found = split_rows(data, is_utf8=is_utf8)
    except (csv.Error, UnicodeDecodeError):
        raise _no_row() from None
    if len(found.cells) != len(rows):
        raise _no_row()
    return judged(found._replace(offsets=offsets, lengths=lengths, segs=rows["seg"].to_numpy(np.int64)))


def _header(file: BinaryIO) -> bytes:
    head, size = b"", _HEAD
    while not (length := header_length(head)):
        head += file.read(size)
        if len(head) < size:
            return head[: header_length(head)]
        size = len(head)
    return head[:length]


def _no_row() -> FrameError:
    return FrameError("line_rows", "offset", "names no row of this file")
