"""Remittances with postings that somebody has not worked on yet: a few at a time, in posting order."""

from __future__ import annotations

import sqlalchemy as sa

from claims.store import schema

P, R = schema.claim_postings, schema.remittances
_MOST = 800


def next_remittances(conn: sa.Connection, wanted: sa.ColumnElement[bool], claims_at_most: int) -> list[int]:
    """Give remittances that have postings of which `wanted` holds, up to so many postings, at least one."""
    day = sa.func.coalesce(sa.cast(R.c.payment_date, sa.String), "")
    rows = conn.execute(
        sa.select(R.c.remit_id, sa.func.count())
        .join(P, P.c.remit_id == R.c.remit_id)
        .where(wanted)
        .group_by(R.c.remit_id, day, R.c.remit_key)
        .order_by(day, R.c.remit_key)
        .limit(_MOST)
    ).all()
    chosen: list[int] = []
    total = 0
    for remit_id, count in rows:
        total += int(count)
        if chosen and total > claims_at_most:
            break
        chosen.append(int(remit_id))
    return chosen
