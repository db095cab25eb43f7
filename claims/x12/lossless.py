"""Parts of a read file in, the same parts with every byte of the file out; and such frames in, the file's bytes out.

Frame `raw_segments`, one row per segment: `seg`; `before`, the bytes between the segment before it and this one (line
ends, empty segments, junk); `raw`, the segment's own bytes with its terminator and the line ends that wrap it. The last
row of a file is no segment: its `before` is what follows the last one, which is the whole file when nothing in it can
be read. So `before` and `raw` of all rows, one after another, are the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claims.errors import FrameError
from claims.x12.file import X12File
from claims.x12.numbers import Integers
from claims.x12.source import Source
from claims.x12.write_pieces import bytes_of

RAW = "raw_segments"
_BYTES = pa.large_binary()


def with_raw_segments(parts: Iterable[X12File], source: Source) -> Iterator[X12File]:
    """Add `raw_segments` to each part of a file; the last row of all to the last part."""
    position, last_seg = 0, 0
    waiting: X12File | None = None
    for part in parts:
        if waiting is not None:
            yield waiting
        segments = part.frames["segments"]
        offset, length = segments["offset"].to_numpy(), segments["length"].to_numpy()
        end = int(offset[-1] + length[-1]) if len(offset) else position
        part.frames[RAW] = _rows(source.slice(position, end), position, segments["seg"].to_numpy(), offset, length)
        position, last_seg = end, int(segments["seg"].iloc[-1]) if len(offset) else last_seg
        waiting = part
    if waiting is not None:
        after = source.slice(position, source.size)
        nothing = np.array([len(after)], np.int64)
        rest = _rows(after, 0, np.array([last_seg + 1]), nothing, np.zeros(1, np.int64))
        waiting.frames[RAW] = pd.concat([waiting.frames[RAW], rest], ignore_index=True)
        yield waiting


def write_raw(frames: Mapping[str, pd.DataFrame]) -> bytes:
    """Write the bytes of `raw_segments`, in the order of its rows."""
    if RAW not in frames:
        raise FrameError(RAW, "raw", "the frame is needed; read with lossless=True gives it")
    before, raw = (_bytes(frames[RAW], name) for name in ("before", "raw"))
    alternating = np.arange(2 * len(raw)).reshape(2, -1).T.ravel()
    return bytes_of(pa.concat_arrays([before, raw]).take(pa.array(alternating)))


def _bytes(frame: pd.DataFrame, name: str) -> pa.Array:
    if name not in frame:
        raise FrameError(RAW, name, "the column is needed to write the file as it was")
    try:
        found = pa.array(frame[name], from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        found = None
    if found is None or found.type not in (pa.binary(), _BYTES, pa.null()):
        raise FrameError(RAW, name, "holds something that is not bytes")
    values = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return pc.fill_null(values.cast(_BYTES), b"")


def _rows(data: bytes, start: int, seg: Integers, offset: Integers, length: Integers) -> pd.DataFrame:
    """Cut bytes that begin at `start` of the file into what stands before each segment, and the segment."""
    edges = np.empty(2 * len(seg) + 1, np.int64)
    edges[0], edges[1::2], edges[2::2] = 0, offset - start, offset + length - start
    pieces = pa.Array.from_buffers(_BYTES, 2 * len(seg), [None, pa.py_buffer(edges), pa.py_buffer(data)])
    columns = {"before": pieces.take(_every_second(seg, 0)), "raw": pieces.take(_every_second(seg, 1))}
    return pd.DataFrame({"seg": seg, **{name: _column(values) for name, values in columns.items()}})


def _every_second(seg: Integers, first: int) -> pa.Array:
    return pa.array(np.arange(first, 2 * len(seg), 2))


def _column(values: pa.Array) -> Any:
    return pd.arrays.ArrowExtensionArray(values)
