"""Which of several claims of one number stands: the claims of an exception, and what was done with them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.identities import CLAIM_CONFLICT, CONFLICT_TYPE, claims_like
from claims.store.rows import frame_of, update_where_in

C, E, EVENT, J = schema.claims, schema.exceptions, schema.exception_events, schema.journals
TYPE = CONFLICT_TYPE


def rivals(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Claims of the number that an exception is about, as `identities.claims_like`, with is_own (of its content).

    Of copies that which was in the books stands before others. Those whose state is new stay out: nobody has told them
    from repeats yet.
    """
    select = sa.select(C.c.claim_id, C.c.body_hash).join(E, E.c.claim_id == C.c.claim_id)
    claim_id, body_hash = conn.execute(select.where(E.c.exception_id == exception_id)).one()
    rows = claims_like(conn, claim_id)
    charged = sa.select(J.c.claim_id).distinct().where(J.c.source == "charge")
    was_charged = rows["claim_id"].isin(frame_of(conn, charged, J.c.claim_id, rows["claim_id"].tolist())["claim_id"])
    rows = rows.assign(is_own=rows["body_hash"] == body_hash, was_charged=was_charged)
    rows = rows[rows["state"] != "new"]
    return rows.sort_values(["origin", "was_charged"], ascending=[True, False], kind="stable", ignore_index=True)


def events(conn: sa.Connection, exception_keys: Iterable[str]) -> int:
    """Count what was done with exceptions of some keys: what a person saw, where it is the same."""
    of_keys = sa.select(sa.func.count()).select_from(EVENT).join(E, E.c.exception_id == EVENT.c.exception_id)
    return int(conn.scalar(of_keys.where(E.c.exception_key.in_(list(exception_keys)))) or 0)


def choose(conn: sa.Connection, claim_id: int) -> None:
    """Let a held claim stand. What it was held for stays noted, for reports of earlier days."""
    update_where_in(conn, C, C.c.claim_id, [claim_id], state="stored", reason_code=CLAIM_CONFLICT)
