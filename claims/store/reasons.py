"""Why people did what no row of its own tells of: their words, which may name a patient, beside the audit chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.rows import in_parts, insert_keyed

REASON = schema.act_reasons


def keep(conn: sa.Connection, action: str, reason: str, actor: str) -> int:
    """Write a reason and give its act_reason_id."""
    row = {"action": action, "reason": reason, "actor": actor, "recorded_at": clock.now()}
    return int(insert_keyed(conn, REASON, pd.DataFrame([row]).astype("str"))["act_reason_id"].iloc[0])


def words(conn: sa.Connection, act_reason_ids: Iterable[int]) -> dict[int, str]:
    """Read reasons by their act_reason_id."""
    return dict(_words(conn, act_reason_ids))


def _words(conn: sa.Connection, ids: Iterable[int]) -> Iterator[tuple[int, str]]:
    for part in in_parts(ids):
        select = sa.select(REASON.c.act_reason_id, REASON.c.reason).where(REASON.c.act_reason_id.in_(part))
        yield from ((int(one), str(reason)) for one, reason in conn.execute(select))
