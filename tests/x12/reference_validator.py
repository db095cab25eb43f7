"""pyx12's own validator, run quietly on bytes: the reference for what we write."""

from __future__ import annotations

import io
import logging
import tempfile
from pathlib import Path

import pyx12.params
import pyx12.x12n_document


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(record.getMessage())


def reference_errors(data: bytes) -> list[str]:
    """Give what pyx12 has against a file; empty when it accepts it."""
    said, log = _Said(), logging.getLogger("pyx12.error_handler")
    library = logging.getLogger("pyx12")  # says loudly that it cannot write a 999 for an 835, which is no fault of ours
    before = log.level, library.propagate
    log.setLevel(logging.ERROR)
    log.addHandler(said)
    library.propagate = False
    library.addHandler(nothing := logging.NullHandler())
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file.edi"
            path.write_bytes(data)
            accepted = pyx12.x12n_document.x12n_document(pyx12.params.params(), str(path), io.StringIO(), None, None)
    finally:
        log.level, library.propagate = before
        log.removeHandler(said)
        library.removeHandler(nothing)
    return said.sentences or ([] if accepted else ["refused without a reason"])
