"""What patients owe, by claim and by reason, as the ledger stood: the rows that statements are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import Origin
from claims.store.load import frame
from claims.store.queries.asof import AsOf, total
from claims.store.rows import in_parts

J, L, FAM, C, A, CP, F = (
    schema.journals,
    schema.ledger_lines,
    schema.families,
    schema.claims,
    schema.adjustments,
    schema.claim_payments,
    schema.files,
)
PAYERS, S = schema.claim_payers, schema.service_lines
# A journal of a patient's money, and what takes one back.
ORIGIN = Origin()
OF_PATIENT = sa.case((ORIGIN.source == "patient", 1), else_=0)
MEDICAID = "MC"


def _families(at: AsOf) -> sa.Select[Any]:
    """Claim families that ever had anything on the patient's account."""
    rows = sa.select(L.c.family_id).join(J, J.c.journal_id == L.c.journal_id)
    return rows.where(at.journals(), L.c.account == "1200", L.c.family_id.is_not(None)).distinct()


def sums(conn: sa.Connection, at: AsOf) -> pd.DataFrame:
    """Sums of each family: family_id, account, payer_sequence, is_patient (1: patients' money), has_key, amount_cents.

    `has_key` 1: the line names a payment or refund, so it is paid; without one it is written off.
    """
    has_key = sa.case((L.c.reference != "", 1), else_=0)
    turn = sa.case((L.c.account == "1100", L.c.payer_sequence), else_="")
    return frame(
        conn,
        ORIGIN.joined(
            sa.select(
                L.c.family_id,
                L.c.account,
                sa.type_coerce(turn, sa.String).label("payer_sequence"),
                OF_PATIENT.label("is_patient"),
                has_key.label("has_key"),
                total(L.c.amount_cents).label("amount_cents"),
            ).join(J, J.c.journal_id == L.c.journal_id)
        )
        .where(at.journals(), L.c.family_id.in_(_families(at)))
        .group_by(L.c.family_id, L.c.account, turn, OF_PATIENT, has_key),
    )


def shares(conn: sa.Connection, at: AsOf) -> pd.DataFrame:
    """Each cent that payers' decisions put on a patient: family_id, line_number, codes, amount_cents, and its bytes."""
    place = {name: sa.func.coalesce(A.c[name], CP.c[name], 0).label(name) for name in ("seg", "offset", "length")}
    keys = (L.c.family_id, L.c.line_number, L.c.group_code, L.c.reason_code, L.c.payer_code, L.c.adjustment_id)
    owner = sa.case((L.c.adjustment_id.is_(None), J.c.claim_payment_id), else_=None)
    rows = (
        ORIGIN.joined(
            sa.select(*keys, owner.label("claim_payment_id"), total(L.c.amount_cents).label("amount_cents")).join(
                J, J.c.journal_id == L.c.journal_id
            )
        )
        .where(at.journals(), L.c.account == "1200", ORIGIN.source != "patient")
        .group_by(*keys, owner)
        .having(sa.func.sum(L.c.amount_cents) != 0)
        .subquery()
    )
    return frame(
        conn,
        sa.select(
            rows.c.family_id,
            rows.c.line_number,
            rows.c.group_code,
            rows.c.reason_code,
            rows.c.payer_code,
            rows.c.amount_cents,
            sa.func.coalesce(F.c.sha256, "").label("sha256"),
            *place.values(),
        )
        .select_from(rows)
        .outerjoin(A, A.c.adjustment_id == rows.c.adjustment_id)
        .outerjoin(CP, CP.c.claim_payment_id == rows.c.claim_payment_id)
        .outerjoin(F, F.c.file_id == sa.func.coalesce(A.c.file_id, CP.c.file_id)),
    )


def daily(conn: sa.Connection, at: AsOf) -> pd.DataFrame:
    """Movements of each family by day: posting_date, account (1100, 1200), codes, payer_sequence, amount_cents."""
    keys = (
        L.c.family_id,
        J.c.posting_date,
        L.c.account,
        L.c.payer_sequence,
        L.c.group_code,
        L.c.reason_code,
        OF_PATIENT,
    )
    return frame(
        conn,
        ORIGIN.joined(
            sa.select(*keys[:-1], OF_PATIENT.label("is_patient"), total(L.c.amount_cents).label("amount_cents")).join(
                J, J.c.journal_id == L.c.journal_id
            )
        )
        .where(at.journals(), L.c.account.in_(["1100", "1200"]), L.c.family_id.in_(_families(at)))
        .group_by(*keys),
    )


def medicaid(conn: sa.Connection, at: AsOf, payer_codes: Sequence[str]) -> list[int]:
    """Families of which a payer is Medicaid: by its filing indicator (MC), or one of `payer_codes`.

    Their patients owe nothing for what is covered.
    """

    def is_medicaid(table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.or_(table.c.filing_indicator_code == MEDICAID, table.c.payer_code.in_(list(payer_codes)))

    by_claim = sa.select(C.c.family_id).where(is_medicaid(C))
    by_payer = sa.select(PAYERS.c.family_id).join(C, C.c.claim_id == PAYERS.c.claim_id).where(is_medicaid(PAYERS))
    known = C.c.file_id.in_(at.file_ids())
    both = sa.union(by_claim.where(known), by_payer.where(known)).subquery()
    return [int(one) for one in conn.scalars(sa.select(both.c.family_id).where(both.c.family_id.in_(_families(at))))]


def people(conn: sa.Connection, at: AsOf, family_ids: Sequence[int]) -> pd.DataFrame:
    """Whose the claims are, by the latest version known: names, numbers, member id, payer, days of service."""
    select = sa.select(
        C.c.family_id,
        C.c.version,
        F.c.sha256,
        C.c.seg,
        FAM.c.claim_number,
        FAM.c.billing_npi,
        C.c.payer_sequence,
        C.c.payer_name,
        C.c.member_id,
        C.c.subscriber_last_name,
        C.c.subscriber_first_name,
        C.c.patient_last_name,
        C.c.patient_first_name,
        C.c.statement_from_date,
        C.c.statement_to_date,
    )
    select = select.join(FAM, FAM.c.family_id == C.c.family_id).join(F, F.c.file_id == C.c.file_id)
    select = select.where(C.c.file_id.in_(at.file_ids()), sa.func.coalesce(C.c.state, "") == "stored")
    parts = [frame(conn, select.where(C.c.family_id.in_(part))) for part in in_parts(family_ids)]
    rows = pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))
    first = rows["payer_sequence"] == "P"
    rows = rows.assign(rank=first.astype("int64"))
    rows = rows.sort_values(["family_id", "rank", "version", "sha256", "seg"], kind="stable")
    return rows.drop_duplicates("family_id", keep="last").set_index("family_id")


def service_days(conn: sa.Connection, at: AsOf, family_ids: Sequence[int]) -> pd.DataFrame:
    """First and last day of service by family: service_from, service_to."""
    select = (
        sa.select(
            C.c.family_id,
            sa.type_coerce(sa.func.min(S.c.service_date), sa.Date).label("service_from"),
            sa.type_coerce(sa.func.max(sa.func.coalesce(S.c.service_to_date, S.c.service_date)), sa.Date).label(
                "service_to"
            ),
        )
        .join(C, C.c.claim_id == S.c.claim_id)
        .where(C.c.file_id.in_(at.file_ids()), S.c.service_date.is_not(None))
        .group_by(C.c.family_id)
    )
    parts = [frame(conn, select.where(C.c.family_id.in_(part))) for part in in_parts(family_ids)]
    rows = pd.concat(parts, ignore_index=True) if parts else frame(conn, select.where(sa.false()))
    return rows.set_index("family_id")


def control(conn: sa.Connection, at: AsOf) -> int:
    """Balance of the patients' account, straight from the ledger."""
    select = sa.select(total(L.c.amount_cents)).join(J, J.c.journal_id == L.c.journal_id)
    return int(conn.scalar(select.where(at.journals(), L.c.account == "1200")) or 0)
