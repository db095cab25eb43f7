"""What the books know of when claims came to their payers: claims of cases, their days, payers that decided before."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import frame_of

CASE, C, CP, R, M, P = (
    schema.denial_cases,
    schema.claims,
    schema.claim_payments,
    schema.remittances,
    schema.matches,
    schema.claim_postings,
)


NO_DECISION = ("22", "23", "25")  # CLP02: taken back; forwarded without one; an estimate


def facts(conn: sa.Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """Read of each case: what its claim and its decision say of payer and days.

    Columns: case_id, own_payer (of the match), claim_payer, statement_from_date, statement_to_date, received_date. The
    claim is the version that the decision belongs to, else the first of its family.
    """
    mine = sa.and_(M.c.claim_payment_id == CASE.c.claim_payment_id, M.c.ended_at.is_(None))
    known = sa.and_(C.c.family_id == CASE.c.family_id, C.c.state != "duplicate")
    is_own = sa.case((C.c.claim_id == M.c.claim_id, 0), else_=1)
    is_addressed = sa.or_(CASE.c.payer_sequence == "", C.c.payer_sequence.in_(["", CASE.c.payer_sequence]))
    select = (
        sa.select(
            CASE.c.case_id,
            sa.func.coalesce(M.c.payer_code, "").label("own_payer"),
            sa.case((is_addressed, C.c.payer_code), else_="").label("claim_payer"),
            C.c.statement_from_date,
            C.c.statement_to_date,
            CP.c.received_date,
        )
        .join(CP, CP.c.claim_payment_id == CASE.c.claim_payment_id)
        .outerjoin(M, mine)
        .outerjoin(C, known)
        .order_by(CASE.c.case_id, is_own, C.c.version, C.c.claim_id)
    )
    return frame_of(conn, select, CASE.c.case_id, case_ids).drop_duplicates("case_id", ignore_index=True)


def sent_claims(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Read claim_id, family_id and payer_sequence of the claims of families that stand."""
    select = sa.select(C.c.claim_id, C.c.family_id, C.c.payer_sequence).where(C.c.state != "duplicate")
    return frame_of(conn, select.order_by(C.c.claim_id), C.c.family_id, family_ids)


def decided(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Read the remittance day of each payer's first decision on families: family_id, payer_sequence, decided_date."""
    day = sa.type_coerce(sa.func.min(R.c.payment_date), sa.Date).label("decided_date")
    select = sa.select(P.c.family_id, P.c.payer_sequence, day).join(R, R.c.remit_id == P.c.remit_id)
    select = select.join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
    select = select.where(P.c.ended_at.is_(None), CP.c.status_code.not_in(NO_DECISION))
    select = select.group_by(P.c.family_id, P.c.payer_sequence)
    return frame_of(conn, select, P.c.family_id, family_ids)
