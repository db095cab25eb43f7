"""The night's look at every open case: deadlines by the day's rules, who comes back, patterns, how urgent each is.

Nothing here waits for a clock: the accounting day of the run says what day it is, and a second run on the same day
finds everything as it should be.
"""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd

from claims.denials import priority as rules
from claims.denials.deadlines import deadlines
from claims.service.context import Context
from claims.service.desk.limits import own_limits
from claims.service.desk.patterns import find_patterns
from claims.service.master import load_master
from claims.store import priorities
from claims.store.cases import NO_DEADLINE
from claims.store.engine import read, write

CASES_PER_BATCH = 50_000
COUNTS = ("denials_scored", "denials_woken", "denials_expired", "deadlines_changed", "patterns_found", "pattern_cases")


def prioritise(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Bring deadlines, queues and points of all open cases up to the day; give how many changed."""
    counts = dict.fromkeys(COUNTS, 0)
    with read(ctx.engine) as conn:
        if not priorities.has_cases(conn):
            return counts
    limits = own_limits(load_master(ctx), posting_date)
    with read(ctx.engine) as conn:
        known = rules.chances(priorities.closed_cases(conn))
    counts |= find_patterns(ctx, posting_date)
    after = 0
    while True:
        with write(ctx.engine) as conn:
            cases = priorities.open_cases(conn, after, CASES_PER_BATCH)
            if cases.empty:
                return counts
            after = int(cases["case_id"].iloc[-1])
            rows = _looked_at(cases, known, limits, posting_date)
            names = rows.columns.drop("version")
            is_changed = (rows[names] != cases[names]).any(axis=1)
            events = pd.concat(
                [
                    _events(cases, rows, "woken", ["snoozed_until_date", "snoozed_for"], posting_date),
                    _events(cases, rows, "deadline", ["deadline_date", "deadline_rule"], posting_date),
                ],
                ignore_index=True,
            )
            told = rows["case_id"].isin(events["case_id"])
            stored = rows[is_changed & ~told].drop(columns="version")
            priorities.save(conn, _sorted(stored), events.iloc[:0], actor=ctx.actor, run_id=run_id)
            stored = rows[told].assign(changed_run_id=run_id)
            priorities.save(conn, _sorted(stored), events, actor=ctx.actor, run_id=run_id)
        counts["denials_scored"] += int(is_changed.sum())
        counts["denials_woken"] += int((events["kind"] == "woken").sum())
        counts["deadlines_changed"] += int((events["kind"] == "deadline").sum())
        counts["denials_expired"] += int(((rows["queue"] == "expired") & (cases["queue"] != "expired")).sum())


def queue_of(cases: pd.DataFrame, day: date) -> pd.Series[str]:
    """Say where people look for cases: state, deadline_date, snoozed_until_date, snoozed_for."""
    today = day.isoformat()
    is_late = (cases["deadline_date"] != "") & (cases["deadline_date"] < today)
    is_snoozed = (cases["snoozed_until_date"] > today) | (cases["snoozed_for"] != "")
    conditions = [cases["state"] == "closed", cases["state"] == "waiting", is_late, is_snoozed]
    found = np.select([one.to_numpy(bool) for one in conditions], ["closed", "waiting", "expired", "snoozed"], "open")
    return pd.Series(found, index=cases.index, dtype="str")


def _looked_at(cases: pd.DataFrame, known: pd.DataFrame, limits: pd.DataFrame, day: date) -> pd.DataFrame:
    """Give case_id, version and the columns that the night may change, as they are to be."""
    due = deadlines(for_deadlines(cases), limits)
    wakes = (cases["is_heard"] == 1) | (
        (cases["snoozed_until_date"] != "") & (cases["snoozed_until_date"] <= day.isoformat())
    )
    rows = cases.assign(
        version=cases["version"] + wakes,
        deadline_date=due["deadline_date"],
        deadline_rule=due["deadline_rule"],
        snoozed_until_date=cases["snoozed_until_date"].where(~wakes, ""),
        snoozed_for=cases["snoozed_for"].where(~wakes, ""),
    )
    rows = rows.assign(queue=queue_of(rows, day))
    parts = rules.points(rows, known, day)
    names = ["case_id", "version", "queue", "deadline_date", "deadline_rule", "snoozed_until_date", "snoozed_for"]
    return pd.concat([rows[names], parts], axis=1)


def for_deadlines(cases: pd.DataFrame) -> pd.DataFrame:
    """Give cases the columns that deadlines are worked out from."""
    return cases.assign(
        service_from=cases["service_date"],
        service_through=cases["service_to_date"].where(cases["service_to_date"] != "", cases["service_date"]),
        primary_remit_date=cases["remit_date"].where(cases["next_action"] == "SEC", ""),
    )


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(deadline_sort_date=rows["deadline_date"].where(rows["deadline_date"] != "", NO_DEADLINE))


def _events(cases: pd.DataFrame, rows: pd.DataFrame, kind: str, names: list[str], day: date) -> pd.DataFrame:
    """Tell what changed in some columns of a case, with what stood there before."""
    differs = (cases[names] != rows[names]).any(axis=1)
    old = cases.loc[differs, names].to_dict("records")
    return pd.DataFrame(
        {
            "case_id": rows.loc[differs, "case_id"].to_numpy(),
            "case_version": rows.loc[differs, "version"].to_numpy(),
            "kind": kind,
            "body": [json.dumps({"before": one}, sort_keys=True) for one in old],
            "posting_date": day.isoformat(),
        }
    ).astype({"kind": "str", "body": "str", "posting_date": "str"})
