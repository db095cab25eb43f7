"""X12 in and out: `read` and `scan` turn bytes into frames, `check` finds what is wrong, `acknowledge` answers it."""

from claims.x12.acknowledge import Acknowledgements, acknowledge, acknowledgement_files, acknowledgement_frames
from claims.x12.answered import claims_in_error
from claims.x12.check import check, scan_checked, verdicts
from claims.x12.file import X12File
from claims.x12.meanings import meanings
from claims.x12.read import read, scan

__all__ = [
    "Acknowledgements",
    "X12File",
    "acknowledge",
    "acknowledgement_files",
    "acknowledgement_frames",
    "check",
    "claims_in_error",
    "meanings",
    "read",
    "scan",
    "scan_checked",
    "verdicts",
]
