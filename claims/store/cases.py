"""Writes denial cases and their events, and marks the postings that the denial rules have looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import schema, sealed, seals, step_marks
from claims.store.load import frame
from claims.store.queries.asof import total
from claims.store.queries.denials import not_looked_at
from claims.store.rows import cell, frame_of_texts, insert_keyed

CASE = schema.denial_cases
# What stands in a list for a day that is not known, so that every row has a place in it.
NO_DEADLINE, NO_REMIT_DATE = "9999-12-31", "0001-01-01"


def save(
    conn: sa.Connection,
    new: pd.DataFrame,
    changed: pd.DataFrame,
    events: pd.DataFrame,
    *,
    actor: str,
    recorded_at: str,
    run_id: int = 0,
    unmoved: Collection[int] = (),
) -> None:
    """Insert new cases, replace changed ones and insert events (which name their case by case_key).

    `unmoved`: cases (case_id) of which nothing changes but what is told of them: what a person asked for stays.
    """
    fresh = _for_lists(new, run_id).assign(recorded_at=recorded_at, last_touched_date=new["posting_date"])
    insert_keyed(conn, CASE, fresh)
    told = _for_lists(changed, run_id)
    stays = told["case_id"].isin(list(unmoved))
    _replace(conn, told[~stays], _NO_WAIT)
    _replace(conn, told[stays], {})
    known = _known(conn, sorted(set(events["case_key"]))).set_index("case_key").reindex(events["case_key"])
    rows = events.assign(
        case_id=known["case_id"].to_numpy("int64"), case_version=known["version"].to_numpy("int64"), actor=actor
    )
    sealed.append(conn, schema.denial_events, CASE, rows.assign(recorded_at=recorded_at, run_id=run_id))


def _for_lists(cases: pd.DataFrame, run_id: int) -> pd.DataFrame:
    """Fill what lists are sorted by; a remittance brings a case back to where people look."""
    sent = pd.Series(np.where(cases["state"] == "waiting", "waiting", "open"), index=cases.index, dtype="str")
    return cases.assign(
        queue=sent.where(cases["state"] != "closed", "closed"),
        deadline_sort_date=cases["deadline_date"].where(cases["deadline_date"].fillna("") != "", NO_DEADLINE),
        remit_sort_date=cases["remit_date"].where(cases["remit_date"].fillna("") != "", NO_REMIT_DATE),
        changed_run_id=run_id,
    )


def last_id(conn: sa.Connection) -> int:
    """Give the id of the newest case."""
    return int(conn.scalar(sa.select(sa.func.max(CASE.c.case_id))) or 0)


def at_risk_since(conn: sa.Connection, case_id: int) -> int:
    """Add up the money at risk of the cases that are newer than this one."""
    return int(conn.scalar(sa.select(total(CASE.c.at_risk_cents)).where(CASE.c.case_id > case_id)) or 0)


def open_worth(conn: sa.Connection, ids: sa.Select[tuple[int]]) -> pd.DataFrame:
    """Read what open cases that stand on these claim payments are worth."""
    names = ("case_id", "case_key", "claim_payment_id", "family_id", "line_number", "worth_cents", "at_risk_cents")
    return frame(
        conn,
        sa.select(*(CASE.c[name] for name in names)).where(CASE.c.state != "closed", CASE.c.claim_payment_id.in_(ids)),
    )


def mark(conn: sa.Connection, remit_ids: Sequence[int], at: str) -> int:
    """Note that the denial rules have looked at the postings of these remittances."""
    return step_marks.mark(conn, step_marks.DENIALS, at, not_looked_at(remit_ids))


# What a person asked for was asked of the case as it was.
_NO_WAIT: dict[str, Any] = {"snoozed_until_date": None, "snoozed_for": "", "pending_action_id": None}


def _replace(conn: sa.Connection, changed: pd.DataFrame, wait: dict[str, Any]) -> None:
    """Write changed cases over what is stored, by case_id, and `wait` into each."""
    if changed.empty:
        return
    names = [name for name in changed.columns if name != "case_id"]
    rows = [
        {"of_case": row["case_id"]} | {n: cell(CASE.c[n], row[n]) for n in names} for row in changed.to_dict("records")
    ]
    values: dict[str, Any] = {name: sa.bindparam(name) for name in names}
    is_given = sa.and_(sa.bindparam("state") == "new", CASE.c.assignee != "")
    values |= {"state": sa.case((is_given, "assigned"), else_=sa.bindparam("state"))}
    values |= {"version": CASE.c.version + 1} | wait
    seals.note(conn, CASE, changed["case_id"])
    conn.execute(sa.update(CASE).where(CASE.c.case_id == sa.bindparam("of_case")).values(values), rows)


def _known(conn: sa.Connection, keys: list[str]) -> pd.DataFrame:
    select = sa.select(CASE.c.case_key, CASE.c.case_id, CASE.c.version)
    return frame_of_texts(conn, select, CASE.c.case_key, keys)
