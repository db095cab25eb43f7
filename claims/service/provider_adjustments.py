"""Provider-level adjustments (PLB) of remittances become journals and exceptions."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.ledger.provider_adjustments import explain, propose_provider_adjustments
from claims.service.context import Context
from claims.service.journals import write_journals
from claims.store import exceptions, posting, takebacks
from claims.store.handles import Connection


def post_provider_adjustments(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, remit_ids: list[int]
) -> int:
    """Post the PLB amounts of remittances, name what is odd about them and about interest; give the journals."""
    differs = takebacks.interest_that_differs(conn, remit_ids)
    differs = differs.assign(
        type_code="INTEREST_DIFFERS",
        exception_key="INTEREST_DIFFERS:" + differs["remit_key"],
        amount_cents=differs["off_cents"],
    )
    exceptions.open_all(conn, differs, posting_date)
    rows = posting.provider_adjustments(conn, remit_ids)
    if rows.empty:
        return 0
    payables = takebacks.payables(conn)
    rows = explain(rows, payables, takebacks.reissuable(conn, remit_ids))
    proposed = propose_provider_adjustments(rows, payables)
    owner = rows.set_index("provider_adjustment_id")
    lines = pd.concat(proposed.lines, ignore_index=True)
    at = lines["provider_adjustment_id"]
    key = (
        "835:" + owner["remit_key"] + ":plb:" + owner["ordinal"].astype("str") + ":" + owner["generation"].astype("str")
    )
    lines = lines.assign(
        journal_key=key.reindex(at).to_numpy(),
        effective_date=owner["payment_date"].reindex(at).to_numpy(),
        source="835",
        journal_reason="provider-adjustment",
        reverses_key="",
    )
    written = write_journals(conn, ctx, run_id, posting_date, lines)
    raised = pd.concat(proposed.exceptions, ignore_index=True)
    at = raised["provider_adjustment_id"]
    raised = raised.assign(
        exception_key=raised["type_code"] + ":" + key.reindex(at).to_numpy(),
        file_id=owner["file_id"].reindex(at).to_numpy(),
        seg=owner["seg"].reindex(at).to_numpy(),
    )
    exceptions.open_all(conn, raised, posting_date)
    return written
