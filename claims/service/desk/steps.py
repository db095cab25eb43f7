"""What is next for cases and until when, as every list and page says it: the step, the wait for an answer, or nothing.

A case that waits keeps the day on which a person asks for the answer in `snoozed_until_date`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from claims import codes
from claims.denials import follow_up
from claims.service.context import Context
from claims.service.desk.limits import answer_days
from claims.service.master import load_master

CLOSED, WAITING, BLOCKED = "closed", "waiting", "blocked"
_LATE = ("WO", "APP")  # the claim came late by the limit that we know: only another limit makes an appeal of it
_OTHER_LIMIT = "find the contract's longer limit, put it into master data, and appeal"


def waits(ctx: Context, rows: pd.DataFrame, waiting_for: str, day: date) -> dict[str, Any]:
    """Give the columns of cases that wait for an answer from this day on."""
    asked = rows.assign(waiting_for=waiting_for, sent_date=day.isoformat())
    ask_on = follow_up.ask_days(asked, answer_days(load_master(ctx), day))
    return {
        "state": WAITING,
        "waiting_for": waiting_for,
        "snoozed_until_date": ask_on,
        "snoozed_for": "",
        "deadline_sort_date": ask_on.where(ask_on != "", rows["deadline_sort_date"]),
    }


def told(ctx: Context, rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """Add next_action_label, then_action_label, proof_needed, days_left; put By into deadline_date and deadline_rule.

    Where a case waits, By is the day to ask on; a closed case has no next step and no day. ``rows``: columns of
    `denial_cases`, and those of `made.with_claims` where a list has them.
    """
    table = _actions()
    label = _label(table, rows, "next_action")
    is_waiting, is_closed = rows["state"] == WAITING, rows["state"] == CLOSED
    ask_on = rows["snoozed_until_date"].where(is_waiting, "")
    is_over = is_waiting & (rows["queue"] != WAITING)
    asked = rows["asked_payer"] if "asked_payer" in rows else pd.Series("", rows.index, dtype="str")
    of_other = (" of " + asked).where(asked != "", "")
    wait = "Wait for the answer" + of_other + ("; ask on " + ask_on).where(ask_on != "", "")
    wait = wait.where(~is_over, "No answer by " + ask_on + ": ask " + asked.where(asked != "", "the payer"))
    if "made_life" in rows:
        wait = wait.where(rows["made_life"] != BLOCKED, "Correct the new claim: an edit blocks it")
    rule = rows["deadline_rule"]
    if is_waiting.any():
        rule = rule.where(~is_waiting, follow_up.says(rows, answer_days(load_master(ctx), day)))
    due = rows["deadline_date"].where(~is_waiting, ask_on).where(~is_closed, "")
    is_late = (rows["next_action"] == _LATE[0]) & (rows["then_action"] == _LATE[1])
    then = _label(table, rows, "then_action").where(~is_late, _OTHER_LIMIT)
    then = then.where(then != label, "")  # no second step is the first one again
    has_step = ~is_waiting & ~is_closed
    left = pd.to_datetime(due.where(due != ""), format="%Y-%m-%d") - pd.Timestamp(day)
    return rows.assign(
        next_action_label=label.where(~is_waiting, wait).where(~is_closed, ""),
        then_action_label=then.where(has_step, ""),
        proof_needed=_of(table["proof_needed"], rows["next_action"]).where(has_step, ""),
        deadline_date=due,
        deadline_rule=rule.where(~is_closed, ""),
        days_left=left.dt.days.astype("Int64"),
    )


@cache
def _actions() -> Mapping[str, Mapping[str, str]]:
    """Give the words of each next action, by column and id."""
    table = codes.table("next_actions").set_index("id")
    return {str(name): dict(table[name]) for name in table}


def _label(table: Mapping[str, Mapping[str, str]], rows: pd.DataFrame, column: str) -> pd.Series[str]:
    """Give an action in words: as what can be done with a claim that others sent, where that differs."""
    label = _of(table["own_label"], rows[column])
    for name in ("elsewhere", "forwarded"):
        other = _of(table[f"{name}_label"], rows[column])
        label = label.mask(rows[f"is_{name}"] & (other != ""), other) if f"is_{name}" in rows else label
    return label


def _of(words: Mapping[str, str], keys: pd.Series[str]) -> pd.Series[str]:
    return pd.Series([words.get(key, "") for key in keys.tolist()], index=keys.index, dtype="str")
