"""Write what people do with a claim that an edit stops: whose it is, what they note, that they gave it up."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import frame_of, insert_keyed, update_where_in

W = schema.claim_work


def save(conn: sa.Connection, claim_id: int, **values: str) -> None:
    """Write owner, notes or state of one; a row begins with the first of these."""
    known = conn.scalar(sa.select(W.c.claim_work_id).where(W.c.claim_id == claim_id))
    if known is None:
        insert_keyed(
            conn, W, pd.DataFrame([{"claim_id": claim_id, "state": "open", "owner": "", "notes": ""} | values])
        )
    else:
        update_where_in(conn, W, W.c.claim_work_id, [known], **values)


def follow(conn: sa.Connection, before: Sequence[int], after: Sequence[int]) -> None:
    """Let owner and notes of claims go to those that took their place, one for one, so that nobody loses them."""
    own = frame_of(conn, sa.select(W.c.claim_work_id, W.c.claim_id), W.c.claim_id, before)
    new = dict(zip(before, after, strict=True))
    for row_id, claim_id in own.itertuples(index=False):
        update_where_in(conn, W, W.c.claim_work_id, [int(row_id)], claim_id=int(new[claim_id]))
