"""After a replay the denial cases of a claim are as they were before the undo, where its decisions are.

The rules see decisions in the order of their nights, and what a case is depends on what it was when the next came. A
replay posts again what was undone, but after what stayed: another order. Where nothing else came in between, what stood
before the undo stands again, as it was.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date

import pandas as pd

from claims.denials import undone as rules
from claims.denials.outcomes import CASE_COLUMNS
from claims.service.appraisal import REPRICED
from claims.service.at_risk import CHANGED, bound
from claims.service.context import Context
from claims.store import clock
from claims.store import undone_cases as rows
from claims.store.handles import Connection


def as_before(conn: Connection, replayed: pd.DataFrame) -> pd.DataFrame:
    """Give claim_payment_id and family_id of `replayed` where all decisions of the claim are as before its undo."""
    owner = rows.families(conn, replayed["claim_payment_id"].drop_duplicates().tolist())
    family_ids = sorted(set(owner["family_id"].tolist()))
    if not family_ids:
        return owner
    then = rows.decisions(conn, family_ids, str(replayed["undone_at"].min()), int(replayed["run_id"].min()))
    both = pd.concat([then, rows.decisions(conn, family_ids)], ignore_index=True)
    return owner[~owner["family_id"].isin(both.loc[~both.duplicated(keep=False), "family_id"])].reset_index(drop=True)


def restore(
    conn: Connection,
    ctx: Context,
    run_id: int,
    day: date,
    owner: pd.DataFrame,
    since: str,
    names: Collection[str] = CASE_COLUMNS,
) -> None:
    """Give the cases of these claims (`owner`, from `as_before`) the columns (`names`) they had just before an instant.

    Not where somebody worked on them since. Each decision that is replayed, and told the case before, has an event of
    it: a later undo of any takes it back, and one of a decision that is about other cases of the claim does not.
    """
    events = rows.events_of_claims(conn, sorted(set(owner["family_id"].tolist())))
    later = events[events["recorded_at"] >= since]
    # What a contract says of a case is no work on it, where that stays as it is.
    no_work = [*rules.RULES, CHANGED, *([] if "worth_cents" in names else [REPRICED])]
    worked = later.loc[~later["kind"].isin(no_work), "family_id"]
    first = later[~later["family_id"].isin(worked)].groupby("case_id")["event_id"].min()
    stored = rows.rows_of(conn, first.index.tolist()).fillna({"outcome": ""})
    changed, told = [], []
    replayed = owner.groupby("family_id")["claim_payment_id"].agg(sorted).to_dict()
    for one in rules.each_before(stored, events, first, day.isoformat()):
        differs = {name: value for name, value in one.differs.items() if name in names}
        if not differs:
            continue
        changed.append(one.columns | {name: one.case[name] for name in CASE_COLUMNS if name not in names})
        earlier = set(one.events.loc[one.events["event_id"] < one.first, "claim_payment_id"])
        tellers = [who for who in replayed[one.case["family_id"]] if who in earlier] or [0]
        for place, claim_payment_id in enumerate(tellers):
            was = {} if place else differs
            body = json.dumps({"before": was, "run_id": run_id, rules.FIRST: one.first}, sort_keys=True)
            facts = {"amount_cents": 0, "body": body, "posting_date": day.isoformat()}
            told.append(
                {"case_id": one.case["case_id"], "kind": rules.RESTORED, "claim_payment_id": claim_payment_id, **facts}
            )
    if not changed:
        return
    rows.save(conn, pd.DataFrame(changed), pd.DataFrame(told), actor=ctx.actor, recorded_at=clock.now(), run_id=run_id)
    bound(conn, ctx, stored["family_id"].astype("int64").tolist(), day, run_id)
