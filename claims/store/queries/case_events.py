"""What happened to one denial case, with the action of a person behind it."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame

EVENT, ACTION = schema.denial_events, schema.denial_actions


def of_case(conn: sa.Connection, case_id: int) -> pd.DataFrame:
    """Read the events of a case, oldest first."""
    names = ("posting_date", "recorded_at", "kind", "amount_cents", "actor", "body")
    return frame(
        conn,
        sa.select(
            *(EVENT.c[name] for name in names),
            sa.func.coalesce(ACTION.c.action_id, 0).label("action_id"),
            sa.func.coalesce(ACTION.c.kind, "").label("action"),
            sa.func.coalesce(ACTION.c.state, "").label("action_state"),
            sa.func.coalesce(ACTION.c.reason, "").label("reason"),
            sa.func.coalesce(ACTION.c.cases, 0).label("action_cases"),
        )
        .outerjoin(ACTION, ACTION.c.action_id == EVENT.c.action_id)
        .where(EVENT.c.case_id == case_id)
        .order_by(EVENT.c.event_id),
    )
