"""What people do to money of payers: a refund to a payer; each a journal."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pandas as pd

from claims.errors import PostingRefusedError
from claims.service.audited import record
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.runs import running
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
