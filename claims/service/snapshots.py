"""What a batch is written from, frozen: frames in, one file for the vault out, and the same frames back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

import pandas as pd
import pyarrow as pa

_BUNDLE = pa.schema([("name", pa.string()), ("frame", pa.large_binary())])


def packed(frames: Mapping[str, pd.DataFrame]) -> bytes:
    """Put frames into one Arrow file, a row for each frame that has rows; the same frames give the same bytes."""
    kept = {name: rows.reset_index(drop=True) for name, rows in sorted(frames.items()) if len(rows)}
    tables = [pa.Table.from_pandas(rows, preserve_index=False) for rows in kept.values()]
    bundle = pa.table(
        [pa.array(list(kept), pa.string()), pa.array(map(_stream, tables), pa.large_binary())], schema=_BUNDLE
    )
    return _stream(bundle)


def unpacked(file: BinaryIO) -> dict[str, pd.DataFrame]:
    """Give the frames of such a file."""
    with pa.ipc.open_stream(file) as reader:
        rows = reader.read_all()
    return {
        name.as_py(): pa.ipc.open_stream(frame.as_buffer()).read_pandas()
        for name, frame in zip(rows["name"], rows["frame"], strict=True)
    }


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue().to_pybytes())
