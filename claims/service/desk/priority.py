"""The night's look at every open case: its next step, deadlines by the day's rules, who comes back, how urgent it is.

Nothing here waits for a clock: the accounting day of the run says what day it is, and a second run on the same day
finds everything as it should be.
"""

from __future__ import annotations

import json
from datetime import date

import pandas as pd

from claims.denials import appeals, follow_up
from claims.denials import priority as rules
from claims.denials.deadlines import deadlines
from claims.denials.still_open import still_open
from claims.master import Master
from claims.service import filed
from claims.service.context import Context
from claims.service.desk.limits import answer_days, as_master_data_say, own_limits
from claims.service.desk.patterns import find_patterns
from claims.service.desk.queues import queue_of
from claims.service.desk.rejected import bring_back
from claims.service.master import load_master
from claims.store import priorities
from claims.store.cases import NO_DEADLINE
from claims.store.engine import read, write
from claims.store.handles import Connection

CASES_PER_BATCH = 50_000
COUNTS = (
    *("denials_scored", "denials_woken", "denials_expired", "denials_unanswered", "denials_filed_late"),
    *("denials_rejected", "deadlines_changed", "patterns_found", "pattern_cases"),
)
_STEP = ["next_action", "then_action"]
_LIMIT = ["own_payer_code", "payer_type", "deadline_date", "deadline_rule"]
_ASLEEP = ["snoozed_until_date", "snoozed_for"]
_FELL = "the last day of the step before has passed; this one is still possible"
_NO_WAY, _NO_LIMIT = "WO", "this step has no limit of its own; the claim came late: "


def prioritise(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Bring deadlines, queues and points of all open cases up to the day; give how many changed."""
    counts = dict.fromkeys(COUNTS, 0)
    with read(ctx.engine) as conn:
        if not priorities.has_cases(conn):
            return counts
    master = load_master(ctx)
    limits = own_limits(master, posting_date)
    counts |= bring_back(ctx, run_id, posting_date)
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
            told_by_master = as_master_data_say(master, cases, posting_date)
            late = _filed_late(conn, master, told_by_master, posting_date)
            rows = _looked_at(_asked_on(conn, master, told_by_master, posting_date), late, known, limits, posting_date)
            names = rows.columns.drop("version")
            is_changed = (rows[names] != cases[names]).any(axis=1)
            is_waiting = cases["state"] == "waiting"
            unanswered = is_waiting & (cases["queue"] == "waiting") & (rows["queue"] != "waiting")
            events = pd.concat(
                [
                    _events(cases, rows, "next_step", _STEP, posting_date, reason=late.where(late != "", _FELL)),
                    _events(cases, rows, "woken", _ASLEEP, posting_date, where=~is_waiting),
                    _events(cases, rows, "no_answer", ["queue"], posting_date, where=unanswered),
                    _events(cases, rows, "deadline", _LIMIT, posting_date),
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
        counts["denials_unanswered"] += int(unanswered.sum())
        counts["denials_filed_late"] += int(((late != "") & (cases["next_action"] == "APP")).sum())
        counts["deadlines_changed"] += int((events["kind"] == "deadline").sum())
        counts["denials_expired"] += int(((rows["queue"] == "expired") & (cases["queue"] != "expired")).sum())


def _filed_late(conn: Connection, master: Master, cases: pd.DataFrame, day: date) -> pd.Series[str]:
    """Say which cases an appeal with proof of timely filing cannot win, with the figures; empty for all others."""
    has_way = cases["next_action"].isin(["APP", _NO_WAY]) & cases["then_action"].isin(["APP", _NO_WAY])
    timely = cases[has_way]
    timely = timely[appeals.kinds(timely) == appeals.TIMELY].reset_index()
    late = filed.late(conn, master, timely, day)
    return pd.Series(late.to_numpy(), index=timely["index"], dtype="str").reindex(cases.index, fill_value="")


def _asked_on(conn: Connection, master: Master, cases: pd.DataFrame, day: date) -> pd.DataFrame:
    """Give cases that wait the day to ask on where they have none."""
    has_none = (cases["state"] == "waiting") & (cases["snoozed_until_date"] == "") & (cases["snoozed_for"] == "")
    if not has_none.any():
        return cases
    mine = cases[has_none]
    sent = priorities.sent_since(conn, mine["case_id"].tolist()).reindex(mine["case_id"]).to_numpy()
    mine = mine.assign(sent_date=pd.Series(sent, index=mine.index, dtype="str").fillna(mine["last_touched_date"]))
    asked = follow_up.ask_days(mine, answer_days(master, day))
    return cases.assign(snoozed_until_date=asked.reindex(cases.index).fillna(cases["snoozed_until_date"]))


def _looked_at(
    cases: pd.DataFrame, late: pd.Series[str], known: pd.DataFrame, limits: pd.DataFrame, day: date
) -> pd.DataFrame:
    """Give case_id, version and the columns that the night may change, as they are to be."""
    is_late, is_waiting = late != "", cases["state"] == "waiting"
    # Appeal first, else write off; the other way round where the claim came late. Both orders hold the same two steps.
    swaps = (cases["next_action"] == "APP") & is_late
    swaps |= (cases["next_action"] == _NO_WAY) & (cases["then_action"] == "APP") & ~is_late
    cases = cases.assign(
        next_action=cases["next_action"].where(~swaps, cases["then_action"]),
        then_action=cases["then_action"].where(~swaps, cases["next_action"]),
    )
    cases, due = _fallen(cases, limits, day)
    wakes = (cases["snoozed_until_date"] != "") & (cases["snoozed_until_date"] <= day.isoformat()) & ~is_waiting
    wakes |= cases["is_heard"] == 1
    rows = cases.assign(
        version=cases["version"] + wakes,
        deadline_date=due["deadline_date"],
        deadline_rule=due["deadline_rule"].where(~is_late, _NO_LIMIT + late),
        snoozed_until_date=cases["snoozed_until_date"].where(~wakes, ""),
        snoozed_for=cases["snoozed_for"].where(~wakes, ""),
    )
    rows = rows.assign(queue=queue_of(rows, day))
    # What waits is as urgent as the day to ask for its answer, and to ask is little work.
    step = rows.assign(
        next_action=rows["next_action"].where(~is_waiting, "WAIT"),
        deadline_date=rows["deadline_date"].where(~is_waiting, rows["snoozed_until_date"]),
        is_lost=is_late,
    )
    parts = rules.points(step, known, day)
    names = ["case_id", "version", "state", "queue", *_STEP, *_LIMIT, *_ASLEEP]
    return pd.concat([rows[names], parts], axis=1)


def _fallen(cases: pd.DataFrame, limits: pd.DataFrame, day: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let a case whose step has passed its last day go on with one that is still possible; give the deadlines too."""
    due = deadlines(for_deadlines(cases), limits)
    rows = for_deadlines(cases.assign(deadline_date=due["deadline_date"].where(cases["state"] != "waiting", "")))
    step = still_open(rows, day, limits)["step"]
    falls, was_second = step != "", step == cases["then_action"]
    if not falls.any():
        return cases, due
    fallen = cases.assign(
        next_action=cases["next_action"].where(~falls, step),
        then_action=cases["then_action"].where(~(falls & was_second), cases["next_action"]),
    )
    return fallen, deadlines(for_deadlines(fallen), limits)


def for_deadlines(cases: pd.DataFrame) -> pd.DataFrame:
    """Give cases the columns that deadlines are worked out from."""
    return cases.assign(
        service_from=cases["service_date"],
        service_through=cases["service_to_date"].where(cases["service_to_date"] != "", cases["service_date"]),
        primary_remit_date=cases["remit_date"].where(cases["next_action"] == "SEC", ""),
    )


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    by = rows["snoozed_until_date"].where(rows["state"] == "waiting", rows["deadline_date"])
    return rows.assign(deadline_sort_date=by.where(by != "", NO_DEADLINE)).drop(columns="state")


def _events(
    cases: pd.DataFrame, rows: pd.DataFrame, kind: str, names: list[str], day: date, *,
    where: pd.Series[bool] | None = None, reason: pd.Series[str] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Tell what changed in some columns of a case, with what stood there before and, where it is given, why."""
    differs = (cases[names] != rows[names]).any(axis=1) & (True if where is None else where)
    old = cases.loc[differs, names].to_dict("records")
    why = [""] * len(old) if reason is None else reason[differs].tolist()
    return pd.DataFrame(
        {
            "case_id": rows.loc[differs, "case_id"].to_numpy(),
            "case_version": rows.loc[differs, "version"].to_numpy(),
            "kind": kind,
            "body": [
                json.dumps(({"action_reason": text} if text else {}) | {"before": one}, sort_keys=True)
                for one, text in zip(old, why, strict=True)
            ],
            "posting_date": day.isoformat(),
        }
    ).astype({"kind": "str", "body": "str", "posting_date": "str"})
