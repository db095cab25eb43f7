"""A second person lets happen what waits by itself: a refund to a payer, balances to collection, a lowered charge."""

from __future__ import annotations

from datetime import date
from typing import Any

from claims.service import lowered_requests, money_requests, patient_write_offs, payer_refunds
from claims.service.context import Context
from claims.service.desk.keys import of_cases
from claims.service.periods import require_come
from claims.service.runs import running
from claims.store.engine import together

_POST = {
    money_requests.PAYER_REFUND: payer_refunds.post,
    money_requests.TO_COLLECTION: patient_write_offs.post_collection,
    money_requests.LOWERED: lowered_requests.post,
}


def approve(ctx: Context, request_id: int, posting_date: date) -> int:
    """Let what another person asked for happen, within one's own limit of a day; give its cents."""
    require_come(ctx, posting_date)
    with running(ctx, "action", posting_date) as (run_id, _), together(ctx.engine) as conn:
        asked = money_requests.decidable(ctx, conn, request_id, posting_date)
        _POST[str(asked["kind"])](ctx, conn, run_id, asked, posting_date)
        money_requests.settled(ctx, conn, request_id, money_requests.DONE, posting_date)
    return int(asked["amount_cents"])


def shown(ctx: Context, *, show_phi: bool = True) -> list[dict[str, Any]]:
    """List what waits (`money_requests.shown`) with what a lowered charge is about: case_keys, changed (in words)."""
    rows = money_requests.shown(ctx, show_phi=show_phi)
    told = [row["parameters"] for row in rows]
    keys = of_cases(ctx, [case_id for one in told for case_id, _ in one.get("cases", ())])
    return [
        row
        | {"case_keys": [keys[case_id] for case_id, _ in one.get("cases", ()) if case_id in keys]}
        | {"changed": lowered_requests.said(one.get("changes", ()))}
        for row, one in zip(rows, told, strict=True)
    ]
