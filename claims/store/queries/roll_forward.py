"""The ledger summed by period, kind of journal and account."""

from __future__ import annotations

from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import AsOf, J, count, total

L = schema.ledger_lines
RECEIVABLE = ("1100", "1110", "1200")


def first_posting_day(conn: sa.Connection, known_at: str) -> date | None:
    """Read the first day that anything was posted on, as known at an instant; None: nothing was."""
    return conn.execute(sa.select(sa.func.min(J.c.posting_date)).where(J.c.recorded_at <= known_at)).scalar()


def receivable_movements(conn: sa.Connection, as_of: AsOf, start: date) -> pd.DataFrame:
    """Sum journals that touch the receivable, by account, before ``start`` and from it on.

    Reversals are apart, and what a person undid or posted again.
    """
    touches = sa.select(L.c.journal_id).where(L.c.account.in_(RECEIVABLE))
    is_before = sa.case((J.c.posting_date < start, 1), else_=0)
    is_reversal = sa.case((J.c.reverses_journal_id.is_not(None), 1), else_=0)
    # A person's undo, and what a replay posted again, are no payer's doing.
    replays = sa.select(schema.runs.c.run_id).where(schema.runs.c.kind == "replay")
    is_again = sa.case((sa.or_(J.c.source == "undo", J.c.run_id.in_(replays)), 1), else_=0)
    return frame(
        conn,
        sa.select(
            is_before.label("is_before"),
            is_reversal.label("is_reversal"),
            is_again.label("is_again"),
            L.c.account,
            total(L.c.amount_cents).label("amount_cents"),
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(as_of.journals(), J.c.journal_id.in_(touches))
        .group_by(is_before, is_reversal, is_again, L.c.account),
    )


def account_movements(conn: sa.Connection, as_of: AsOf, start: date) -> pd.DataFrame:
    """Sum debits and credits of every account, before ``start`` and from it on."""
    is_before = sa.case((J.c.posting_date < start, 1), else_=0)
    return frame(
        conn,
        sa.select(
            is_before.label("is_before"),
            L.c.account,
            total(sa.case((L.c.amount_cents > 0, L.c.amount_cents), else_=0)).label("debit_cents"),
            total(sa.case((L.c.amount_cents < 0, -L.c.amount_cents), else_=0)).label("credit_cents"),
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(as_of.journals())
        .group_by(is_before, L.c.account),
    )


def journals(conn: sa.Connection, as_of: AsOf) -> int:
    """Count journals."""
    return int(conn.execute(sa.select(count()).select_from(J).where(as_of.journals())).scalar_one())
