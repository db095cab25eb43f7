"""Writes what was expected of decided lines, variance cases and their events."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema, sealed
from claims.store.rows import cell, insert_keyed, update_where_in

E, CASE, EVENT = schema.expected_allowed, schema.variance_cases, schema.variance_events


def save_state(conn: sa.Connection, known_at: str, run_id: int, recorded_at: str) -> None:
    """Note by which state of contracts decisions are priced from now on."""
    row = pd.DataFrame({"known_at": [known_at], "recorded_at": [recorded_at], "run_id": [run_id]})
    insert_keyed(conn, schema.contract_states, row.astype({"known_at": "str", "recorded_at": "str"}))


def save_expected(conn: sa.Connection, new: pd.DataFrame, ended_ids: pd.Series, recorded_at: str) -> None:
    """End rows that no longer hold, and insert what holds instead."""
    update_where_in(conn, E, E.c.expected_allowed_id, ended_ids, ended_at=recorded_at)
    insert_keyed(conn, E, new.assign(recorded_at=recorded_at))


def save_cases(
    conn: sa.Connection, new: pd.DataFrame, changed: pd.DataFrame, events: pd.DataFrame, actor: str, recorded_at: str
) -> pd.DataFrame:
    """Insert new cases, replace changed ones (by variance_case_id), and insert events, which name cases by case_key.

    Gives the events with their ids, which follow on each other.
    """
    inserted = insert_keyed(conn, CASE, new.assign(recorded_at=recorded_at))
    _replace(conn, changed)
    known = pd.concat([inserted[["case_key", "variance_case_id"]], changed[["case_key", "variance_case_id"]]])
    ids = known.set_index("case_key")["variance_case_id"].reindex(events["case_key"]).to_numpy("int64")
    told = events.assign(variance_case_id=ids, actor=actor, recorded_at=recorded_at)
    return sealed.append(conn, EVENT, CASE, told)


def _replace(conn: sa.Connection, changed: pd.DataFrame) -> None:
    if changed.empty:
        return
    names = [name for name in changed.columns if name != "variance_case_id"]
    values: dict[str, Any] = {name: sa.bindparam(name) for name in names}
    rows = [
        {"of_case": row["variance_case_id"]} | {name: cell(CASE.c[name], row[name]) for name in names}
        for row in changed.to_dict("records")
    ]
    conn.execute(sa.update(CASE).where(CASE.c.variance_case_id == sa.bindparam("of_case")).values(values), rows)
