"""Batches that left us, and how far their claims have come."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total

B, S, EVENT, E = schema.batches, schema.submissions, schema.claim_events, schema.exceptions

WAITING = ("sent", "acknowledged", "received", "accepted")


def waiting(conn: sa.Connection) -> pd.DataFrame:
    """Read released batches with claims that are not decided: one row per batch and state, with count and charge.

    has_interchange_answer: a TA1 took the interchange.
    """
    taken = (
        sa.select(EVENT.c.event_id)
        .join(S, S.c.submission_id == EVENT.c.submission_id)
        .where(S.c.batch_id == B.c.batch_id, EVENT.c.event == "interchange-accepted")
        .exists()
    )
    return frame(
        conn,
        sa.select(
            B.c.batch_id,
            B.c.interchange_control_number,
            B.c.partner_code,
            B.c.posting_date,
            B.c.file_id,
            S.c.state,
            count().label("claims"),
            total(S.c.charge_cents).label("amount_cents"),
            sa.type_coerce(taken, sa.Boolean).label("has_interchange_answer"),
        )
        .join(S, S.c.batch_id == B.c.batch_id)
        .where(B.c.state == "released", S.c.state.in_(WAITING))
        .group_by(
            B.c.batch_id, B.c.interchange_control_number, B.c.partner_code, B.c.posting_date, B.c.file_id, S.c.state
        )
        .order_by(B.c.interchange_control_number, S.c.state),
    )


def open_alarms(conn: sa.Connection, type_code: str) -> list[str]:
    """Name the open exceptions of a type."""
    keys = sa.select(E.c.exception_key).where(E.c.type_code == type_code, E.c.state == "open")
    return frame(conn, keys.order_by(E.c.exception_key))["exception_key"].tolist()
