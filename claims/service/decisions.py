"""What payers decided is put on the timelines: posted claim payments in; paid, partly paid, denied or reversed out."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from claims.ledger.order import in_order
from claims.service import life, rejections, superseded
from claims.service.context import Context
from claims.store import statistics, told_postings
from claims.store.engine import write
from claims.store.handles import Connection

CLAIMS_PER_BATCH = 50_000
MOVES_NOTHING = ("other-payer-decided", "held-reversed", "overtaken", "replaced-reversed")
# What the other parts of a split claim say, of a part that is decided or taken back.
NONE, PAID, MIXED, DENIED = range(4)


def record_decisions(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Add an event for each posting that no timeline shows yet, with the file and segment of its CLP.

    A decision of a payer before or after the one that the claim was sent to is told and moves nothing; so is one that
    came late, when a later one stands, and a reversal of what is held, or of what the payer decided otherwise before it
    took it back. A claim that is taken back is the one that was decided, whichever version the payer names. What
    versions have ended is told last. Parts of a split claim are decided and taken back each on its own: the claim is
    where all its parts that stand leave it.
    """
    counts = {"decisions_recorded": 0}
    while True:
        statistics.refresh(ctx.engine)  # what the batch before wrote is what this one reads
        with write(ctx.engine) as conn:
            remit_ids = told_postings.remittances(conn, CLAIMS_PER_BATCH)
            if not remit_ids:
                superseded.settle(conn, ctx, run_id, posting_date)
                return counts
            rows = in_order(told_postings.of_remittances(conn, remit_ids), by="claim_id")
            events = rows.assign(
                event=_events(rows, _others(conn, rows), _again(conn, rows)),
                detail_code=rows["status_code"],
                event_key="posting:" + rows["claim_posting_id"].astype("str"),
                effective_date=rows["payment_date"],
            ).astype({"event": "str"})
            told = life.record(conn, events, posting_date, actor=ctx.actor, run_id=run_id)
            rejections.settle(conn, np.unique(rows["claim_id"]).tolist(), posting_date)
            told_postings.mark(conn, remit_ids)
            counts["decisions_recorded"] += told["events_recorded"]


def _events(rows: pd.DataFrame, others: pd.Series, again: pd.Series) -> np.ndarray[Any, np.dtype[Any]]:
    """Name what happened; `others`: what the other parts of a split claim say, `again`: what a reversal lets stand."""
    has_denial, is_back = rows["has_denial"], rows["outcome"] == "reversal"
    is_denied = _is_denied(rows)
    beside = others != NONE
    others = others.where(beside, again)
    stands = ~is_back & beside & (rows["is_superseded"] == 0)  # a part comes late beside another, not after it
    by_name = {
        "other-payer-decided": ~rows["is_own"],
        "held-reversed": rows["is_of_held"],
        "overtaken": rows["is_overtaken"] & ~stands,
        "reversed-rest-paid": is_back & (others == PAID),
        "reversed-rest-partly-paid": is_back & (others == MIXED),
        "reversed-rest-denied": is_back & (others == DENIED),
        "replaced-reversed": rows["is_of_replaced"],
        "reversed": is_back,
        "part-denied": is_denied & beside & (others != DENIED),
        "denied": is_denied,
        "partly-paid": has_denial,
        "part-paid": others.isin([MIXED, DENIED]),
    }
    return np.select(list(by_name.values()), list(by_name), "paid")


def _is_denied(rows: pd.DataFrame) -> pd.Series:
    return rows["has_denial"] & (rows["paid_cents"] <= 0) & (rows["patient_cents"] == 0)


def _again(conn: Connection, rows: pd.DataFrame) -> pd.Series:
    """Say of each reversal what stands again by it, as `_others` does of the parts of a claim."""
    said = pd.Series(NONE, index=rows.index)
    back = rows[rows["outcome"] == "reversal"]
    there = told_postings.again(conn, np.unique(back["remit_id"]).tolist())
    if there.empty:
        return said
    both = back.reset_index()[["index", "claim_id", "remit_id"]].merge(
        there.assign(is_denied=_is_denied(there)), on=["claim_id", "remit_id"]
    )
    of_row = both.groupby("index")[["has_denial", "is_denied"]]
    is_all, is_any = of_row.all()["is_denied"], of_row.any()["has_denial"]
    said[is_all.index] = np.select([is_all, is_any], [DENIED, MIXED], PAID)
    return said


def _others(conn: Connection, rows: pd.DataFrame) -> pd.Series:
    """Say of each decision on a part what the others are that stand by then: those told before, and until its turn.

    What its own remittance decides is decided after what it takes back.
    """
    own = rows.loc[rows["is_part"] & rows["is_own"], ["claim_id", "claim_payment_id", "turn", "outcome"]]
    said = pd.Series(NONE, index=rows.index)
    if own.empty:
        return said
    there = told_postings.parts(conn, np.unique(own["claim_id"]).tolist())
    there = there.assign(is_denied=_is_denied(there))
    both = own.reset_index().merge(there, on="claim_id", suffixes=("", "_other"))
    place = pd.Series(rows.index, index=rows["claim_payment_id"])
    is_before = place.reindex(both["claim_payment_id_other"]).to_numpy() < both["index"]  # not of what comes later
    is_before |= (both["turn_other"] == both["turn"]) & (both["outcome"] != "reversal")
    both = both[(is_before | both["is_told"]) & (both["claim_payment_id"] != both["claim_payment_id_other"])]
    of_row = both.groupby("index")[["has_denial", "is_denied"]]
    is_all, is_any = of_row.all()["is_denied"], of_row.any()["has_denial"]
    said[is_all.index] = np.select([is_all, is_any], [DENIED, MIXED], PAID)
    return said
