"""What the night reads and writes of denial cases that are not closed: points, deadlines, queues, patterns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema, sealed
from claims.store.bulk_update import bulk_update
from claims.store.load import frame
from claims.store.rows import frame_of

CASE, EVENT, P = schema.denial_cases, schema.denial_events, schema.claim_postings

_READ = (
    *("case_id", "version", "state", "queue", "waiting_for", "family_id", "payer_code", "payer_type", "payer_sequence"),
    *("denial_class", "own_payer_code", "next_payer_code", "reason_code", "remark_codes", "category", "recoverable"),
    *("next_action", "then_action", "appeal_level", "at_risk_cents", "service_date", "service_to_date"),
    *("remit_date", "deadline_date", "deadline_rule", "last_touched_date", "snoozed_until_date", "snoozed_for"),
    *("decision_date", "recovery_percent", "expected_value_cents", "value_points", "urgency_points", "touch_points"),
    *("effort_points", "score", "priority_rank"),
)


def has_cases(conn: sa.Connection) -> bool:
    """Tell whether there ever was a denial."""
    return bool(conn.scalar(sa.select(sa.exists().select_from(CASE))))


def closed_cases(conn: sa.Connection) -> pd.DataFrame:
    """Count closed cases by payer_code, reason_code and outcome."""
    groups = (CASE.c.payer_code, CASE.c.reason_code, CASE.c.outcome)
    number = sa.func.count().label("cases")
    return frame(conn, sa.select(*groups, number).where(CASE.c.queue == "closed").group_by(*groups))


def open_cases(conn: sa.Connection, after: int, limit: int) -> pd.DataFrame:
    """Read the next open cases by id, with is_heard: a remittance for the claim came since it was put aside for one."""
    heard = (
        sa.select(sa.literal(1))
        .where(P.c.family_id == CASE.c.family_id, P.c.claim_posting_id > CASE.c.snoozed_at_posting)
        .exists()
    )
    is_heard = sa.case((sa.and_(CASE.c.snoozed_for != "", heard), 1), else_=0).label("is_heard")
    select = sa.select(*(CASE.c[name] for name in _READ), is_heard).where(CASE.c.state != "closed")
    return frame(conn, select.where(CASE.c.case_id > after).order_by(CASE.c.case_id).limit(limit))


def save(conn: sa.Connection, rows: pd.DataFrame, events: pd.DataFrame, *, actor: str, run_id: int) -> None:
    """Write the columns of `rows` (case_id and others) and append events (case_id, kind, body, posting_date, ...)."""
    bulk_update(conn, CASE, rows)
    told = events.assign(amount_cents=events.get("amount_cents", 0), actor=actor, run_id=run_id)
    sealed.append(conn, EVENT, CASE, told.assign(recorded_at=clock.now()))


def sent_since(conn: sa.Connection, case_ids: Sequence[int]) -> pd.Series[str]:
    """Give the day on which what a case waits for was sent, by case_id: the last event that is called as its wait."""
    day = sa.func.max(EVENT.c.posting_date).label("sent_date")
    select = sa.select(EVENT.c.case_id, day).join(CASE, CASE.c.case_id == EVENT.c.case_id)
    select = select.where(EVENT.c.kind == CASE.c.waiting_for).group_by(EVENT.c.case_id)
    return frame_of(conn, select, EVENT.c.case_id, case_ids).set_index("case_id")["sent_date"]
