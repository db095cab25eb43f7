"""Rows of appeals: the packets that were made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import insert_keyed

T = schema.appeals


def put(conn: sa.Connection, row: dict[str, object]) -> int:
    """Insert a prepared appeal and give its appeal_id; the newest of its level made once more is the row it was.

    One that was the newest before another is a row of its own: what was prepared last is the last row.
    """
    names = ("packet_sha256", "letter_sha256")
    of_level = sa.select(T.c.appeal_id, *(T.c[name] for name in names))
    of_level = of_level.where(T.c.case_id == row["case_id"], T.c.level == row["level"])
    newest = conn.execute(of_level.order_by(T.c.appeal_id.desc()).limit(1)).one_or_none()
    if newest is not None and all(newest._mapping[name] == row[name] for name in names):
        return int(newest.appeal_id)
    inserted = insert_keyed(conn, T, pd.DataFrame([row]))
    return int(np.int64(inserted["appeal_id"].iloc[0]))
