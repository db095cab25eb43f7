"""A charges CSV becomes claims to send: rows in, stored claims and a finding per refused row out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from claims import findings
from claims.charges import read_charges_file
from claims.findings import REJECT, Finding
from claims.identifiers import normal_number
from claims.ledger.identity import claim_keys
from claims.service.file_outcome import close_rows
from claims.store import filing, x12_rows
from claims.store.handles import Connection


def load_charges(conn: Connection, row: filing.FileRow, path: Path, posting_date: date) -> None:
    """Store the good rows of a charges file in the caller's transaction."""
    charges = read_charges_file(path)
    claims = charges.claims.assign(
        claim_number_normal=normal_number(charges.claims["claim_number"]),
        claim_key=claim_keys(charges.claims),
        origin="to_send",
        life="draft",
        state="new",
        reason_code="",
        transaction_id=0,
    )
    others = charges.other_payers
    others = others.assign(seg=others["claim_seg"])  # the row, as an address
    count = x12_rows.save_claims(conn, row.file_id, claims, charges.service_lines, others)
    counts = {"claims": count, "lines": len(charges.service_lines), "refused": len(charges.findings)}
    problems = charges.findings
    if problems.empty and not count:  # a bank statement may have nothing to tell; charges without a row are a mistake
        problems = findings.frame(
            [Finding("no-rows", REJECT, "the file holds no rows; it is refused", expected="rows")]
        )
    close_rows(conn, row, "charges", count, problems, counts, posting_date)
