"""The state of the books as bytes: every data file of the three reports, and the counts of what hangs on them."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from claims.service.report import write_report

END_OF_TIME = "9999-12-31T23:59:59.999999Z"
REPORTS = ("tieout", "denials", "aging")


def fingerprint(ctx, as_of: date) -> dict[str, bytes]:
    """Data files of all reports by name (the manifest, which names the moment, stays out)."""
    with tempfile.TemporaryDirectory() as folder:
        for name in REPORTS:
            write_report(ctx, name, as_of, END_OF_TIME, "csv", Path(folder) / name)
        files = sorted(path for path in Path(folder).rglob("*.csv"))
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def differences(left: dict[str, bytes], right: dict[str, bytes]) -> list[str]:
    """Names of the files that are not the same."""
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
