"""X12 in and out: `read` and `scan` turn bytes into frames, `check` holds them against guides, `acknowledge` answers
them, `write` and `write_raw` turn frames into bytes, `redact` masks people, `difference` compares.

docs/x12.md has every name and an example, docs/frames.md the frames.
"""

from claims.errors import FrameError
from claims.x12.acknowledge import Acknowledgements, acknowledge, acknowledgement_files, acknowledgement_frames
from claims.x12.advice import advice
from claims.x12.answered import claims_in_error
from claims.x12.check import check, scan_checked
from claims.x12.difference import difference
from claims.x12.file import X12File
from claims.x12.lossless import write_raw
from claims.x12.meanings import meanings
from claims.x12.read import read, scan
from claims.x12.redact import redact
from claims.x12.verdicts import verdicts
from claims.x12.write import write

__all__ = [
    "Acknowledgements",
    "FrameError",
    "X12File",
    "acknowledge",
    "acknowledgement_files",
    "acknowledgement_frames",
    "advice",
    "check",
    "claims_in_error",
    "difference",
    "meanings",
    "read",
    "redact",
    "scan",
    "scan_checked",
    "verdicts",
    "write",
    "write_raw",
]
