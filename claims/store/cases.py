"""Writes denial cases and their events, and marks the postings that the denial rules have looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.queries.denials import not_looked_at
from claims.store.rows import insert_keyed

CASE = schema.denial_cases


def save(
    conn: sa.Connection, new: pd.DataFrame, changed: pd.DataFrame, events: pd.DataFrame, actor: str, recorded_at: str
) -> None:
    """Insert new cases, replace changed ones and insert events (which name their case by case_key)."""
    inserted = insert_keyed(conn, CASE, new.assign(recorded_at=recorded_at))
    replace(conn, changed)
    ids = pd.concat([inserted[["case_key", "case_id"]], changed[["case_key", "case_id"]]])
    ids = pd.concat([ids, _ids(conn, sorted(set(events["case_key"]) - set(ids["case_key"])))])
    of_key = ids.set_index("case_key")["case_id"]
    rows = events.assign(case_id=of_key.reindex(events["case_key"]).to_numpy("int64"), actor=actor)
    insert_keyed(conn, schema.denial_events, rows.assign(recorded_at=recorded_at))


def mark(conn: sa.Connection, remit_ids: Sequence[int], at: str) -> int:
    """Note that the denial rules have looked at the postings of these remittances."""
    postings = schema.claim_postings
    return conn.execute(sa.update(postings).where(not_looked_at(remit_ids)).values(denials_at=at)).rowcount


def replace(conn: sa.Connection, changed: pd.DataFrame) -> None:
    """Write changed cases over what is stored, by case_id."""
    if changed.empty:
        return
    names = [name for name in changed.columns if name != "case_id"]
    rows = [{"of_case": row["case_id"]} | {n: _value(n, row[n]) for n in names} for row in changed.to_dict("records")]
    values: dict[str, Any] = {name: sa.bindparam(name) for name in names}
    conn.execute(sa.update(CASE).where(CASE.c.case_id == sa.bindparam("of_case")).values(values), rows)


def _value(name: str, value: Any) -> Any:
    """Turn a cell into what the column takes: no day, no family and no outcome are NULL."""
    column = CASE.c[name]
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value) if isinstance(value, str) and value else None
    if isinstance(column.type, sa.Integer):
        return None if column.nullable and not value else int(value)
    return value if isinstance(value, str) and (value or not column.nullable) else None


def _ids(conn: sa.Connection, keys: list[str]) -> pd.DataFrame:
    found: list[tuple[str, int]] = []
    for start in range(0, len(keys), 900):
        part = keys[start : start + 900]
        rows = conn.execute(sa.select(CASE.c.case_key, CASE.c.case_id).where(CASE.c.case_key.in_(part)))
        found.extend((str(key), int(case_id)) for key, case_id in rows)
    return pd.DataFrame(found, columns=["case_key", "case_id"]).astype({"case_key": "str", "case_id": "int64"})
