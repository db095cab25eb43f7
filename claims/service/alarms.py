"""Answers that did not come in time: released batches in, an exception per batch and missing answer out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.service.context import Context
from claims.service.master import load_master
from claims.service.workdays import business_days_after
from claims.store import exceptions, sent_batches
from claims.store.engine import write

MISSING = "ANSWER_MISSING"
# Of a partner that master data does not know: a 999 in one business day, a 277CA in three, an 835 in thirty days.
DEFAULTS = {"acknowledgement_days": 1, "claim_answer_days": 3, "remittance_days": 30}


def watch_answers(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Raise an alarm for each batch whose next answer is overdue, worth the charges that wait; end those that came.

    A claim waits for one answer at a time: without a 999, nobody asks where its 277CA is.
    """
    with write(ctx.engine) as conn:
        rows = sent_batches.waiting(conn)
        standing = set(sent_batches.open_alarms(conn, MISSING))
        if rows.empty and not standing:
            return {"answers_missing": 0, "alarms_raised": 0}
        rows = _due(ctx, rows)
        rows = rows[(rows["due"] != "") & (rows["due"] < posting_date.isoformat())]
        by_batch = rows.groupby(["kind", "interchange_control_number", "file_id", "due"], as_index=False)
        alarms = by_batch.agg(amount_cents=("amount_cents", "sum"))
        number = alarms["interchange_control_number"]
        alarms = alarms.assign(
            exception_key=MISSING + ":" + alarms["kind"] + ":" + number,
            type_code=MISSING,
            message="no " + alarms["kind"] + " by " + alarms["due"] + " for claims of interchange " + number,
        )
        for key in sorted(standing - set(alarms["exception_key"])):
            exceptions.close_key(conn, key, "answered", posting_date)
        raised = exceptions.open_all(conn, alarms, posting_date)
        exceptions.restate(conn, alarms)
        return {"answers_missing": len(alarms), "alarms_raised": raised}


def _due(ctx: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Say which answer each part of a batch waits for, and by when ("": none is promised)."""
    days = rows["posting_date"].str.replace("-", "").astype("int64")
    partner = load_master(ctx).look_up("partners", rows[["partner_code"]], days)
    limit = {name: partner[name].where(partner["is_known"], value) for name, value in DEFAULTS.items()}
    asks = partner["interchange_acknowledgement"] & ~rows["has_interchange_answer"]
    waits = rows["state"]
    kind = np.select([(waits == "sent") & asks, waits == "sent", waits != "accepted"], ["TA1", "999", "277CA"], "835")
    count = np.select(
        [waits == "sent", waits != "accepted"], [limit["acknowledgement_days"], limit["claim_answer_days"]]
    )
    in_days = business_days_after(rows["posting_date"], pd.Series(count, rows.index))
    paid_by = pd.to_datetime(rows["posting_date"]) + pd.to_timedelta(limit["remittance_days"].astype("int64"), unit="D")
    no_277ca = (kind == "277CA") & (limit["claim_answer_days"] == 0)
    due = in_days.mask(kind == "835", paid_by.dt.strftime("%Y-%m-%d"))
    # Where no 277CA is promised, the next answer is the remittance.
    due = due.mask(no_277ca, paid_by.dt.strftime("%Y-%m-%d"))
    return rows.assign(kind=pd.Series(kind, rows.index, dtype="str").mask(no_277ca, "835"), due=due)
