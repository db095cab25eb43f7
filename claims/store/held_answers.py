"""What payers decided in remittances that are held or undone: claim payments that look for their claim, and no more."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.claim_work import LET_GO
from claims.store.decisions import NO_DECISION
from claims.store.load import frame
from claims.store.matching import LOOKING
from claims.store.replaced import is_replaced
from claims.store.rows import frame_of

C, CP, F, R, W = schema.claims, schema.claim_payments, schema.files, schema.remittances, schema.claim_work
NOT_POSTED = ("held", "undone")  # here, and nothing of it is in the books


def looking(conn: sa.Connection, family_id: int = 0) -> pd.DataFrame:
    """Decisions of remittances that are held or undone, as `matching.looking` has those of remittances to post.

    A remittance whose corrected copy was posted is held no more. `family_id`: only what has a number of this claim.
    """
    select = sa.select(*LOOKING).join(R, R.c.remit_id == CP.c.remit_id)
    select = select.where(R.c.state.in_(NOT_POSTED), ~is_replaced(), CP.c.status_code.not_in(NO_DECISION))
    if family_id:
        own = sa.select(C.c.claim_number_normal).where(C.c.family_id == family_id)
        select = select.where(CP.c.claim_number_normal != "", CP.c.claim_number_normal.in_(own))
    return frame(conn, select.order_by(CP.c.claim_payment_id))


def told(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> pd.DataFrame:
    """What is shown of them: remit_id, payment_date, payer_name, status_code, why_held, amounts, trace, sha256, seg."""
    why_held = sa.case((R.c.state == "undone", R.c.state), else_=R.c.reason_code)
    select = (
        sa.select(
            *(R.c.remit_id, R.c.payment_date, R.c.payer_name, CP.c.status_code, CP.c.charge_cents, CP.c.paid_cents),
            *(why_held.label("why_held"), R.c.trace_number, F.c.sha256, CP.c.seg),
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(F, F.c.file_id == CP.c.file_id)
    )
    found = frame_of(conn, select, CP.c.claim_payment_id, claim_payment_ids)
    return found.sort_values(["payment_date", "remit_id", "seg"], ignore_index=True)


def let_go(conn: sa.Connection, claim_ids: Sequence[int]) -> list[int]:
    """Tell which of these claims a person lets go although a held remittance decides them."""
    select = sa.select(W.c.claim_id).where(W.c.state == LET_GO)
    return [int(one) for one in frame_of(conn, select, W.c.claim_id, claim_ids)["claim_id"]]
