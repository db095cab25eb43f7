"""X12 in and out: `read` and `scan` turn bytes into frames, `write` and `write_raw` frames into bytes."""

from claims.x12.file import X12File
from claims.x12.lossless import write_raw
from claims.x12.read import read, scan
from claims.x12.write import write

__all__ = ["X12File", "read", "scan", "write", "write_raw"]
