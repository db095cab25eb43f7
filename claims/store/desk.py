"""Writes what people do with denial cases: the action, the cases as it leaves them, an event for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, ids, schema, sealed, seals
from claims.store.bulk_update import bulk_update
from claims.store.load import frame
from claims.store.rows import frame_of, update_where, update_where_in

REMARKS = ("note", "tag")  # what takes nothing from anybody: it hinders no undo
# What the night says of a case as it stands: it leaves the version, and hinders no undo either.
SAID_BY_NIGHT = ("next_step", "deadline", "no_answer", "at_risk_changed")
TAKEN_BACK = "undone"  # the event of a case whose decision claims undo took back
OVERTAKEN = "overtaken"  # nothing that was asked for could be done any more
CASE, ACTION, EVENT, P = schema.denial_cases, schema.denial_actions, schema.denial_events, schema.claim_postings


def cases(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Read cases whole, by id."""
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    return frame_of(conn, sa.select(*columns).order_by(CASE.c.case_id), CASE.c.case_id, case_ids)


def open_of_claim(conn: sa.Connection, family_id: int, payer_sequence: str) -> pd.DataFrame:
    """Read the open cases of a claim and payer, by line: what names each, its cause, money and state."""
    names = ("case_id", "version", "case_key", "line_number", "cause", "at_risk_cents", "state")
    select = sa.select(*(CASE.c[name] for name in names)).where(
        CASE.c.family_id == family_id, CASE.c.payer_sequence == payer_sequence, CASE.c.state != "closed"
    )
    return frame(conn, select.order_by(CASE.c.line_number, CASE.c.case_id))


def families(conn: sa.Connection, case_ids: Sequence[int]) -> dict[int, int]:
    """Give the claim family of each case; 0 where the claim is unknown."""
    rows = frame_of(conn, sa.select(CASE.c.case_id, sa.func.coalesce(CASE.c.family_id, 0)), CASE.c.case_id, case_ids)
    return dict(rows.itertuples(index=False, name=None))


def add_action(conn: sa.Connection, **values: Any) -> int:
    """Write an action and give its id."""
    action_id = ids.take(conn, ACTION, 1)
    conn.execute(sa.insert(ACTION).values(action_id=action_id, recorded_at=clock.now(), **values))
    seals.note_new(conn, ACTION, [action_id])
    return action_id


def action(conn: sa.Connection, action_id: int) -> pd.DataFrame:
    """Read one action; no row when there is none."""
    return frame(conn, sa.select(ACTION).where(ACTION.c.action_id == action_id))


def settle(conn: sa.Connection, action_id: int, state: str, actor: str, day: date, **values: Any) -> None:
    """Note that a second person decided an action, or that it was undone; `values`: what it was decided for."""
    values |= {"state": state}
    if state not in ("undone", OVERTAKEN):
        values |= {"approved_by": actor, "decided_posting_date": day, "decided_at": clock.now()}
    update_where_in(conn, ACTION, ACTION.c.action_id, [action_id], **values)


def save(conn: sa.Connection, changed: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Write the columns of `changed` (case_id and others) and append `events`; give these with their ids."""
    if "outcome" in changed:
        changed = changed.assign(outcome=changed["outcome"].where(changed["outcome"] != ""))
    bulk_update(conn, CASE, changed)
    return sealed.append(conn, EVENT, CASE, events.assign(recorded_at=clock.now()))


def events_of(conn: sa.Connection, action_id: int) -> pd.DataFrame:
    """Read the events of an action, oldest first."""
    return frame(conn, sa.select(EVENT).where(EVENT.c.action_id == action_id).order_by(EVENT.c.event_id))


def since(conn: sa.Connection, events: pd.DataFrame) -> pd.DataFrame:
    """Read what changed cases after some events (event_id, case_id, case_version).

    of_event_id, case_version, body, is_remark: a note or a tag, or one that was taken back; action_id of a person (0:
    none). What came and was undone again, so that the case is as the event left it, is one remark without a body; so
    are an action of a person and the undo of it.
    """
    undone = ACTION.alias("undone")
    remarks = sa.or_(ACTION.c.kind.in_(REMARKS), undone.c.kind.in_(REMARKS))
    names = ("event_id", "case_id", "case_version", "body", "kind", "action_id")
    of_action = (sa.case((remarks, 1), else_=0).label("is_remark"), ACTION.c.undoes_action_id)
    select = (
        sa.select(*(EVENT.c[name] for name in names), *of_action)
        .outerjoin(ACTION, ACTION.c.action_id == EVENT.c.action_id)
        .outerjoin(undone, undone.c.action_id == ACTION.c.undoes_action_id)
        .where(EVENT.c.kind.not_in(SAID_BY_NIGHT))
    )
    rows = frame_of(conn, select, EVENT.c.case_id, events["case_id"].drop_duplicates().tolist())
    types = {"body": "str", "is_remark": "bool", "action_id": "int64"}
    if rows["event_id"].max() <= events["event_id"].min():  # nothing came after: as for most cases
        none = rows.head(0).assign(of_event_id=events["event_id"].head(0), is_remark=False)
        return none[["of_event_id", "case_version", "body", "action_id", "is_remark"]].astype(types)
    of = events[["event_id", "case_id", "case_version"]].add_prefix("of_")
    rows = rows.merge(of, left_on="case_id", right_on="of_case_id")
    rows = rows[(rows["event_id"] > rows["of_event_id"]) & (rows["case_version"] > rows["of_case_version"])]
    if rows.empty:
        return rows[["of_event_id", "case_version", "body", "action_id"]].assign(is_remark=False).astype(types)
    over = _cancelled(rows)
    rows.loc[over, "is_remark"], rows.loc[over, "body"] = 1, "{}"
    # Decisions that came and were undone; what people did since stands, also where it comes to the same.
    by_person = rows.loc[(rows["action_id"] != 0) & (rows["is_remark"] == 0), "of_event_id"]
    is_back = rows[(rows["kind"] == TAKEN_BACK) & ~rows["of_event_id"].isin(by_person)]
    if is_back.empty:
        told = rows[["of_event_id", "case_version", "body", "action_id"]].reset_index(drop=True)
        return told.assign(is_remark=rows["is_remark"].to_numpy() == 1).astype(types)
    as_left = sealed.as_left(conn, CASE, EVENT, is_back["of_event_id"].drop_duplicates().tolist())
    others = rows[~rows["of_event_id"].isin(as_left["event_id"])]
    told = others[["of_event_id", "case_version", "body", "action_id"]].assign(is_remark=others["is_remark"] == 1)
    same = as_left[["event_id", "version"]].set_axis(["of_event_id", "case_version"], axis=1)
    same = same.assign(body="{}", is_remark=True, action_id=0)
    return pd.concat([told, same], ignore_index=True).astype(types)


def _cancelled(rows: pd.DataFrame) -> pd.Series[bool]:
    """Tell which later events are those of an action that was undone since, or of the undo: the newest first."""
    over = pd.Series(False, index=rows.index, dtype="bool")
    undoing = rows.loc[rows["undoes_action_id"] != 0, ["action_id", "undoes_action_id"]].drop_duplicates()
    for undo_id, undone_id in undoing.sort_values("action_id", ascending=False).itertuples(index=False):
        is_undo = (rows["action_id"] == undo_id) & ~over
        own = (rows["action_id"] == undone_id) & rows["of_event_id"].isin(rows.loc[is_undo, "of_event_id"])
        over |= own | (is_undo & rows["of_event_id"].isin(rows.loc[own, "of_event_id"]))
    return over


def notes_since(conn: sa.Connection, cases: Sequence[tuple[int, int]], actor: str) -> pd.DataFrame:
    """Read the notes that somebody wrote on cases (case_id, version) after that version: case_id, action_id, body."""
    seen = pd.DataFrame(dict(cases).items(), columns=["case_id", "seen"], dtype="int64")
    names = (EVENT.c.case_id, EVENT.c.action_id, EVENT.c.case_version, EVENT.c.body)
    select = sa.select(*names).where(EVENT.c.kind == "note", EVENT.c.actor == actor)
    rows = frame_of(conn, select, EVENT.c.case_id, seen["case_id"].tolist()).merge(seen, on="case_id")
    return rows.loc[rows["case_version"] > rows["seen"], ["case_id", "action_id", "body"]]


def last_posting(conn: sa.Connection) -> int:
    """Give the number of the last posting of a claim payment."""
    return int(conn.scalar(sa.select(sa.func.max(P.c.claim_posting_id))) or 0)


def waiting_for(conn: sa.Connection, claim_ids: Sequence[int]) -> pd.DataFrame:
    """Read which cases wait for an answer to these claims, made of them or joined: case_id, claim_id."""
    made, later = EVENT.alias("made"), EVENT.alias("later")
    is_sent = made.c.kind == CASE.c.waiting_for
    again = sa.select(sa.literal(1)).where(
        later.c.case_id == made.c.case_id, later.c.kind == made.c.kind, later.c.event_id > made.c.event_id
    )
    select = (
        sa.select(made.c.case_id, made.c.claim_id)
        .join(CASE, CASE.c.case_id == made.c.case_id)
        .where(CASE.c.state == "waiting", is_sent, ~again.exists())
    )
    return frame_of(conn, select, made.c.claim_id, claim_ids)


def end_requests(conn: sa.Connection, day: date) -> int:
    """End requests whose cases have all moved on, so that nobody is asked about nothing; give how many ended."""
    waits = sa.select(sa.literal(1)).where(
        EVENT.c.action_id == ACTION.c.action_id,
        CASE.c.case_id == EVENT.c.case_id,
        CASE.c.pending_action_id == ACTION.c.action_id,
    )
    over = (ACTION.c.state == "waiting_approval", ~waits.exists())
    return update_where(conn, ACTION, *over, state=OVERTAKEN, decided_posting_date=day, decided_at=clock.now())


def took_a_place(conn: sa.Connection, claim_ids: Sequence[int]) -> list[int]:
    """Give those of these claims for which the claim before was settled when they were made (corrections)."""
    made, before = schema.claims, schema.claims.alias("before")
    is_settled = sa.or_(made.c.purpose == "correction", before.c.life == "replaced")
    select = sa.select(made.c.claim_id).outerjoin(before, before.c.claim_id == made.c.follows_claim_id)
    select = select.where(is_settled)
    return [int(one) for one in frame_of(conn, select, made.c.claim_id, claim_ids)["claim_id"]]
