"""Rows of appeals: the packets that were made."""

from __future__ import annotations

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
