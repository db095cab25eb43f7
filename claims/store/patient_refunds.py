"""Refunds to patients: asked for, paid or withdrawn."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema
from claims.store.load import frame
from claims.store.rows import insert_keyed, update_where_in

RF, C, FAM = schema.patient_refunds, schema.claims, schema.families


def refunds(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Read refunds, in the order in which they were asked for."""
    names = [column for column in RF.columns if column.name != "requested_at"]
    select = sa.select(*names, sa.func.coalesce(FAM.c.claim_number, "").label("claim_number"))
    select = select.outerjoin(FAM, FAM.c.family_id == RF.c.family_id)
    return frame(conn, select.where(*conditions).order_by(RF.c.patient_refund_id))


def one(conn: sa.Connection, refund_id: int) -> pd.DataFrame:
    """Read a refund by our number of it."""
    return refunds(conn, RF.c.patient_refund_id == refund_id)


def of_key(conn: sa.Connection, key: str) -> pd.DataFrame:
    """Read a refund by its key."""
    return refunds(conn, RF.c.refund_key == key)


def of_payment(conn: sa.Connection, payment_id: int) -> bool:
    """Tell whether a payment on no claim is paid back, or to be."""
    select = sa.select(RF.c.patient_refund_id).where(RF.c.patient_payment_id == payment_id, RF.c.state != "withdrawn")
    return conn.execute(select.limit(1)).first() is not None


def count(conn: sa.Connection, family_id: int, payment_id: int) -> int:
    """How many refunds of a claim, or of a payment on no claim, were asked for before."""
    owner = RF.c.family_id == family_id if family_id else RF.c.patient_payment_id == payment_id
    return int(conn.scalar(sa.select(sa.func.count()).select_from(RF).where(owner)) or 0)


def save(conn: sa.Connection, row: dict[str, object], actor: str) -> int:
    """Write a refund that is asked for; give our number of it."""
    facts = pd.DataFrame([row]).assign(state="requested", requested_by=actor, requested_at=clock.now())
    text = dict.fromkeys(("refund_key", "reason", "state", "requested_by", "requested_at"), "str")
    return int(insert_keyed(conn, RF, facts.astype(text))["patient_refund_id"].iloc[0])


def change(conn: sa.Connection, refund_id: int, **changes: object) -> None:
    """Change a refund: state, paid_by, paid_date, method, reference."""
    update_where_in(conn, RF, RF.c.patient_refund_id, [refund_id], **changes)
