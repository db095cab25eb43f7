"""Who works on a case and how: given to somebody, noted, tagged, put aside, records or an appeal sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from claims.errors import UsageError
from claims.service.context import Context
from claims.service.desk.acting import Cases, Chosen, Done, begin, change, choose, finish, reasons
from claims.service.desk.remarks import with_effect
from claims.service.people import require_worker
from claims.store import desk
from claims.store.engine import write
from claims.store.handles import Connection

NEXT_REMIT = "next-remit"
LAST_DAY = "last-day"
LONGEST = {"assignee": 120, "tag": 40}


def assign(ctx: Context, cases: Cases, assignee: str, posting_date: date) -> Done:
    """Give cases to somebody, or with an empty name back to everybody.

    Raises UsageError for who is not among the people of the practice, where it has any.
    """
    assignee = _short("assignee", assignee)
    with write(ctx.engine) as conn:
        if assignee:
            require_worker(conn, assignee)
        chosen = choose(conn, cases, pending=True)
        chosen = chosen.without(reasons(chosen.rows, ("no-change", chosen.rows["assignee"] == assignee)))
        state = chosen.rows["state"].replace({"new": "assigned"} if assignee else {"assigned": "new"})
        return _do(
            ctx, conn, chosen, "assign", "assigned", posting_date, {"assignee": assignee, "state": state},
            {"assignee": assignee},
        )  # fmt: skip


def note(ctx: Context, cases: Cases, text: str, posting_date: date) -> Done:
    """Write a note on cases, closed ones too; whoever writes on an open case works on it.

    It is added to a case that somebody changed meanwhile too: a note takes nothing from anybody.
    """
    text = _said(text, "A note")
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, closed=True, pending=True, changed=True)
        state = chosen.rows["state"].replace({"new": "in_work", "assigned": "in_work"})
        return _do(ctx, conn, chosen, "note", "note", posting_date, {"state": state}, {"note": text}, reason=text)


def tag(ctx: Context, cases: Cases, word: str, posting_date: date) -> Done:
    """Put a word on cases, or take it off with an empty one."""
    word = _short("tag", word)
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, closed=True, pending=True)
        chosen = chosen.without(reasons(chosen.rows, ("no-change", chosen.rows["tag"] == word)))
        return _do(ctx, conn, chosen, "tag", "tagged", posting_date, {"tag": word}, {"tag": word})


def snooze(ctx: Context, cases: Cases, until: date | str, posting_date: date) -> Done:
    """Put cases aside; they come back by themselves.

    Until a day, until each one's own deadline (`last-day`), or until the next remittance for its claim (`next-remit`).
    """
    if not isinstance(until, date) and until not in (NEXT_REMIT, LAST_DAY):
        raise UsageError(f"A case is put aside until a day, until its {LAST_DAY}, or until {NEXT_REMIT}.")
    today = posting_date.isoformat()
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, pending=True)
        rows = chosen.rows
        deadline, has_one = rows["deadline_date"], rows["deadline_date"] != ""
        fixed = until.isoformat() if isinstance(until, date) else ""
        day = deadline if until == LAST_DAY else pd.Series(fixed, index=rows.index, dtype="str")
        chosen = chosen.without(
            reasons(
                rows,
                ("no-last-day", ~has_one & (until == LAST_DAY)),
                ("last-day-here", has_one & (deadline <= today) & (until != NEXT_REMIT)),
                ("day-has-passed", (day != "") & (day <= today)),
                ("after-deadline", has_one & (deadline < day)),
                ("claim-unknown", (rows["family_id"] == 0) & (until == NEXT_REMIT)),
            )
        )
        until_day = chosen.rows["deadline_date"] if until == LAST_DAY else fixed
        changes = {
            "snoozed_until_date": until_day,
            "snoozed_for": NEXT_REMIT if until == NEXT_REMIT else "",
            "snoozed_at_posting": desk.last_posting(conn),
        }
        said = {"until": fixed or until}
        return _do(ctx, conn, chosen, "snooze", "snoozed", posting_date, changes, said)


def wake(ctx: Context, cases: Cases, posting_date: date) -> Done:
    """Bring cases back that were put aside."""
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, pending=True)
        rows = chosen.rows
        asleep = (rows["snoozed_until_date"] != "") | (rows["snoozed_for"] != "")
        chosen = chosen.without(reasons(rows, ("not-asleep", ~asleep)))
        changes = {"snoozed_until_date": "", "snoozed_for": ""}
        return _do(ctx, conn, chosen, "wake", "woken", posting_date, changes, {})


def info_sent(ctx: Context, cases: Cases, proof: str, posting_date: date) -> Done:
    """Note that the records a payer asked for were sent; `proof`: how it can be shown."""
    proof = _said(proof, "The proof of sending")
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases)
        return _do(
            ctx, conn, chosen, "info_sent", "info_sent", posting_date, _waits("info_sent"), {"proof": proof}, proof
        )


def appeal_sent(ctx: Context, cases: Cases, level: int, proof: str, posting_date: date) -> Done:
    """Note that an appeal of a level (1, 2, ...) was sent; `proof`: how it can be shown that it was sent in time."""
    proof = _said(proof, "The proof of sending")
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases)
        rows = chosen.rows
        ruled_out = with_effect(rows["remark_codes"], "no-appeal", "new-claim")
        chosen = chosen.without(
            reasons(
                rows,
                ("appeal-not-possible", ruled_out),
                ("appeal-level", rows["appeal_level"] != level - 1),
                ("appeal-window-passed", is_late(rows, ("APP", "DOC", "AUTH"), posting_date)),
            )
        )
        changes = _waits("appealed") | {"appeal_level": level}
        said = {"level": level, "proof": proof}
        return _do(ctx, conn, chosen, "appeal_sent", "appealed", posting_date, changes, said, proof)


def is_late(rows: pd.DataFrame, actions: tuple[str, ...], day: date) -> pd.Series[bool]:
    """Tell where the last day for one of these next actions has passed."""
    has_limit = rows["next_action"].isin(actions) & (rows["deadline_date"] != "")
    return has_limit & (rows["deadline_date"] < day.isoformat())


def _waits(waiting_for: str) -> dict[str, Any]:
    return {"state": "waiting", "waiting_for": waiting_for, "snoozed_until_date": "", "snoozed_for": ""}


def _do(
    ctx: Context, conn: Connection, chosen: Chosen, kind: str, event: str, day: date, changes: Mapping[str, Any],
    said: Mapping[str, Any], reason: str = "",
) -> Done:  # fmt: skip
    if chosen.rows.empty:
        return chosen.nothing()
    parameters = {name: value for name, value in said.items() if value != reason or not reason}
    action_id = begin(ctx, conn, kind, chosen, day, reason=reason, parameters=parameters)
    change(ctx, conn, action_id, event, chosen.rows, changes, day, said=said)
    return finish(action_id, chosen)


def _said(text: str, what: str) -> str:
    if not text.strip():
        raise UsageError(f"{what} wants words.")
    return text.strip()


def _short(name: str, text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST[name]:
        raise UsageError(f"The {name} has at most {LONGEST[name]} characters.")
    return text
