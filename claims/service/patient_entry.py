"""Patients' payments are taken in, from a file or one by one, and posted at once.

What a person types becomes a file of one row in the vault, so that each payment stands in bytes and is read one way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from claims import findings
from claims.errors import UsageError
from claims.ledger.patient_file import is_patient_file, methods, read_patient_file, write_rows
from claims.money import amount
from claims.service.audited import record
from claims.service.context import Context
from claims.service.intake import UNREADABLE, IngestReport, Outcome, Receipt, take_in
from claims.service.patient_credits import name_credits
from claims.service.patient_intake import CONTENT
from claims.service.patient_payments import post_waiting
from claims.service.runs import running
from claims.store import filing, patients
from claims.store.engine import write

_HEAD = 4096


@dataclass(frozen=True)
class Added:
    """A payment as it stands now; `is_new`: it was not there before."""

    patient_payment_id: int
    state: str
    reason_code: str
    is_new: bool


def import_payments(
    ctx: Context, paths: Sequence[Path], posting_date: date, advance: Callable[[], None] = lambda: None
) -> IngestReport:
    """Take in files of patients' payments and post them; the same file or row again changes nothing.

    A file of anything else is refused and not even registered: `ingest` can still take it.
    """
    ours = [path for path in paths if _is_ours(path)]
    with running(ctx, "payments", posting_date) as (run_id, counts):
        report = take_in(ctx, run_id, "payments", ours, posting_date, advance)
        for path in (path for path in paths if path not in ours):
            report.receipts.append(Receipt(path, 0, 0, False))
            report.outcomes.append(Outcome(0, "", "refused", "not-payments", "", {}))
            report.counts["refused"] += 1
        with write(ctx.engine) as conn:
            posted = post_waiting(conn, ctx, run_id, posting_date)
            name_credits(conn, posting_date)
            record(ctx, conn, "payment.import", f"{len(paths)} file(s)", {**report.counts, **posted})
        counts.update(report.counts | posted)
    return report


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_patient_file(file.read(_HEAD))
    except UNREADABLE:
        return True  # taken in, and listed as what it is


def add_patient_payment(
    ctx: Context,
    claim: str,
    amount_cents: int,
    paid_on: date,
    method: str,
    posting_date: date,
    *,
    reference: str = "",
    payment_id: str = "",
    member_id: str = "",
    paid_by: str = "",
    batch_reference: str = "",
    note: str = "",
) -> Added:
    """Take in and post one payment; `claim`: a number, ``id:`` and our own, or empty for a payment on account.

    The same payment again changes nothing; `reference` or `payment_id` tells two equal ones of a day apart. Raises
    UsageError for what no row of a file may say.
    """
    data = write_rows(
        [
            {
                "payment_id": payment_id,
                "paid_on": paid_on.isoformat(),
                "amount": amount(amount_cents),
                "method": method,
                "claim_number": claim,
                "member_id": member_id,
                "paid_by": paid_by,
                "reference": reference,
                "batch_reference": batch_reference,
                "note": note,
            }
        ]
    )
    row = read_patient_file(data)
    wrong = row.findings[row.findings["severity"] != findings.NOTE]
    if len(wrong):
        told = "; ".join(f"{name}: {expected}" for name, expected in wrong[["element", "expected"]].to_numpy())
        raise UsageError(f"This payment cannot be taken. {told}. Methods: {', '.join(methods())}.")
    key, body = str(row.payments["payment_key"].iloc[0]), str(row.payments["body_hash"].iloc[0])
    sha256 = ctx.vault.put(data)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        is_new = patients.keyed(conn, key, body).empty
        if is_new:
            counts = {"rows": 1, "new": 1, "refused": 0}
            file_id = filing.register_produced(
                conn, sha256, len(data), content=CONTENT, sets="", counts=counts, run_id=run_id
            )
            patients.save_payments(conn, file_id, row.payments, ctx.actor)
            post_waiting(conn, ctx, run_id, posting_date)
            name_credits(conn, posting_date)
        kept = patients.keyed(conn, key, body).iloc[0]
        number = int(kept["patient_payment_id"])
        if is_new:
            record(ctx, conn, "payment.add", f"payment {number}", {"amount_cents": amount_cents, "method": method})
    return Added(number, str(kept["state"]), str(kept["reason_code"]), is_new)
