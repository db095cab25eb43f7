"""What a biller has in hand when calling a payer about a case: patient, claim, provider, and where the payer says whom
to call."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import frame_of

CASE, CP, C, M = schema.denial_cases, schema.claim_payments, schema.claims, schema.matches
R, T, F = schema.remittances, schema.transactions, schema.files


def patients(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Read whom cases are about: case_id, patient_last_name, patient_first_name, as the payer wrote them."""
    names = sa.select(CASE.c.case_id, CP.c.patient_last_name, CP.c.patient_first_name)
    return frame_of(conn, names.join(CP, CP.c.claim_payment_id == CASE.c.claim_payment_id), CASE.c.case_id, case_ids)


def claim(conn: sa.Connection, claim_payment_id: int, family_id: int) -> pd.DataFrame:
    """Read the claim that was decided, else the last of its family; no row where it is not known."""
    names = (
        *("claim_id", "payer_sequence", "member_id", "patient_last_name", "patient_first_name", "patient_birth_date"),
        *("subscriber_last_name", "subscriber_first_name", "diagnosis_codes", "billing_npi", "rendering_npi"),
        *("statement_from_date", "statement_to_date", "place_of_service", "prior_authorization"),
    )
    mine = sa.and_(M.c.claim_payment_id == claim_payment_id, M.c.ended_at.is_(None))
    is_own = sa.case((C.c.claim_id == M.c.claim_id, 0), else_=1)
    known = sa.and_(C.c.family_id == family_id, C.c.state != "duplicate")
    select = sa.select(*(C.c[name] for name in names)).outerjoin(M, mine).where(known)
    return frame(conn, select.order_by(is_own, C.c.version.desc(), C.c.claim_id.desc()).limit(1))


def said_by_payer(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read whom the payer says that the decision is about: names, member_id, statement days."""
    names = ("patient_last_name", "patient_first_name", "member_id", "statement_from_date", "statement_to_date")
    select = sa.select(
        *(CP.c[name] for name in names), CASE.c.service_date, CASE.c.payer_claim_number, CASE.c.payer_sequence
    )
    select = select.outerjoin(CASE, CASE.c.claim_payment_id == CP.c.claim_payment_id)
    return frame(conn, select.where(CP.c.claim_payment_id == claim_payment_id).limit(1))


def head_of_remittance(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read where the transaction set of a decision stands: sha256, offset, length."""
    select = sa.select(F.c.sha256, T.c.offset, T.c.length).join(T, T.c.file_id == F.c.file_id)
    select = select.join(R, R.c.transaction_id == T.c.transaction_id).join(CP, CP.c.remit_id == R.c.remit_id)
    return frame(conn, select.where(CP.c.claim_payment_id == claim_payment_id).limit(1))
