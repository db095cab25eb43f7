"""Claim payments and whose they are, to tell whether one is the original that another repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.patients import persons
from claims.store.rows import frame_of

CP, SP, R, M, CASE, C = (
    schema.claim_payments,
    schema.service_payments,
    schema.remittances,
    schema.matches,
    schema.denial_cases,
    schema.claims,
)
# The first day of a claim payment: as the payer says, else as our claim does.
_DAY = sa.func.coalesce(
    CP.c.statement_from_date,
    sa.select(sa.func.min(C.c.statement_from_date)).where(C.c.family_id == M.c.family_id).scalar_subquery(),
)


def decided(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Read whose claim payments are, in capitals: as their claims say, where they are known, else as the payer does.

    claim_payment_id, family_id (0: unknown), payer_code, charge_cents, day (the first of the claim), member_id,
    last_name, first_name, patient_birth_date (empty where not known), is_repeat: it was closed as a repeat itself.
    """
    repeat = sa.select(sa.literal(1)).where(
        CASE.c.claim_payment_id == CP.c.claim_payment_id, CASE.c.outcome == "duplicate"
    )
    select = (
        sa.select(
            CP.c.claim_payment_id,
            sa.func.coalesce(M.c.family_id, 0).label("family_id"),
            R.c.payer_code,
            CP.c.charge_cents,
            sa.type_coerce(_DAY, sa.Date).label("day"),
            CP.c.member_id,
            sa.func.upper(CP.c.patient_last_name, type_=sa.Text).label("last_name"),
            sa.func.upper(CP.c.patient_first_name, type_=sa.Text).label("first_name"),
            sa.case((repeat.exists(), 1), else_=0).label("is_repeat"),
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
    )
    rows = frame_of(conn, select, CP.c.claim_payment_id, claim_payment_ids).drop_duplicates("claim_payment_id")
    known = persons(conn, rows["family_id"].tolist()).drop_duplicates("family_id").set_index("family_id")
    own = known.reindex(rows["family_id"]).fillna("").set_axis(rows.index)
    for name in ("member_id", "last_name", "first_name"):
        rows[name] = own[name].where(own[name] != "", rows[name])
    return rows.assign(patient_birth_date=own["patient_birth_date"], is_repeat=rows["is_repeat"] == 1)


def of_number(conn: sa.Connection, number: str) -> list[int]:
    """Give the decisions on the claim with this number (as families or versions keep it), the most paid first."""
    F = schema.families
    is_family = M.c.family_id.in_(sa.select(F.c.family_id).where(F.c.claim_number_normal == number))
    is_version = M.c.family_id.in_(sa.select(C.c.family_id).where(C.c.claim_number_normal == number))
    select = (
        sa.select(CP.c.claim_payment_id)
        .join(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(sa.or_(is_family, is_version), R.c.state == "posted", CP.c.status_code != "22")
        .order_by(CP.c.paid_cents.desc(), CP.c.claim_payment_id)
    )
    return [int(one) for one in conn.scalars(select.limit(1))]


def is_paid(conn: sa.Connection, claim_payment_id: int) -> bool:
    """Tell whether a claim payment stands in the books and paid something."""
    P = schema.claim_postings
    stands = sa.select(sa.literal(1)).where(
        P.c.claim_payment_id == CP.c.claim_payment_id, P.c.outcome == "posted", P.c.is_superseded == 0,
        P.c.ended_at.is_(None),
    )  # fmt: skip
    select = sa.select(CP.c.paid_cents).where(CP.c.claim_payment_id == claim_payment_id, stands.exists())
    return int(conn.scalar(select) or 0) > 0


def services(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """Read what claim payments are for: claim_payment_id, procedure_code, service_date; one row without code where one
    has no lines."""
    first: sa.ColumnElement[Any] = sa.func.coalesce(SP.c.service_date, _DAY)
    day: sa.ColumnElement[Any] = sa.type_coerce(first, sa.Date).label("service_date")
    code = sa.func.coalesce(SP.c.procedure_code, "").label("procedure_code")
    matched = sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None))
    own = sa.select(CP.c.claim_payment_id, code, day).select_from(CP)
    own = own.outerjoin(SP, SP.c.claim_payment_id == CP.c.claim_payment_id)
    select: sa.Select[Any] = own.outerjoin(M, matched)
    return frame_of(conn, select, CP.c.claim_payment_id, claim_payment_ids)
