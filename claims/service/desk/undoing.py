"""Undo: an action of a person is taken back by another one that gives the cases what they had before.

It is an action like any other, audited, and can itself be undone unless money moved or a claim was withdrawn. A case
that moved on since, by a person or a remittance, is left as it is and named (notes and tags do not count); a claim
that another case still waits for is not withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.service.at_risk import bound
from claims.service.context import Context
from claims.service.desk.acting import Chosen, Done, begin, change, finish, reasons, told
from claims.service.desk.held import bring_back
from claims.service.desk.money import MOVES, REFUSED, WAITS, is_paid_by_patient
from claims.service.desk.withdrawing import CORRECTED_SINCE, LEFT, PLACE_TAKEN, why_kept, withdraw
from claims.service.periods import require_come
from claims.service.runs import running
from claims.service.scrub import scrub
from claims.store import desk
from claims.store.engine import together
from claims.store.handles import Connection

UNDONE, EVENT = "undone", "undo"
SENDS = ("resubmit", "bill_next", "bill_other")


def undo(ctx: Context, action_id: int, posting_date: date, only: Sequence[int] = ()) -> Done:
    """Give the cases of an action what they had before it; journals are taken back by journals, claims withdrawn.

    `only`: these cases of it; the others keep what it did. Raises NotFoundError, and UsageError for an action that
    cannot be undone as a whole, or that a case of `only` is none of.
    """
    require_come(ctx, posting_date)
    with together(ctx.engine) as conn:
        action = _to_undo(ctx, conn, action_id)
        moved_money = action["kind"] in MOVES and action["state"] != WAITS
        events = desk.events_of(conn, action_id).drop_duplicates("case_id", keep="last")
        events = events[events["kind"] != REFUSED].reset_index(drop=True)  # what an approval left out and set free
        all_events = events
        if only:
            events = events[events["case_id"].isin(only)].reset_index(drop=True)
            if len(events) < len(set(only)):
                raise UsageError(f"Action {action_id} did nothing with this case.")
        rows = desk.cases(conn, events["case_id"].tolist())
        event = events.set_index("case_id").loc[rows["case_id"]].reset_index()
        chosen = Chosen(rows, [], told(rows["case_id"].head(0), rows["cause"].head(0)))
        kept = why_kept(conn, event)
        later = desk.since(conn, event)
        has_moved, first = moved_on(event, rows["version"], later), _to_undo_first(event, later)
        chosen = chosen.without(
            reasons(
                rows,
                ("moved-on", has_moved),
                *((reason, kept["reason"] == reason) for reason in (CORRECTED_SINCE, LEFT, PLACE_TAKEN)),
                ("patient-has-paid", is_paid_by_patient(conn, rows, event["amount_cents"], action, moved_money)),
            ),
            pd.Series([f"undo action {one} first" if one else "" for one in first], rows.index, dtype="str").where(
                kept["reason"] != CORRECTED_SINCE, kept["about"]
            ),
        )
        if chosen.rows.empty:
            return chosen.nothing()
        event = event.set_index("case_id").loc[chosen.rows["case_id"]].reset_index()
        amount = int(event["amount_cents"].sum())
        undoing = begin(ctx, conn, "undo", chosen, posting_date, amount_cents=amount, undoes=action_id)
        if moved_money:
            families = chosen.rows.loc[chosen.rows["family_id"] != 0, "family_id"].drop_duplicates().tolist()
            with running(ctx, "action", posting_date) as (run_id, _):
                bring_back(ctx, conn, run_id, posting_date, families, set(event["event_id"].tolist()))
        again = _withdraw(ctx, conn, event, posting_date)
        is_request = action["kind"] in MOVES
        _give_back(ctx, conn, undoing, chosen.rows, event, later, posting_date, is_request=is_request)
        if moved_money:
            with running(ctx, "action", posting_date) as (run_id, _):
                bound(conn, ctx, families, posting_date, run_id)
        if len(chosen.rows) == len(all_events):
            desk.settle(conn, action_id, UNDONE, ctx.actor, posting_date)
    if again:  # claims that had not left wait again: the edits say at once whether they may
        scrub(ctx, posting_date, again)
    return finish(undoing, chosen, amount_cents=amount)


def _to_undo(ctx: Context, conn: Connection, action_id: int) -> pd.Series[Any]:
    found = desk.action(conn, action_id)
    if found.empty:
        raise NotFoundError("action", action_id)
    action = found.iloc[0]
    if action["state"] not in ("done", "approved", WAITS):
        raise UsageError(f"Action {action_id} is {action['state']} already.")
    if action["state"] == WAITS and action["requested_by"] != ctx.actor:
        raise UsageError("Who asked for it withdraws it; another person refuses it, with a reason.")
    undone = desk.action(conn, int(action["undoes_action_id"]))["kind"].iloc[0] if action["kind"] == "undo" else ""
    if undone in MOVES:
        raise UsageError("Money that was brought back is moved again by asking for it again, not by undo.")
    if undone in SENDS:
        raise UsageError("A claim that was withdrawn is made anew by sending it again from its case, not by undo.")
    return action


def _give_back(
    ctx: Context, conn: Connection, action_id: int, rows: pd.DataFrame, event: pd.DataFrame, later: pd.DataFrame,
    day: date, *, is_request: bool,
) -> None:  # fmt: skip
    """Write what stood in each case before; cases that had the same columns changed go together.

    What a note or tag has changed since stays as that left it.
    """
    # Nobody is asked again by taking back what was asked for. Anything else leaves a request of another as it is.
    free = {"pending_action_id": 0} if is_request else {}
    kept = {int(str(of)): _changed_by(part["body"]) for of, part in later.groupby("of_event_id")}
    old = [
        _without(json.loads(body).get("before", {}), kept.get(event_id)) | free
        for event_id, body in zip(event["event_id"].tolist(), event["body"], strict=True)
    ]
    before = pd.Series(old, index=rows.index, dtype=object)
    shapes = before.map(lambda one: " ".join(sorted(one)))
    for _, part in before.groupby(shapes):
        names = sorted(part.iloc[0])
        changes = {
            name: pd.Series([one[name] for one in part], index=part.index).astype(rows[name].dtype) for name in names
        }
        said = {"undoes": int(event["action_id"].iloc[0])}
        change(
            ctx, conn, action_id, EVENT, rows.loc[part.index], changes, day,
            amounts=event["amount_cents"].set_axis(rows.index).loc[part.index], said=said, is_touch=False,
        )  # fmt: skip


def _to_undo_first(event: pd.DataFrame, later: pd.DataFrame) -> pd.Series[int]:
    """Give for each event the last action of a person that came after it and stands; 0 where there is none."""
    others = later[~later["is_remark"] & (later["action_id"] != 0)]
    last = others.groupby("of_event_id")["action_id"].max()
    return last.reindex(event["event_id"]).fillna(0).astype("int64").reset_index(drop=True)


def _changed_by(bodies: Iterable[str]) -> set[str]:
    return {name for body in bodies for name in json.loads(body).get("before", {})}


def _without(before: dict[str, Any], touched: set[str] | None) -> dict[str, Any]:
    """Leave out the columns that were changed since."""
    return {name: value for name, value in before.items() if name not in (touched or ())}


def moved_on(event: pd.DataFrame, versions: pd.Series[int], later: pd.DataFrame) -> pd.Series[bool]:
    """Tell which cases (their versions as they are, in the order of `event`) more happened to since than remarks.

    `later`: what `store.desk.since` says of these events.
    """
    others = later.loc[~later["is_remark"], "of_event_id"]
    last = later.groupby("of_event_id")["case_version"].max().reindex(event["event_id"])
    last = last.fillna(event["case_version"].set_axis(last.index)).astype("int64")
    is_other = event["event_id"].isin(others).to_numpy() | (last.to_numpy() != versions.to_numpy())
    return pd.Series(is_other, index=versions.index)


def _withdraw(ctx: Context, conn: Connection, event: pd.DataFrame, day: date) -> list[int]:
    """Take claims back that were made and have not left, but those that other cases still wait for."""
    made = event.loc[event["claim_id"] != 0, "claim_id"].drop_duplicates()
    others = desk.waiting_for(conn, made.tolist())
    others = others[~others["case_id"].isin(event["case_id"])]
    return withdraw(ctx, conn, made[~made.isin(others["claim_id"])], day)
