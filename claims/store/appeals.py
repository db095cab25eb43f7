"""Rows of appeals: what was prepared, and what was sent."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import insert_keyed

T = schema.appeals


def put(conn: sa.Connection, row: dict[str, object]) -> int:
    """Insert a prepared appeal and give its appeal_id; the same packet of the same level again is the row it was."""
    same = [T.c[name] == row[name] for name in ("case_id", "level", "packet_sha256", "letter_sha256")]
    known = conn.scalar(sa.select(T.c.appeal_id).where(*same))
    if known is not None:
        return int(known)
    inserted = insert_keyed(conn, T, pd.DataFrame([row]))
    return int(np.int64(inserted["appeal_id"].iloc[0]))


def mark_sent(
    conn: sa.Connection, case_id: int, level: int, sent_date: date, *, proof: str, actor: str, at: str
) -> int:
    """Write that the appeal of a level was sent: when, how that can be proved, who says so; give its appeal_id.

    It is the newest packet of that level; an appeal that we made no packet for becomes a row without one.
    """
    newest = sa.select(sa.func.max(T.c.appeal_id)).where(T.c.case_id == case_id, T.c.level == level)
    appeal_id = conn.scalar(newest)
    if appeal_id is None:
        own = {"case_id": case_id, "level": level, "prepared_date": sent_date.isoformat(), "prepared_at": at}
        appeal_id = put(conn, _NO_PACKET | own | {"prepared_by": actor})
    changes = {"state": "sent", "sent_date": sent_date, "proof": proof, "sent_by": actor, "sent_at": at}
    conn.execute(sa.update(T).where(T.c.appeal_id == appeal_id).values(changes))
    return int(appeal_id)


_HASHES = ("template_sha256", "packet_sha256", "letter_sha256", "manifest_sha256")
_NO_PACKET = dict.fromkeys(("template", *_HASHES), "") | {"kind": "own", "gaps": "[]", "state": "prepared"}
