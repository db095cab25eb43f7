"""Statements leave the program: written as a report, and recorded, for they hold the data of patients."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from claims.reports import manifest
from claims.service.audited import record
from claims.service.context import Context
from claims.service.report import write_report
from claims.service.statements import NAME, positions
from claims.store import clock, patient_statements
from claims.store.engine import write
from claims.store.queries.asof import AsOf


def write_statements(
    ctx: Context, as_of: date, known_at: str | None = None, format: str = "csv", out: Path = Path()
) -> Path:
    """Write the statements into a folder and record that patients' data left in it; return the manifest.

    Each claim on them keeps the day: how many statements a patient got says whether a collector may be next. What is
    written as the books were known earlier is a copy, and counts for nothing.
    """
    path = write_report(ctx, NAME, as_of, known_at, format, out)
    content = manifest.load(path.parent)
    rows = {table["name"]: table["rows"] for table in content["tables"]}
    body = {"rows": rows[NAME], "manifest_sha256": content["manifest_sha256"], "format": format}
    with write(ctx.engine) as conn:
        if known_at is None:
            found, _ = positions(conn, AsOf(as_of, clock.now()))
            due = found.loc[found["due_cents"] > 0, "due_cents"]
            patient_statements.keep(conn, due, ctx.settings.today())
        record(ctx, conn, "statements.export", f"statements as of {as_of}", body)
    return path
