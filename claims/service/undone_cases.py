"""Denial cases stand again as they did before the decisions that are undone; one that opened with them is closed."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd

from claims.denials import undone as rules
from claims.service.context import Context
from claims.store import clock, desk
from claims.store import undone_cases as rows
from claims.store.handles import Connection


def take_back(
    conn: Connection, ctx: Context, run_id: int, day: date, gone: pd.DataFrame, in_its_place: list[int]
) -> bool:
    """Roll the cases of the postings `gone` (claim_payment_id, since) back; tell whether others are to be looked at.

    `in_its_place`: decisions that release again what stood in their place; taken back in the look that posted them,
    they may have told no case of themselves.
    """
    since = gone.set_index("claim_payment_id")["since"]
    events = _related(conn, since.index.tolist())
    first, again = rules.rolled_back(events, since)
    again = sorted({*again, *_untold(conn, in_its_place)})
    if first.empty:
        rows.look_again(conn, again)
        return bool(again)
    stored = rows.rows_of(conn, first.index.tolist()).fillna({"outcome": ""})
    changed, told, unmoved = [], [], []
    for one in rules.each_before(stored, events, first, day.isoformat()):
        own, start = one.events, one.first
        cause = own.loc[(own["event_id"] >= start) & own["claim_payment_id"].isin(since.index), "claim_payment_id"]
        changed.append(one.columns)
        if not one.differs:
            unmoved.append(one.case["case_id"])
        told.append(
            {
                "case_id": one.case["case_id"],
                "kind": rules.UNDONE,
                "claim_payment_id": int(cause.iloc[0]) if len(cause) else 0,
                "amount_cents": 0,
                "body": json.dumps({"before": one.differs, "run_id": run_id, rules.FIRST: start}, sort_keys=True),
                "posting_date": day.isoformat(),
            }
        )
    both, at = (pd.DataFrame(changed), pd.DataFrame(told)), clock.now()
    rows.save(conn, *both, actor=ctx.actor, recorded_at=at, run_id=run_id, unmoved=unmoved)
    desk.end_requests(conn, day)
    rows.look_again(conn, again)
    return bool(again)


def _untold(conn: Connection, claim_payment_ids: list[int]) -> set[int]:
    """Give those of these decisions that no event of a case tells which still counts."""
    events = rows.events(conn, claim_payment_ids)
    stands = events[~events["event_id"].isin(rules.taken_back(events))]
    return set(claim_payment_ids) - set(stands["claim_payment_id"].tolist())


def _related(conn: Connection, claim_payment_ids: list[int]) -> pd.DataFrame:
    """Events of all cases that these decisions touched, and of those that decisions of the same looks touched."""
    known = set(claim_payment_ids)
    while True:
        events = rows.events(conn, sorted(known))
        more = known | set(events["claim_payment_id"].tolist()) - {0}
        if more == known:
            return events
        known = more
