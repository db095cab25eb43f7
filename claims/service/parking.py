"""Claim payments that stood on something that was undone: their cash waits on 2200 until they are posted again."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.ledger import proposal
from claims.ledger.rules import cash_lines
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import exceptions, posting, undone
from claims.store import undo as rows
from claims.store.handles import Connection


def put_on_unapplied(conn: Connection, ctx: Context, run_id: int, day: date, claim_payment_ids: list[int]) -> int:
    """Move the cash of claim payments from clearing to 2200; give the journals."""
    payments = rows.payments(conn, claim_payment_ids)
    rule = (payments["status_code"] == "22").map({True: "C22", False: "C31"}).astype("str")
    payments = payments.assign(rule_id=rule, waiting_reason="", family_id=0)
    lines = proposal.keyed(cash_lines(payments), payments)
    if lines.empty:
        return 0
    owner = payments.set_index("claim_payment_id")
    at = lines["claim_payment_id"]
    lines = lines.assign(
        remit_id=owner["remit_id"].reindex(at).to_numpy(),
        effective_date=owner["payment_date"].reindex(at).to_numpy(),
        source="835",
        journal_reason="remittance",
    )
    return write_journals(conn, ctx, run_id, day, lines)


def park(conn: Connection, ctx: Context, run_id: int, day: date, waiting: pd.DataFrame) -> int:
    """Let claim payments without a posting (claim_payment_id, remit_id, family_id, payer_sequence) wait."""
    if waiting.empty:
        return 0
    undone.wait(
        conn, waiting.assign(outcome=proposal.UNAPPLIED_CASH, reason_code=posting.ON_UNDONE, waits_since=""), day
    )
    name(conn, day, posting.ON_UNDONE, waiting)
    return put_on_unapplied(conn, ctx, run_id, day, waiting["claim_payment_id"].tolist())


def name(conn: Connection, day: date, type_code: str, waiting: pd.DataFrame, *, is_cash: bool = True) -> None:
    """Open an exception for each claim payment (claim_payment_id, family_id), worth its cash or nothing."""
    payments = rows.payments(conn, waiting["claim_payment_id"].tolist())
    family = waiting.set_index("claim_payment_id")["family_id"].reindex(payments["claim_payment_id"])
    named = payments.assign(
        type_code=type_code,
        exception_key=type_code + ":" + payments["remit_key"] + ":" + payments["ordinal"].astype("str"),
        amount_cents=payments["paid_cents"] * int(is_cash),
        family_id=family.to_numpy(),
    )
    exceptions.open_all(conn, named, day)
