"""What runs changed among denial cases, by the events that name them; and saved views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from claims.store import clock, schema
from claims.store.load import frame
from claims.store.queries.asof import count, total
from claims.store.rows import insert_keyed

CASE, EVENT, RUN, VIEW = schema.denial_cases, schema.denial_events, schema.runs, schema.saved_views
_NIGHTS = ("nightly", "reconcile")
UNDONE, RESTORED = "undone", "restored"


class _First(sa.sql.functions.FunctionElement[int]):
    """The event from which on an undo took a case back (first_event_id of its body, JSON), else nothing."""

    inherit_cache = True
    type = sa.BigInteger()


@compiles(_First, "sqlite")
def _first_on_sqlite(element: _First, compiler: Any, **keywords: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **keywords)}, '$.first_event_id')"


@compiles(_First, "postgresql")
def _first_on_postgresql(element: _First, compiler: Any, **keywords: Any) -> str:
    return f"CAST(CAST({compiler.process(element.clauses, **keywords)} AS json) ->> 'first_event_id' AS bigint)"


def last_night(conn: sa.Connection) -> tuple[date | None, list[int]]:
    """Give the accounting day of the last reconcile that is over, and all runs that reconciled on it."""
    nights = sa.select(RUN.c.posting_date, RUN.c.run_id).where(RUN.c.kind.in_(_NIGHTS), RUN.c.state != "running")
    last = conn.execute(nights.order_by(RUN.c.run_id.desc()).limit(1)).first()
    if last is None:
        return None, []
    same = nights.where(RUN.c.posting_date == last.posting_date).order_by(RUN.c.run_id)
    return last.posting_date, [int(row.run_id) for row in conn.execute(same)]


def happened(conn: sa.Connection, run_ids: Sequence[int], kinds: Sequence[str], most: int) -> pd.DataFrame:
    """Read the cases to which one of these things happened in a run: case_id, kind, cents of the event, the case.

    What is open comes first, the most urgent at the top, as in the queue.
    """
    columns = (
        "case_key",
        "payer_code",
        "payer_name",
        "claim_number",
        "cause",
        "at_risk_cents",
        "deadline_date",
        "queue",
        "priority_rank",
    )
    each = _told(run_ids, kinds)
    select = (
        sa.select(
            each.c.case_id,
            sa.func.max(each.c.kind).label("kind"),
            total(each.c.cents).label("event_cents"),
            *(CASE.c[name] for name in columns),
        )
        .select_from(each)
        .join(CASE, CASE.c.case_id == each.c.case_id)
        .where(_is_open_or_over())
        .group_by(each.c.case_id, *(CASE.c[name] for name in columns))
        .order_by(CASE.c.queue != "open", CASE.c.priority_rank, each.c.case_id)
    )
    return frame(conn, select.limit(most))


def counted(conn: sa.Connection, run_ids: Sequence[int], kinds: Sequence[str]) -> tuple[int, int, int]:
    """Count such cases: how many, their money at risk, the cents of the events."""
    told = _told(run_ids, kinds)
    each = sa.select(told.c.case_id, sa.func.sum(told.c.cents).label("cents")).group_by(told.c.case_id).subquery()
    select = sa.select(count(), total(CASE.c.at_risk_cents), total(each.c.cents)).select_from(each)
    row = conn.execute(select.join(CASE, CASE.c.case_id == each.c.case_id).where(_is_open_or_over())).one()
    return int(row[0]), int(row[1]), int(row[2])


def _told(run_ids: Sequence[int], kinds: Sequence[str]) -> sa.Subquery:
    """Select events of runs: case_id, kind, cents; what one decision did is told once, however often it was posted.

    What was undone since and not posted again is no news.
    """
    select = sa.select(EVENT.c.case_id, EVENT.c.kind, sa.func.max(EVENT.c.amount_cents).label("cents"))
    of_runs = select.where(EVENT.c.run_id.in_(run_ids), EVENT.c.kind.in_(kinds), ~_is_undone())
    return of_runs.group_by(EVENT.c.case_id, EVENT.c.kind, EVENT.c.claim_payment_id).subquery()


def _is_undone() -> sa.Exists:
    """Condition: an undo took the event back, and the last that a replay of its decision did of it, if one did."""
    undo, again = EVENT.alias("undo"), EVENT.alias("again")
    last = sa.select(sa.func.max(again.c.event_id)).where(
        again.c.case_id == EVENT.c.case_id,
        again.c.claim_payment_id == EVENT.c.claim_payment_id,
        again.c.kind.in_([EVENT.c.kind, RESTORED]),
    )
    stood = last.correlate(EVENT).scalar_subquery()
    takes = sa.select(sa.literal(1)).where(
        *(undo.c.case_id == EVENT.c.case_id, undo.c.kind == UNDONE, undo.c.event_id > EVENT.c.event_id),
        *(undo.c.event_id > stood, sa.func.coalesce(_First(undo.c.body), undo.c.event_id) <= stood),
    )
    return takes.correlate(EVENT).exists()


def _is_open_or_over() -> sa.ColumnElement[bool]:
    """Leave out cases whose opening was undone: there is nothing to see."""
    return sa.func.coalesce(CASE.c.outcome, "") != "undone"


def due(conn: sa.Connection, first: date, last: date) -> tuple[int, int]:
    """Count open cases whose last day lies between two days, and their money at risk."""
    due_then = CASE.c.deadline_sort_date.between(first, last)
    row = conn.execute(sa.select(count(), total(CASE.c.at_risk_cents)).where(CASE.c.queue == "open", due_then)).one()
    return int(row[0]), int(row[1])


def by_queue(conn: sa.Connection) -> pd.DataFrame:
    """Count the cases of each queue that is not closed, and their money at risk: queue, cases, at_risk_cents."""
    select = sa.select(CASE.c.queue, count().label("cases"), total(CASE.c.at_risk_cents).label("at_risk_cents"))
    return frame(conn, select.where(CASE.c.queue.in_(["open", "waiting", "snoozed", "expired"])).group_by(CASE.c.queue))


def views(conn: sa.Connection, owner: str) -> pd.DataFrame:
    """Read the views of a person and of the team (owner empty), the team's first, by name."""
    return frame(conn, sa.select(VIEW).where(VIEW.c.owner.in_(["", owner])).order_by(VIEW.c.owner, VIEW.c.name))


def save_view(conn: sa.Connection, owner: str, name: str, filters: str, sort: str) -> int:
    """Write a view under its owner and name, in place of the one that was there; give its id."""
    own = sa.and_(VIEW.c.owner == owner, VIEW.c.name == name)
    there = conn.scalar(sa.select(VIEW.c.view_id).where(own))
    if there is not None:
        conn.execute(sa.update(VIEW).where(own).values(filters=filters, sort=sort, recorded_at=clock.now()))
        return int(there)
    row = pd.DataFrame([{"owner": owner, "name": name, "filters": filters, "sort": sort, "recorded_at": clock.now()}])
    return int(insert_keyed(conn, VIEW, row.astype("str"))["view_id"].iloc[0])


def delete_view(conn: sa.Connection, view_id: int, owner: str) -> int:
    """Delete a view of a person or of the team; give how many there were."""
    own = VIEW.c.owner.in_(["", owner])
    return conn.execute(sa.delete(VIEW).where(VIEW.c.view_id == view_id, own)).rowcount
