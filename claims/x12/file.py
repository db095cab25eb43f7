"""What reading gives: one file, or a run of its transaction sets, as frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from claims import findings as finding_rows
from claims import frames as frame_parts


@dataclass(repr=False)
class X12File:
    """Frames of a file, or of a part of it.

    A part `continues` when its last transaction set goes on in the next part, and `continued` when its first began in
    an earlier one. The row of a set in `transactions` stands in the part where the set ends, with the totals of all.
    `path` is what a whole file was read from, "" for bytes and for parts.
    """

    sha256: str
    bytes: int
    frames: dict[str, pd.DataFrame]
    continued: bool = False
    continues: bool = False
    path: str = ""

    @property
    def findings(self) -> pd.DataFrame:
        """Return what is wrong or odd, in order of segments."""
        return self.frames["findings"]

    @property
    def transactions(self) -> pd.DataFrame:
        """Return one row per transaction set (ST) and per TA1."""
        return self.frames["transactions"]

    @property
    def interchanges(self) -> pd.DataFrame:
        """Return one row per ISA."""
        return self.frames["interchanges"]

    def summary(self, name: str = "") -> dict[str, Any]:
        """Return counts, sums and findings as `claims read --json` has them for one file.

        `name` becomes its `file`, by default the path that was read.
        """
        from claims.x12.summary import summary

        return summary(name or self.path, [self])

    def __repr__(self) -> str:
        sets = zip(self.transactions["set_code"].tolist(), self.transactions["guide"].tolist(), strict=True)
        kinds = [f"{count} x {' '.join(kind).strip()}" for kind, count in Counter(sets).items()]
        bad = self.findings["severity"].value_counts()
        found = [f"{bad[severity]} {severity}" for severity in reversed(finding_rows.SEVERITIES) if severity in bad]
        inside = [
            f"{self.bytes:,} bytes",
            ", ".join(kinds) or "no transaction set",
            f"claims: {int(self.transactions['claims'].sum()):,}",
            f"findings: {', '.join(found) or 'none'}",
        ]
        return f"<X12File {self.sha256[:12] or 'not hashed'}: {'; '.join(inside)}>"


def joined(parts: list[X12File], readable: object = None) -> X12File:
    """Put the parts of one file together again; `readable` is what was read, a path or bytes."""
    names = parts[0].frames
    frames = {name: frame_parts.joined([part.frames[name] for part in parts]) for name in names}
    if len(parts) > 1:
        frames["findings"] = frames["findings"].sort_values(finding_rows.ORDER, kind="stable", ignore_index=True)
        frames["transactions"] = frames["transactions"].sort_values("seg", kind="stable", ignore_index=True)
    path = str(readable) if isinstance(readable, str | Path) else ""
    return X12File(parts[0].sha256, parts[0].bytes, frames, path=path)


def refused(sha256: str, size: int, frames: dict[str, pd.DataFrame], finding: finding_rows.Finding) -> X12File:
    """Return a file without rows and with the one finding that says why."""
    return X12File(sha256, size, {**frames, "findings": finding_rows.frame([finding])})
