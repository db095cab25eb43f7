"""Which of several remittances of one payment stands: pairs of them, and the one chosen."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import exceptions, schema
from claims.store.identities import FACTS, PAYEE
from claims.store.replaced import CONFLICT
from claims.store.rows import frame_of, in_parts, update_where_in

R, E = schema.remittances, schema.exceptions
_SAME = ("payment_date", "payment_cents")


def conflicting(conn: sa.Connection, number: int) -> list[int]:
    """Give this remittance where it is held because another one of the same payment says something else."""
    held = sa.select(R.c.remit_id).where(R.c.remit_id == number, R.c.state == "held", R.c.reason_code == CONFLICT)
    return [int(one) for one in conn.scalars(held)]


def pairs(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Others of the day and amount of these that are no copies of what stood: remit_id, other_id, other_state,
    is_copy (the same content), FACTS that make a remit_key and payee_tax_id, and those of the other (`other_`).

    In each pair at least one was held for it (a chosen one keeps that reason): so were all copies of its content that
    were here by then.
    """
    own, other = R.alias("own"), R.alias("other")
    select = (
        sa.select(
            *(own.c.remit_id, other.c.remit_id.label("other_id"), other.c.state.label("other_state")),
            sa.type_coerce(other.c.body_hash == own.c.body_hash, sa.Boolean).label("is_copy"),
            *(own.c[name] for name in (*FACTS, PAYEE)),
            *(other.c[name].label(f"other_{name}") for name in (*FACTS, PAYEE)),
        )
        .join(other, sa.and_(*(other.c[name].is_not_distinct_from(own.c[name]) for name in _SAME)))
        .where(other.c.remit_id != own.c.remit_id)
        .where(other.c.state.in_(["ready", "posted", "undone", "held"]))
        .where(sa.or_(own.c.reason_code == CONFLICT, other.c.reason_code == CONFLICT))
    )
    return frame_of(conn, select, own.c.remit_id, remit_ids)


def keyed(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Read remit_id, remit_key, body_hash."""
    return frame_of(conn, sa.select(R.c.remit_id, R.c.remit_key, R.c.body_hash), R.c.remit_id, remit_ids)


def held_copies(conn: sa.Connection, remit_ids: Sequence[int]) -> list[int]:
    """Give these, and what is held of the same payment with the same content."""
    own, other = R.alias("own"), R.alias("other")
    same = [other.c[name] == own.c[name] for name in ("remit_key", "body_hash")]
    select = sa.select(own.c.remit_id, other.c.remit_id.label("other_id")).join(other, sa.and_(*same))
    found = frame_of(conn, select.where(other.c.state == "held"), own.c.remit_id, remit_ids)
    return sorted({*(int(one) for one in remit_ids), *(int(one) for one in found["other_id"].tolist())})


def chosen(conn: sa.Connection) -> list[int]:
    """Give the posted remittances that a person let stand in the place of another of their payment."""
    posted = sa.select(R.c.remit_id).where(R.c.state == "posted", R.c.reason_code == CONFLICT)
    return [int(one) for one in conn.scalars(posted.order_by(R.c.remit_id))]


def choose(conn: sa.Connection, remit_id: int, remit_key: str) -> None:
    """Let a held remittance be posted under this key. What it was held for stays noted, for reports of earlier days."""
    update_where_in(conn, R, R.c.remit_id, [remit_id], remit_key=remit_key, state="ready")


def open_of(conn: sa.Connection, type_code: str, remit_ids: Sequence[int]) -> list[int]:
    """Open exceptions of a type about these remittances."""
    open_ = sa.select(E.c.exception_id, E.c.remit_id).where(E.c.type_code == type_code, E.c.state == "open")
    rows = frame_of(conn, open_.where(E.c.claim_payment_id.is_(None)), E.c.remit_id, remit_ids)
    return [int(one) for one in rows["exception_id"].tolist()]


def closed_of(conn: sa.Connection, type_code: str, remit_ids: Sequence[int], reason: str) -> list[int]:
    """Exceptions of a type about these remittances that were closed for a reason."""
    parts = [
        exceptions.closed_as(conn, reason, E.c.type_code == type_code, E.c.remit_id.in_(part))
        for part in in_parts(remit_ids)
    ]
    return [one for part in parts for one in part]
