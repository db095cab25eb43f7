"""A file of patients' payments becomes stored payments: rows in, stored payments and a finding per refused row out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from claims import findings
from claims.findings import NOTE, REJECT, Finding
from claims.ledger.patient_file import read_patient_file
from claims.service.file_outcome import close_rows, close_whole
from claims.store import filing, patients
from claims.store.handles import Connection

CONTENT = "payments"


def load_patient_payments(
    conn: Connection, row: filing.FileRow, path: Path, posting_date: date, actor: str = ""
) -> None:
    """Store the good rows in the caller's transaction; reconcile posts them."""
    read = read_patient_file(path.read_bytes())
    new = patients.save_payments(conn, row.file_id, read.payments, actor)
    problems = read.findings
    if not read.rows and problems.empty:
        nothing = Finding("no-rows", REJECT, "the file holds no rows; it is refused", expected="rows")
        problems = findings.frame([nothing])
    grave = problems[problems["severity"] != NOTE]
    counts = {"rows": read.rows, "new": new, "refused": int(grave["seg"].nunique())}
    if grave.empty:
        close_whole(conn, row, CONTENT, problems, counts, posting_date)
    else:
        first = pd.concat([grave, problems[problems["severity"] == NOTE]], ignore_index=True)
        close_rows(conn, row, CONTENT, len(read.payments), first, counts, posting_date)
