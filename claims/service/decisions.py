"""What payers decided is put on the timelines: posted claim payments in; paid, partly paid, denied or reversed out."""

from __future__ import annotations

from datetime import date

import numpy as np

from claims.service import life, rejections, superseded
from claims.service.context import Context
from claims.store import told_postings
from claims.store.engine import write

CLAIMS_PER_BATCH = 50_000
MOVES_NOTHING = ("other-payer-decided", "held-reversed", "overtaken", "replaced-reversed")


def record_decisions(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Add an event for each posting that no timeline shows yet, with the file and segment of its CLP.

    A decision of a payer before or after the one that the claim was sent to is told and moves nothing; so is one that
    came late, when a later one stands, and a reversal of what is held, or of what the payer decided otherwise before it
    took it back. A claim that is taken back is the one that was decided, whichever version the payer names. What
    versions have ended is told last.
    """
    counts = {"decisions_recorded": 0}
    while True:
        with write(ctx.engine) as conn:
            remit_ids = told_postings.remittances(conn, CLAIMS_PER_BATCH)
            if not remit_ids:
                superseded.settle(conn, ctx, run_id, posting_date)
                return counts
            rows = told_postings.of_remittances(conn, remit_ids)
            has_denial = rows["has_denial"]
            is_denied = has_denial & (rows["paid_cents"] <= 0) & (rows["patient_cents"] == 0)
            is_back, is_of_held = rows["outcome"] == "reversal", rows["is_of_held"]
            moves_nothing = [~rows["is_own"], is_of_held, rows["is_overtaken"], rows["is_of_replaced"]]
            kinds = [*moves_nothing, is_back, is_denied, has_denial]
            names = [*MOVES_NOTHING, "reversed", "denied", "partly-paid"]
            events = rows.assign(
                event=np.select(kinds, names, "paid"),
                detail_code=rows["status_code"],
                event_key="posting:" + rows["claim_posting_id"].astype("str"),
                effective_date=rows["payment_date"],
            ).astype({"event": "str"})
            told = life.record(conn, events, posting_date, actor=ctx.actor, run_id=run_id)
            rejections.settle(conn, np.unique(rows["claim_id"]).tolist(), posting_date)
            told_postings.mark(conn, remit_ids)
            counts["decisions_recorded"] += told["events_recorded"]
