"""What people do to money of payers: a denial written off, a refund to a payer; each a journal."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError
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


def write_off_denial(
    ctx: Context, family_id: int, reason: str, posting_date: date, line_number: int | None = None
) -> int:
    """Write off what stands denied on a claim, or on one of its lines (rule E09); give the cents.

    Each journal continues the posting that held the denial, so that a later reversal takes the write-off with it.
    """
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        held = balances.held_denials(conn, family_id)
        if line_number is not None:
            held = held[held["line_number"] == line_number]
        if held.empty:
            raise NotFoundError("held denial of claim family", family_id)
        event = _event("write-off", family_id, posting_date, reason)
        base = held.assign(
            journal_key=[
                f"act:{event}:{origin}:{line}:0"
                for origin, line in zip(held["origin_journal_id"].tolist(), held["line_number"].tolist(), strict=True)
            ],
            rule_id="E09",
            family_id=family_id,
            source="denial",
            journal_reason="write-off",
            effective_date=posting_date.isoformat(),
            reverses_key="",
            continues_journal_id=held["origin_journal_id"],
        )
        lines = pd.concat(
            [base.assign(account="4200"), base.assign(account="1110", amount_cents=-base["amount_cents"])],
            ignore_index=True,
        )
        write_journals(conn, ctx, run_id, posting_date, lines)
        cents = int(held["amount_cents"].sum())
        record(ctx, conn, "denial.write-off", f"family {family_id}", {"amount_cents": cents})
    return cents
