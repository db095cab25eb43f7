"""Whether a remittance was posted on a day, as a condition: also one that was undone since, or posted again."""

from __future__ import annotations

import sqlalchemy as sa

from claims.store import schema
from claims.store.queries.asof import AsOf, J

R, U = schema.remittances, schema.undone_remittances


def was_posted(as_of: AsOf, remits: sa.FromClause = R) -> sa.ColumnElement[bool]:
    """Condition on remittances, or an alias: a posting stood at the end of the day, as known at the instant."""
    undone = sa.select(sa.func.max(U.c.undone_at)).where(U.c.remit_id == remits.c.remit_id)
    undone_at = undone.correlate(remits).scalar_subquery()
    own = sa.select(sa.literal(1)).where(
        J.c.remit_id == remits.c.remit_id, J.c.source == "835", J.c.recorded_at > sa.func.coalesce(undone_at, "")
    )
    # A remittance of zeros posts no journal: its day alone tells.
    known = sa.or_(own.where(J.c.recorded_at <= as_of.known_at).exists(), ~own.exists())
    stands = sa.and_(remits.c.state == "posted", remits.c.posting_date <= as_of.day, known)
    stood = sa.select(sa.literal(1)).where(
        U.c.remit_id == remits.c.remit_id,
        U.c.posting_date <= as_of.day,
        U.c.posted_at <= as_of.known_at,
        sa.or_(U.c.undone_posting_date > as_of.day, U.c.undone_at > as_of.known_at),
    )
    return sa.or_(stands, stood.exists())
