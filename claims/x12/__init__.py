"""X12 in and out: `read` and `scan` turn bytes into frames, `check` and `scan_checked` also hold them against guides.

docs/x12.md has an example, docs/frames.md the frames.
"""

from claims.x12.advice import advice
from claims.x12.check import check, scan_checked, verdicts
from claims.x12.file import X12File
from claims.x12.read import read, scan

__all__ = [
    "X12File",
    "advice",
    "check",
    "read",
    "scan",
    "scan_checked",
    "verdicts",
]
