"""Keyed ledger lines become journals in the store."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.ledger import journals
from claims.service.context import Context
from claims.store import posted
from claims.store.handles import Connection

JOURNAL_FACTS = [
    "source",
    "reason_code",
    "effective_date",
    "remit_id",
    "claim_payment_id",
    "family_id",
    "claim_id",
    "reverses_key",
    "continues_journal_id",
]


def write_journals(conn: Connection, ctx: Context, run_id: int, posting_date: date, lines: pd.DataFrame) -> int:
    """Assemble keyed ledger lines into journals and write them; give the number of journals.

    Where the data names no day, the accounting day is the effective date too.
    """
    if lines.empty:
        return 0
    links = ("remit_id", "claim_payment_id", "family_id", "claim_id", "continues_journal_id")
    missing = {name: 0 for name in links if name not in lines}
    # A ledger line may carry a CARC in reason_code; the journal's own reason travels beside it.
    keyed = lines.assign(**missing)
    dated = keyed["effective_date"].fillna("")
    keyed["effective_date"] = dated.where(dated != "", posting_date.isoformat())
    facts = [name if name != "reason_code" else "journal_reason" for name in JOURNAL_FACTS]
    if "journal_reason" not in keyed:
        keyed = keyed.assign(journal_reason=keyed["reason_code"], reason_code="")
    heads, rows = journals.assemble(keyed, facts)
    heads = heads.rename(columns={"journal_reason": "reason_code"})
    rows = rows.drop(columns=["source", "effective_date", "journal_reason", "reverses_key", "continues_journal_id"])
    return posted.save_journals(conn, heads, rows, posting_date=posting_date, actor=ctx.actor, run_id=run_id)
