"""pyx12's own validator, run quietly on bytes: the reference for what we write."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path

import pyx12.params
import pyx12.x12n_document


def reference_errors(data: bytes) -> list[str]:
    """Give the rejecting segments of pyx12's acknowledgement; empty when it accepts the file."""
    answer = io.StringIO()
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file.edi"
            path.write_bytes(data)
            accepted = pyx12.x12n_document.x12n_document(pyx12.params.params(), str(path), answer, None, None)
    finally:
        logging.disable(logging.NOTSET)
    if accepted:
        return []
    lines = [line.strip("~") for line in answer.getvalue().splitlines()]
    return [line for line in lines if line.startswith(("IK3", "IK4", "AK3", "AK4", "IK5*R", "AK9*R", "TA1"))] or ["refused"]
