"""The order in which remittances are posted, and so what comes before what: payment day, then key."""

from __future__ import annotations

import sqlalchemy as sa

from claims.store import schema

R = schema.remittances


def payment_day(remits: sa.FromClause = R) -> sa.ColumnElement[str]:
    """The day of a remittance's payment (ISO), empty where it has none."""
    return sa.func.coalesce(sa.cast(remits.c.payment_date, sa.String), "")


def posting_order(remits: sa.FromClause = R) -> sa.ColumnElement[str]:
    """A text that sorts remittances as they post."""
    order: sa.ColumnElement[str] = payment_day(remits) + "|" + remits.c.remit_key
    return order
