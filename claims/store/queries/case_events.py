"""One denial case: its few columns that a page needs, and what happened to it, with the action behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import frame_of

CASE, EVENT, ACTION = schema.denial_cases, schema.denial_events, schema.denial_actions
PAYMENT, REMIT = schema.claim_payments, schema.remittances


def found(conn: sa.Connection, prefix: str) -> list[sa.Row[Any]]:
    """Read case_id, case_key, version, payer_code, reason_code, pattern_id, claim_payment_id, family_id; two."""
    names = (
        "case_id",
        "case_key",
        "version",
        "payer_code",
        "reason_code",
        "pattern_id",
        "claim_payment_id",
        "family_id",
    )
    asked = sa.select(*(CASE.c[name] for name in names)).where(*keys_from(prefix))
    return list(conn.execute(asked.order_by(CASE.c.case_key).limit(2)))


def called(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Read case_id, case_key, claim_number, payer_code, payer_name and at_risk_cents of cases."""
    names = ("case_id", "case_key", "claim_number", "payer_code", "payer_name", "at_risk_cents")
    return frame_of(conn, sa.select(*(CASE.c[name] for name in names)), CASE.c.case_id, case_ids)


def keys_from(prefix: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Condition on cases whose key begins so, as an index answers it: keys are hex."""
    return CASE.c.case_key >= prefix, CASE.c.case_key < prefix + "g"


def of_case(conn: sa.Connection, case_id: int) -> pd.DataFrame:
    """Read the events of a case, oldest first; payment_date: of the remittance that brought one."""
    names = (
        *("event_id", "posting_date", "recorded_at", "kind", "amount_cents", "actor", "body", "claim_id"),
        "case_version",
    )
    return frame(
        conn,
        sa.select(
            *(EVENT.c[name] for name in names),
            sa.func.coalesce(ACTION.c.action_id, 0).label("action_id"),
            sa.func.coalesce(ACTION.c.kind, "").label("action"),
            sa.func.coalesce(ACTION.c.state, "").label("action_state"),
            sa.func.coalesce(ACTION.c.reason, "").label("reason"),
            sa.func.coalesce(ACTION.c.cases, 0).label("action_cases"),
            REMIT.c.payment_date,
        )
        .outerjoin(ACTION, ACTION.c.action_id == EVENT.c.action_id)
        .outerjoin(PAYMENT, PAYMENT.c.claim_payment_id == EVENT.c.claim_payment_id)
        .outerjoin(REMIT, REMIT.c.remit_id == PAYMENT.c.remit_id)
        .where(EVENT.c.case_id == case_id)
        .order_by(EVENT.c.event_id),
    )
