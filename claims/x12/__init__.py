"""X12 in and out: `read` and `scan` turn bytes into frames."""

from claims.x12.file import X12File
from claims.x12.read import read, scan

__all__ = ["X12File", "read", "scan"]
