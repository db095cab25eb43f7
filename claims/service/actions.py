"""What people do to money: a patient's payment or refund, a refund to a payer; each a journal."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pandas as pd

from claims.errors import PostingRefusedError
from claims.service.audited import record
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.runs import running
from claims.store import balances
from claims.store.engine import write


def _event(*facts: object) -> str:
    """A key that the same facts give again, so that a repeated call cannot post twice."""
    return sha256("\x1f".join(str(fact) for fact in facts).encode()).hexdigest()[:32]


def _lines(
    journal_key: str, rule_id: str, accounts: tuple[str, str], amount_cents: int, source: str, reason: str, day: date
) -> pd.DataFrame:
    """Move an amount: debit the first account, credit the second."""
    return pd.DataFrame(
        {
            "journal_key": journal_key,
            "account": list(accounts),
            "amount_cents": [amount_cents, -amount_cents],
            "rule_id": rule_id,
            "source": source,
            "journal_reason": reason,
            "effective_date": day.isoformat(),
            "reverses_key": "",
        }
    )


def add_patient_payment(
    ctx: Context, family_id: int, amount_cents: int, paid_on: date, reference: str, posting_date: date
) -> None:
    """Post money that a patient paid on a claim: cash against the patient's balance (rule E06).

    `reference` (cheque number, receipt) tells two equal payments of a day apart.
    """
    if amount_cents <= 0:
        raise PostingRefusedError("A patient's payment must be more than zero.")
    event = _event("patient-payment", family_id, amount_cents, paid_on, reference)
    lines = _lines(f"act:{event}:0", "E06", ("1000", "1200"), amount_cents, "patient", "patient-payment", paid_on)
    lines["family_id"] = family_id
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        write_journals(conn, ctx, run_id, posting_date, lines)
        record(ctx, conn, "payment.add", f"family {family_id}", {"amount_cents": amount_cents})


def refund_patient(
    ctx: Context, family_id: int, amount_cents: int, paid_on: date, reference: str, posting_date: date
) -> None:
    """Pay a patient's credit back: it becomes a refund owed (rule E07), and the refund leaves the bank (E08)."""
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        credit = -balances.balance(conn, family_id, "1200")
        if not 0 < amount_cents <= credit:
            raise PostingRefusedError("A refund must be more than zero and at most the patient's credit.")
        event = _event("patient-refund", family_id, amount_cents, paid_on, reference)
        told = (amount_cents, "patient", "patient-refund", paid_on)
        owed = _lines(f"act:{event}:owed:0", "E07", ("1200", "2300"), *told)
        paid = _lines(f"act:{event}:paid:0", "E08", ("2300", "1000"), *told)
        lines = pd.concat([owed, paid], ignore_index=True).assign(family_id=family_id)
        write_journals(conn, ctx, run_id, posting_date, lines)
        record(ctx, conn, "patient.refund", f"family {family_id}", {"amount_cents": amount_cents})


def refund_payer(
    ctx: Context, payer_code: str, reference: str, amount_cents: int, paid_on: date, posting_date: date
) -> None:
    """Post a refund that was sent to a payer, under the payer's number of the claim (rule E13)."""
    if amount_cents <= 0:
        raise PostingRefusedError("A refund must be more than zero.")
    event = _event("payer-refund", payer_code, reference, amount_cents, paid_on)
    lines = _lines(f"act:{event}:0", "E13", ("2100", "1000"), amount_cents, "refund", "payer-refund", paid_on)
    lines = lines.assign(payer_code=payer_code, reference=[reference, ""])
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        write_journals(conn, ctx, run_id, posting_date, lines)
        record(ctx, conn, "payer.refund", f"payer {payer_code}", {"amount_cents": amount_cents})
