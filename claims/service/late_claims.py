"""Payments that a reversal took back before their claim was there: both are posted on the claim once it has come.

Each order of the same files then ends alike: the claim was paid and reversed, a denial of it has its case there.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.service import parking, withdrawing
from claims.service.audited import record
from claims.service.context import Context
from claims.service.matching import find, match_lines
from claims.service.undo_targets import Target
from claims.store import clock, matching, rematching, undone
from claims.store import late_claims as rows
from claims.store.engine import together
from claims.store.exceptions import UNDONE
from claims.store.handles import Connection

PAIRS_PER_BATCH = 20_000
ORPHAN = "REVERSAL_ORPHAN"  # why a reversal waits: as one that found nothing
NAME = "claim-came"  # the reason for which what a reversal without a claim had named is closed


def free_pairs(ctx: Context, run_id: int, posting_date: date) -> int:
    """Withdraw reversals without a claim whose payment fits one by now; give how many.

    The payment waits again as before it was taken back, the reversal beside it; both are matched, and posting tries
    them by payment date as it does with all that waits. What a person has built on (a difference that was booked)
    stays as it is.
    """
    freed = after = 0
    while True:
        with together(ctx.engine) as conn:
            pairs = rows.pairs(conn, after, PAIRS_PER_BATCH)
            if pairs.empty:
                return freed
            after = int(pairs["claim_payment_id"].max())
            freed += _free(conn, ctx, run_id, posting_date, pairs)


def _free(conn: Connection, ctx: Context, run_id: int, day: date, pairs: pd.DataFrame) -> int:
    looking = [*pairs["claim_payment_id"].tolist(), *pairs["took_back"].tolist()]
    found, _, others = find(conn, matching.without_match(conn, looking))
    pairs = pairs[pairs["took_back"].isin(found["claim_payment_id"])]
    gone = withdrawing.plan(conn, Target(NAME, [], pairs["claim_payment_id"].tolist()))
    if len(gone.refused):
        pairs = pairs[~pairs["claim_payment_id"].isin(gone.refused["claim_payment_id"])]
        gone = withdrawing.plan(conn, Target(NAME, [], pairs["claim_payment_id"].tolist()))
    if pairs.empty or len(gone.refused):
        return 0
    back = pairs["claim_payment_id"].tolist()
    since = clock.now()
    withdrawing.take_back(conn, ctx, run_id, day, Target(NAME), gone, is_named=False, waits_as=ORPHAN)
    # Nothing is left to replay: posting finds the two as it finds all that waits.
    steps = undone.to_replay(conn, [], back)
    undone.ready_again(conn, [], steps.loc[steps["run_id"] == run_id, "undone_posting_id"].tolist())
    parking.name(conn, day, ORPHAN, gone.postings)
    found = found[found["claim_payment_id"].isin([*back, *pairs["took_back"].tolist()])]
    matching.save(conn, found, match_lines(conn, found), others, ctx.actor)
    rematching.say_why_closed(conn, back, UNDONE, since, NAME)
    record(ctx, conn, "match.late", f"run {run_id}", {"run_id": run_id, "reversals_on_claims": len(back)})
    return len(back)
