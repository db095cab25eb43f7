"""A case that waits for a claim made of it comes back when that claim is rejected: nobody will decide it.

It waits again when the claim is taken after all, or corrected elsewhere, as long as nobody has touched the case since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from claims.service.context import Context
from claims.service.desk.queues import queue_of
from claims.store import desk, priorities
from claims.store.cases import NO_DEADLINE
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.queries import made_claims

BACK, AGAIN, GIVEN_UP = made_claims.REJECTED, "waits_again", "claim_given_up"
_WAIT = ("state", "waiting_for", "snoozed_until_date", "snoozed_for")
_SAYS = {"resubmitted": "your correction was rejected", "billed_other": "the claim to the next payer was rejected"}


def bring_back(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Let cases whose claim was rejected be worked on again, saying why; and let wait what is under way after all."""
    with read(ctx.engine) as conn:
        if made_claims.rejected(conn).empty and made_claims.taken_after_all(conn).empty:
            return {"denials_rejected": 0}
    with write(ctx.engine) as conn:
        back, again = made_claims.rejected(conn), made_claims.taken_after_all(conn)
        rows = desk.cases(conn, back["case_id"].tolist())
        told = back.set_index("case_id").loc[rows["case_id"]]
        words = rows["waiting_for"].map(_SAYS)
        why = [f"{what}: {cause}" if cause else what for what, cause in zip(words, told["cause"], strict=True)]
        free = {"state": "in_work", "waiting_for": "", "snoozed_until_date": "", "snoozed_for": ""}
        claim_ids = told["claim_id"].to_numpy("int64")
        _save(ctx, conn, run_id, posting_date, rows, BACK, rows.assign(**free), reasons=why, claim_ids=claim_ids)
        rows = desk.cases(conn, again["case_id"].tolist())
        before = [json.loads(text)["before"] for text in again.set_index("case_id")["body"].loc[rows["case_id"]]]
        waits = pd.DataFrame(before, index=rows.index, columns=list(_WAIT)).fillna("").astype("str")
        _save(ctx, conn, run_id, posting_date, rows, AGAIN, rows.assign(**{name: waits[name] for name in _WAIT}))
    return {"denials_rejected": len(back)}


def given_up(ctx: Context, conn: Connection, claim_ids: Sequence[int], posting_date: date, why: str) -> None:
    """Let cases that wait for claims be worked on again, for a person gave these up before they left."""
    waiting = desk.waiting_for(conn, claim_ids).drop_duplicates("case_id").set_index("case_id")["claim_id"]
    rows = desk.cases(conn, waiting.index.tolist())
    free = {"state": "in_work", "waiting_for": "", "snoozed_until_date": "", "snoozed_for": ""}
    why_each = [f"the claim that was made of it was given up: {why}"] * len(rows)
    of = waiting.reindex(rows["case_id"]).to_numpy("int64")
    _save(ctx, conn, 0, posting_date, rows, GIVEN_UP, rows.assign(**free), reasons=why_each, claim_ids=of)


def _save(
    ctx: Context, conn: Connection, run_id: int, day: date, rows: pd.DataFrame, kind: str, after: pd.DataFrame, *,
    reasons: list[str] | None = None, claim_ids: Any = 0,
) -> None:  # fmt: skip
    if rows.empty:
        return
    by = after["snoozed_until_date"].where(after["state"] == "waiting", after["deadline_date"])
    after = after.assign(
        version=rows["version"] + 1,
        queue=queue_of(after, day),
        deadline_sort_date=by.where(by != "", NO_DEADLINE),
        changed_run_id=run_id or rows["changed_run_id"],
    )
    old = rows[list(_WAIT)].to_dict("records")
    said = [{"action_reason": text} for text in reasons] if reasons else [{}] * len(old)
    events = pd.DataFrame(
        {
            "case_id": rows["case_id"],
            "case_version": after["version"],
            "kind": kind,
            "claim_id": claim_ids,
            "body": [json.dumps(one | {"before": was}, sort_keys=True) for one, was in zip(said, old, strict=True)],
            "posting_date": day.isoformat(),
        }
    ).astype({"kind": "str", "body": "str", "posting_date": "str"})
    names = ["case_id", "version", *_WAIT, "queue", "deadline_sort_date", "changed_run_id"]
    priorities.save(conn, after[names], events, actor=ctx.actor, run_id=run_id)
