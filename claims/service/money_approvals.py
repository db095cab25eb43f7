"""A second person lets happen what waits without a case: a refund to a payer, balances sent to collection."""

from __future__ import annotations

from datetime import date

from claims.service import money_requests, patient_write_offs, payer_refunds
from claims.service.context import Context
from claims.service.periods import require_come
from claims.service.runs import running
from claims.store.engine import write

_POST = {
    money_requests.PAYER_REFUND: payer_refunds.post,
    money_requests.TO_COLLECTION: patient_write_offs.post_collection,
}


def approve(ctx: Context, request_id: int, posting_date: date) -> int:
    """Let what another person asked for happen, within one's own limit of a day; give its cents."""
    require_come(ctx, posting_date)
    with running(ctx, "action", posting_date) as (run_id, _), write(ctx.engine) as conn:
        asked = money_requests.decidable(ctx, conn, request_id, posting_date)
        _POST[str(asked["kind"])](ctx, conn, run_id, asked, posting_date)
        money_requests.settled(ctx, conn, request_id, money_requests.DONE, posting_date)
    return int(asked["amount_cents"])
