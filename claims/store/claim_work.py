"""Write what people do with a claim that an edit stops: owner, notes, that they gave it up or let it go."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.bulk_update import bulk_update
from claims.store.rows import frame_of, insert_keyed, update_where_in

W = schema.claim_work
LET_GO = "let-go"  # a person sends it although its answer is here, in a remittance that is held


def save(conn: sa.Connection, rows: pd.DataFrame) -> None:
    """Write the columns of `rows` beside claim_id (owner, notes, state); a row begins with the first of these."""
    select = sa.select(W.c.claim_id, W.c.claim_work_id)
    known = frame_of(conn, select, W.c.claim_id, rows["claim_id"].tolist())
    new = rows[~rows["claim_id"].isin(known["claim_id"])]
    begin = {"state": "open", "owner": "", "notes": ""}
    insert_keyed(conn, W, new.assign(**{name: value for name, value in begin.items() if name not in new}))
    bulk_update(conn, W, known.merge(rows, on="claim_id").drop(columns="claim_id"))


def follow(conn: sa.Connection, before: Sequence[int], after: Sequence[int]) -> None:
    """Let owner and notes of claims go to those that took their place, one for one, so that nobody loses them."""
    own = frame_of(conn, sa.select(W.c.claim_work_id, W.c.claim_id), W.c.claim_id, before)
    new = dict(zip(before, after, strict=True))
    for row_id, claim_id in own.itertuples(index=False):
        update_where_in(conn, W, W.c.claim_work_id, [int(row_id)], claim_id=int(new[claim_id]))
