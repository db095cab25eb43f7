"""What people gave up, alone or as the second person: the money of cases that were closed, as far as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.queries.asof import total
from claims.store.rows import frame_of

CASE, ACTION, EVENT = schema.denial_cases, schema.denial_actions, schema.denial_events
_KINDS, _ENDS = ("write_off", "expire"), ("written_off", "expired")
_APPROVED = (*_ENDS, "duplicate", "billed_patient")  # a second person answers for what the patient is asked for too


def on_day(conn: sa.Connection, actor: str, day: date, since: str) -> int:
    """Add up what somebody gave up alone in a day, in cents.

    On the accounting day, or since an instant, the start of the real day, whichever is more: another day that is typed
    gives nobody a second limit.
    """
    return _more(conn, _alone(actor), ACTION.c.posting_date == day, ACTION.c.recorded_at >= since)


def approved_on_day(conn: sa.Connection, actor: str, day: date, since: str) -> int:
    """Add up what others asked for and somebody approved, on the accounting day or since an instant, in cents."""
    approved = (ACTION.c.approved_by == actor, ACTION.c.state == "approved", EVENT.c.kind.in_(_APPROVED), ~_is_undone())
    return _more(conn, approved, ACTION.c.decided_posting_date == day, ACTION.c.decided_at >= since)


def _more(conn: sa.Connection, whose: Sequence[sa.ColumnElement[bool]], *days: sa.ColumnElement[bool]) -> int:
    select = sa.select(*(total(sa.case((one, EVENT.c.amount_cents), else_=0)) for one in days))
    select = select.join(ACTION, ACTION.c.action_id == EVENT.c.action_id).where(*whose, sa.or_(*days))
    return max(int(one or 0) for one in conn.execute(select).one())


def of_families(conn: sa.Connection, actor: str, family_ids: Sequence[int]) -> pd.Series[int]:
    """Add up what somebody gave up alone of each of these claims, on any day: cents by family_id."""
    select = sa.select(CASE.c.family_id, EVENT.c.event_id, EVENT.c.amount_cents)
    select = select.join(EVENT, EVENT.c.case_id == CASE.c.case_id)
    select = select.join(ACTION, ACTION.c.action_id == EVENT.c.action_id).where(*_alone(actor))
    rows = frame_of(conn, select, CASE.c.family_id, family_ids)
    return rows.groupby("family_id")["amount_cents"].sum().astype("int64")


def _alone(actor: str) -> tuple[sa.ColumnElement[bool], ...]:
    of_person = (ACTION.c.requested_by == actor, ACTION.c.state == "done", ACTION.c.kind.in_(_KINDS))
    return (*of_person, EVENT.c.kind.in_(_ENDS), ~_is_undone())


def _is_undone() -> sa.ColumnElement[bool]:
    undoing, back = ACTION.alias("undoing"), EVENT.alias("back")
    return (
        sa.select(sa.literal(1))
        .select_from(back)
        .join(undoing, undoing.c.action_id == back.c.action_id)
        .where(back.c.case_id == EVENT.c.case_id, undoing.c.undoes_action_id == ACTION.c.action_id)
        .exists()
    )
