"""What every action of the desk has in common: which cases it may touch, what it leaves, who did it.

A person acts on cases as they saw them: one that was changed since is named as stale and left alone. The change of the
cases, an event for each with what stood there before, the action and its record in the audit chain are one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from claims import codes
from claims.service.audited import record
from claims.service.context import Context
from claims.service.desk.queues import queue_of
from claims.service.periods import require_open
from claims.store import desk
from claims.store.handles import Connection
from claims.store.money_requests import lowered_waiting

Cases = Sequence[tuple[int, int]]  # (case_id, version that the person saw)


_NO_BLOCKS = pd.DataFrame({"case_id": [], "claim_id": []}, dtype="int64").assign(edit_id="")


class Done(NamedTuple):
    """What became of an action: `refused` has case_id, reason and the reason in words (says).

    The action's id is 0 when nothing was done or asked for; its state is done or waiting_approval. `blocked` has
    case_id, claim_id and edit_id of the claims that were made and that an edit stops: they do not leave as they are.
    """

    action_id: int
    done: list[int]
    stale: list[int]
    refused: pd.DataFrame
    state: str = "done"
    amount_cents: int = 0
    blocked: pd.DataFrame = _NO_BLOCKS
    at_risk_cents: int = 0  # of the cases that it did, or would do
    limit_cents: int | None = None  # what the asker may give up alone, where that counts
    used_cents: int = 0  # and what they gave up alone on that day before
    new_claims: int = 0  # cases whose claim goes as a new one (frequency 1) where a replacement would be usual
    lowered_cents: int = 0  # what the changes take off the charges of the claims: it counts as written off
    request: int = 0  # the request that waits for a second person where no action does


class Chosen(NamedTuple):
    """The cases of an action as they are now, why it may not touch some of them, and which changed meanwhile."""

    rows: pd.DataFrame
    stale: list[int]
    refused: pd.DataFrame

    def nothing(self) -> Done:
        """Give what an action did that may touch none of them."""
        return Done(0, [], self.stale, self.refused)

    def without(self, reasons: pd.Series[str], about: pd.Series[str] | None = None) -> Chosen:
        """Leave out the cases that have a reason (indexed as `rows`), and more `about` it where the words take it."""
        is_bad = reasons != ""
        more = told(
            self.rows.loc[is_bad, "case_id"], reasons[is_bad], self.rows.loc[is_bad, "deadline_date"],
            None if about is None else about[is_bad],
        )  # fmt: skip
        refused = pd.concat([self.refused, more], ignore_index=True)
        return Chosen(self.rows[~is_bad].reset_index(drop=True), self.stale, refused)


def told(
    case_ids: pd.Series[int], reasons: pd.Series[str], days: pd.Series[str] | None = None,
    about: pd.Series[str] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Give refused cases with their reason, also in words.

    `days`: the last day of each, which words call `{day}`; `about`: what else is known of it, `{about}`.
    """
    appeal = codes.table("appeal_refusals").rename(columns={"refused": "reason"})
    says = pd.concat([codes.table("desk_refusals"), appeal]).drop_duplicates("reason").set_index("reason")["says"]
    frame = pd.DataFrame({"case_id": case_ids.to_numpy("int64"), "reason": reasons.to_numpy(dtype=object)})
    frame["says"] = says.reindex(frame["reason"]).fillna("").to_numpy()
    for name, values in (("{day}", days), ("{about}", about)):
        own = [f" ({one})" if one else "" for one in values] if values is not None else [""] * len(frame)
        frame["says"] = [text.replace(name, word) for text, word in zip(frame["says"], own, strict=True)]
    return frame.astype({"reason": "str", "says": "str"})


def by_reason(refused: pd.DataFrame) -> list[tuple[str, list[int]]]:
    """Give each reason of `Done.refused` once, in words, with its cases; days are left out where they differ."""
    found = []
    for _, rows in refused.groupby("reason", sort=False):
        says = rows["says"].iloc[0]
        if rows["says"].nunique() > 1:
            says = told(rows["case_id"].head(1), rows["reason"].head(1))["says"].iloc[0]
        found.append((str(says), [int(one) for one in rows["case_id"]]))
    return found


def reasons(rows: pd.DataFrame, *conditions: tuple[str, Any]) -> pd.Series[str]:
    """Give the first reason whose condition is true, for each row; empty where none is."""
    if not conditions:
        return pd.Series("", index=rows.index, dtype="str")
    found = np.select([np.asarray(is_so, dtype=bool) for _, is_so in conditions], [name for name, _ in conditions], "")
    return pd.Series(found, index=rows.index, dtype="str")


def choose(
    conn: Connection, cases: Cases, *, closed: bool = False, pending: bool = False, changed: bool = False,
    lowered: bool = False,
) -> Chosen:  # fmt: skip
    """Read the cases of an action; what is closed, waits for a second person or changed stays out unless allowed.

    `lowered`: also those of which a lowered charge waits, for it is what happens.
    """
    seen = pd.DataFrame(dict(cases).items(), columns=["case_id", "seen"], dtype="int64")
    rows = desk.cases(conn, seen["case_id"].tolist())
    rows = rows.merge(seen, on="case_id")
    missing = seen.loc[~seen["case_id"].isin(rows["case_id"]), "case_id"]
    is_stale = (rows["version"] != rows["seen"]) & (not changed)
    stale = [int(one) for one in rows.loc[is_stale, "case_id"]]
    rows = rows[~is_stale].drop(columns="seen").reset_index(drop=True)
    chosen = Chosen(rows, stale, told(missing, pd.Series("not-there", index=missing.index, dtype="str")))
    request = _lowered(conn, rows)
    return chosen.without(
        reasons(
            rows,
            ("closed", (rows["state"] == "closed") & (not closed)),
            ("waits-for-approval", (rows["pending_action_id"] != 0) & (not pending)),
            ("lowered-waits", (request != "") & (not pending) & (not lowered)),
        ),
        request,
    )


def _lowered(conn: Connection, rows: pd.DataFrame) -> pd.Series[str]:
    """Name for each case the request that waits to lower its charge; empty where there is none."""
    of_case = {case_id: one["request"] for one in lowered_waiting(conn) for case_id in one["cases"]}
    named = [f"request {of_case[one]}" if one in of_case else "" for one in rows["case_id"]]
    return pd.Series(named, index=rows.index, dtype="str")


def begin(
    ctx: Context, conn: Connection, kind: str, chosen: Chosen, posting_date: date, *, amount_cents: int = 0,
    reason: str = "", state: str = "done", parameters: Mapping[str, Any] | None = None, undoes: int = 0,
) -> int:  # fmt: skip
    """Write the action and its record in the audit chain; give the action's id. Raises PeriodClosedError."""
    require_open(conn, posting_date)
    if ctx.is_looking:
        return 0
    action_id = desk.add_action(
        conn, kind=kind, state=state, cases=len(chosen.rows), amount_cents=amount_cents, reason=reason,
        parameters=json.dumps(dict(parameters or {}), sort_keys=True), requested_by=ctx.actor,
        posting_date=posting_date, undoes_action_id=undoes or None,
    )  # fmt: skip
    body = {"cases": len(chosen.rows), "amount_cents": amount_cents, "state": state}
    record(ctx, conn, f"denial.{kind}", f"action {action_id}", body)
    return action_id


def change(
    ctx: Context, conn: Connection, action_id: int, event: str, rows: pd.DataFrame, changes: Mapping[str, Any],
    posting_date: date, *, amounts: pd.Series[int] | int = 0, said: Mapping[str, Any] | None = None,
    claim_ids: pd.Series[int] | int = 0, is_touch: bool = True, of_each: Sequence[Mapping[str, Any]] = (),
) -> pd.DataFrame:  # fmt: skip
    """Give cases new values (a value, or a Series indexed as `rows`) and append an event for each; give the events.

    `said`: what every event says; `of_each`: what the event of each row says beside.
    """
    if ctx.is_looking:
        return pd.DataFrame({"case_id": rows["case_id"], "event_id": 0})
    after = rows.assign(**changes)
    if is_touch:
        after["last_touched_date"] = posting_date.isoformat()
    after["queue"] = queue_of(after, posting_date)
    after["version"] = rows["version"] + 1
    names = list(dict.fromkeys([*changes, "last_touched_date", "queue"]))
    old = rows[names].to_dict("records")
    new = after[names].to_dict("records")
    before = [{name: was[name] for name in names if was[name] != now[name]} for was, now in zip(old, new, strict=True)]
    told = of_each or [{}] * len(before)
    events = pd.DataFrame(
        {
            "case_id": rows["case_id"],
            "kind": event,
            "claim_id": claim_ids,
            "amount_cents": amounts,
            "body": [
                json.dumps({**(said or {}), **own, "before": one}, sort_keys=True)
                for own, one in zip(told, before, strict=True)
            ],
            "posting_date": posting_date.isoformat(),
            "actor": ctx.actor,
            "case_version": after["version"],
            "action_id": action_id,
        }
    ).astype({"kind": "str", "body": "str", "posting_date": "str", "actor": "str"})
    return desk.save(conn, after[["case_id", "version", *names]], events)


def finish(
    action_id: int, chosen: Chosen, *, state: str = "done", amount_cents: int = 0, blocked: pd.DataFrame = _NO_BLOCKS
) -> Done:
    """Give what an action did."""
    ids = [int(one) for one in chosen.rows["case_id"]]
    at_risk = int(chosen.rows["at_risk_cents"].sum())
    return Done(action_id, ids, chosen.stale, chosen.refused, state, amount_cents, blocked, at_risk)
