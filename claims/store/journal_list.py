"""The journals that a run wrote, account by account."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store.load import frame
from claims.store.schema import journals, ledger_lines


def of_run(conn: sa.Connection, run_id: int) -> pd.DataFrame:
    """Journals of a run in order of their key: idempotency_key, source, reason, day, account and cents."""
    return frame(
        conn,
        sa.select(
            journals.c.idempotency_key,
            journals.c.source,
            journals.c.reason_code,
            journals.c.effective_date,
            ledger_lines.c.account,
            sa.cast(sa.func.sum(ledger_lines.c.amount_cents), sa.BigInteger).label("amount_cents"),
        )
        .join(ledger_lines, ledger_lines.c.journal_id == journals.c.journal_id)
        .where(journals.c.run_id == run_id)
        .group_by(
            journals.c.idempotency_key,
            journals.c.source,
            journals.c.reason_code,
            journals.c.effective_date,
            ledger_lines.c.account,
        )
        .order_by(journals.c.idempotency_key, ledger_lines.c.account),
    )
