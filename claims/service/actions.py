"""What people do to money of payers: a refund to a payer; each a journal."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, PostingRefusedError, UsageError
from claims.service.audited import record_with_reason
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.service.runs import running
from claims.store import posted, unannounced
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
    ctx: Context,
    payer_code: str,
    reference: str,
    amount_cents: int,
    paid_on: date,
    posting_date: date,
    *,
    reason: str,
    cheque: str = "",
) -> dict[str, Any]:
    """Post a refund that was sent to a payer, under the payer's number of the claim (rule E13).

    It leaves the cash at once, in hand until the bank line comes. Gives journal_key, announced_cents (what the payer
    still wanted under this number) and unannounced_cents (what of the refund nothing announced: an exception names it).
    Raises PostingRefusedError where the very same refund is in the books; another cheque is another refund.
    """
    if amount_cents <= 0:
        raise PostingRefusedError("A refund must be more than zero.")
    if not reason.strip():
        raise UsageError("A reason is wanted: it is kept with the refund.")
    facts = ("payer-refund", payer_code, reference, amount_cents, paid_on)
    event = _event(*facts, *([cheque] if cheque else []))
    key = f"act:{event}:0"
    lines = _lines(key, "E13", ("2100", "1000"), amount_cents, "refund", "payer-refund", paid_on)
    # Cash names the refund, as patients' money does: so the bank line finds it.
    lines = lines.assign(payer_code=[payer_code, ""], reference=[reference, event])
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        if not unannounced.is_payer(conn, payer_code):
            raise NotFoundError("payer of a remittance", payer_code)
        if posted.is_written(conn, key):
            raise PostingRefusedError(
                "This refund is in the books: same payer, number, amount and day. Another one has a cheque number of "
                "its own."
            )
        announced = max(0, -unannounced.balance(conn, payer_code, reference))
        write_journals(conn, ctx, run_id, posting_date, lines)
        unannounced.keep_named(conn, posting_date)
        body = {"amount_cents": amount_cents, "cheque": cheque}
        record_with_reason(ctx, conn, "payer.refund", f"payer {payer_code}", body, reason)
    unexplained = max(0, amount_cents - announced)
    return {"journal_key": key, "announced_cents": announced, "unannounced_cents": unexplained}
