"""Who works on a case and how: given to somebody, noted, tagged, put aside, records or an appeal sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from claims.denials.appeals import barred
from claims.denials.deadlines import appeal_steps, deadlines
from claims.errors import UsageError
from claims.service.context import Context
from claims.service.desk.acting import Cases, Chosen, Done, begin, change, choose, finish, reasons, told
from claims.service.desk.limits import as_master_data_say, own_limits
from claims.service.desk.priority import for_deadlines
from claims.service.desk.steps import WAITING, waits
from claims.service.master import load_master
from claims.service.people import require_worker
from claims.service.wording import visible
from claims.store import desk
from claims.store.cases import NO_DEADLINE
from claims.store.engine import write
from claims.store.handles import Connection
from claims.store.queries.appeals import drafts, newest_packets, sent

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

    It is added to a case that somebody changed meanwhile too: a note takes nothing from anybody. Said again by the same
    person of a case as they saw it before, as a form that is sent twice says it, it is the note that stands there.
    """
    text = _said(text, "A note")
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, closed=True, pending=True, changed=True)
        said_then = desk.notes_since(conn, cases, ctx.actor)
        is_same = pd.Series([json.loads(body).get("note") == text for body in said_then["body"]], said_then.index, bool)
        before = said_then[is_same].drop_duplicates("case_id").set_index("case_id")["action_id"]
        again = chosen.rows["case_id"].map(before)
        if len(again) and again.notna().all() and again.nunique() == 1:
            return finish(int(again.iloc[0]), chosen)
        chosen = chosen.without(reasons(chosen.rows, ("noted-already", again.notna())))
        state = chosen.rows["state"].replace({"new": "in_work", "assigned": "in_work"})
        return _do(ctx, conn, chosen, "note", "note", posting_date, {"state": state}, {"note": text}, reason=text)


def tag(ctx: Context, cases: Cases, word: str, posting_date: date) -> Done:
    """Put a word on cases, or take it off with an empty one."""
    word = _short("tag", word)
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, closed=True, pending=True)
        chosen = chosen.without(reasons(chosen.rows, ("no-change" if word else "no-tag", chosen.rows["tag"] == word)))
        return _do(ctx, conn, chosen, "tag", "tagged", posting_date, {"tag": word}, {"tag": word})


def snooze(ctx: Context, cases: Cases, until: date | str, posting_date: date) -> Done:
    """Put cases aside; they come back by themselves.

    Until a day, until each one's own deadline (`last-day`), or until the next remittance for its claim (`next-remit`).
    Of a case that waits for an answer, the day to ask on is moved.
    """
    if not isinstance(until, date) and until not in (NEXT_REMIT, LAST_DAY):
        raise UsageError(f"A case is put aside until a day, until its {LAST_DAY}, or until {NEXT_REMIT}.")
    today = posting_date.isoformat()
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, pending=True)
        rows = chosen.rows
        deadline = rows["deadline_date"]
        has_one = (deadline != "") & (rows["state"] != WAITING)
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
    """Bring cases back that were put aside, or that wait for an answer which a person wants to ask for now."""
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, pending=True)
        rows = chosen.rows
        is_waiting = rows["state"] == WAITING
        asleep = (rows["snoozed_until_date"] != "") | (rows["snoozed_for"] != "") | is_waiting
        asleep &= ~is_waiting | (rows["queue"] == WAITING)
        chosen = chosen.without(reasons(rows, ("not-asleep", ~asleep)))
        yesterday = (posting_date - timedelta(days=1)).isoformat()
        until = chosen.rows["state"].eq(WAITING).map({True: yesterday, False: ""}).astype("str")
        changes = {"snoozed_until_date": until, "snoozed_for": ""}
        return _do(ctx, conn, chosen, "wake", "woken", posting_date, changes, {})


def info_sent(ctx: Context, cases: Cases, proof: str, posting_date: date) -> Done:
    """Note that the records a payer asked for were sent; `proof`: how it can be shown."""
    proof = _said(proof, "The proof of sending")
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases)
        is_sent = (chosen.rows["state"] == WAITING) & (chosen.rows["waiting_for"] == "info_sent")
        chosen = chosen.without(reasons(chosen.rows, ("records-were-sent", is_sent)))
        return _do(
            ctx, conn, chosen, "info_sent", "info_sent", posting_date,
            waits(ctx, chosen.rows, "info_sent", posting_date), {"proof": proof}, proof,
        )  # fmt: skip


def appeal_sent(
    ctx: Context, cases: Cases, level: int, proof: str, posting_date: date, despite_gaps: str = "",
    packet: str | None = None,
) -> Done:  # fmt: skip
    """Note that an appeal of a level (1, 2, ...) was sent; `proof`: how it can be shown that it was sent in time.

    Where the packet prepared last has gaps, `despite_gaps` says why it went all the same. `packet`: the sha256 of the
    packet that was seen (empty: there was none); where another was prepared since, the case is left alone. Where nobody
    looked (many at once), each event keeps the packet that was prepared last, and a case that has none is refused.
    """
    proof = _said(proof, "The proof of sending")
    master = load_master(ctx)
    with write(ctx.engine) as conn:
        chosen = _noted_already(conn, choose(conn, cases), level)
        rows = chosen.rows
        is_asked = not despite_gaps.strip()
        chosen = chosen.without(barred(rows))
        rows = chosen.rows
        newest = newest_packets(conn, rows["case_id"].tolist(), level).set_index("case_id")["packet_sha256"]
        packets = pd.Series(newest.reindex(rows["case_id"]).fillna("").to_numpy(), rows.index, dtype="str")
        is_another = packets != (packets if packet is None else packet)
        chosen = chosen.without(
            reasons(
                rows,
                ("another-packet", is_another),
                ("no-level", ~_has_level(as_master_data_say(master, rows, posting_date), level)),
                ("appeal-level", rows["appeal_level"] != level - 1),
                ("has-gaps", rows["case_id"].isin(drafts(conn, rows["case_id"].tolist(), level)) & is_asked),
                ("appeal-window-passed", is_late(rows, ("APP", "DOC", "AUTH"), posting_date)),
                ("no-packet", (packets == "") & (packet is None)),
            )
        )
        sent_packets = newest.reindex(chosen.rows["case_id"]).fillna("").tolist()
        changes = waits(ctx, chosen.rows, "appealed", posting_date) | {"appeal_level": level, "decision_date": ""}
        said = {"level": level, "proof": proof} | ({} if is_asked else {"despite_gaps": despite_gaps.strip()})
        of_each = [{"packet": one} if one else {} for one in sent_packets]
        return _do(ctx, conn, chosen, "appeal_sent", "appealed", posting_date, changes, said, proof, of_each)


def _noted_already(conn: Connection, chosen: Chosen, level: int) -> Chosen:
    """Say of cases that changed since they were seen that the appeal is noted, where that is so: a form sent twice."""
    rows = desk.cases(conn, chosen.stale)
    is_noted = (rows["state"] == WAITING) & (rows["waiting_for"] == "appealed") & (rows["appeal_level"] == level)
    ids = rows.loc[is_noted, "case_id"]
    refused = told(ids, pd.Series("noted-already", index=ids.index, dtype="str"))
    stale = [one for one in chosen.stale if one not in set(ids)]
    return Chosen(chosen.rows, stale, pd.concat([chosen.refused, refused], ignore_index=True))


def appeal_upheld(ctx: Context, cases: Cases, on: date, proof: str, posting_date: date) -> Done:
    """Note that the payer stood by its denial, by letter: `on` is the day its decision came, `proof` what says so.

    The case is to be worked again, and the limit of the next appeal counts from that day.
    """
    proof = _said(proof, "What the decision came with")
    master = load_master(ctx)
    limits = own_limits(master, posting_date)
    with write(ctx.engine) as conn:
        chosen = choose(conn, cases, pending=True)
        rows = chosen.rows
        day = on.isoformat()
        last = sent(conn, rows["case_id"].tolist()).drop_duplicates("case_id", keep="last").set_index("case_id")
        sent_date = pd.Series(last["sent_date"].reindex(rows["case_id"]).fillna("").to_numpy(), rows.index, dtype="str")
        chosen = chosen.without(
            reasons(
                rows,
                ("no-appeal-waits", (rows["state"] != "waiting") | (rows["waiting_for"] != "appealed")),
                ("decision-ahead", pd.Series(on > posting_date, index=rows.index)),
                ("before-the-denial", rows["remit_date"] > day),
                ("before-the-appeal", sent_date > day),
            )
        )
        changes: dict[str, Any] = {"state": "in_work", "waiting_for": "", "decision_date": day}
        changes |= {"snoozed_until_date": "", "snoozed_for": ""}
        if len(chosen.rows):
            rows = as_master_data_say(master, chosen.rows, posting_date)
            changes |= {name: rows[name] for name in ("own_payer_code", "payer_type")}
            changes |= _deadlines(rows.assign(**changes), limits)
        said = {"decided": day, "proof": proof}
        return _do(ctx, conn, chosen, "appeal_upheld", "appeal_upheld", posting_date, changes, said, proof)


def _deadlines(rows: pd.DataFrame, limits: pd.DataFrame) -> dict[str, pd.Series[str]]:
    """Give the deadlines of cases as they are now: a step that is taken today is not measured by yesterday's."""
    due = deadlines(for_deadlines(rows), limits)
    sort_date = due["deadline_date"].where(due["deadline_date"] != "", NO_DEADLINE)
    return {name: due[name] for name in due} | {"deadline_sort_date": sort_date}


def _has_level(rows: pd.DataFrame, level: int) -> pd.Series[bool]:
    """Tell whose type of payer has an appeal of this level, by letter or not (codes/appeal_levels.csv)."""
    having = [one for one in rows["payer_type"].unique() if level in appeal_steps(str(one)).index]
    return rows["payer_type"].isin(having)


def is_late(rows: pd.DataFrame, actions: tuple[str, ...], day: date) -> pd.Series[bool]:
    """Tell where the last day for one of these next actions has passed."""
    has_limit = rows["next_action"].isin(actions) & (rows["deadline_date"] != "")
    return has_limit & (rows["deadline_date"] < day.isoformat())


def _do(
    ctx: Context, conn: Connection, chosen: Chosen, kind: str, event: str, day: date, changes: Mapping[str, Any],
    said: Mapping[str, Any], reason: str = "", of_each: Sequence[Mapping[str, Any]] = (),
) -> Done:  # fmt: skip
    if chosen.rows.empty:
        return chosen.nothing()
    parameters = {name: value for name, value in said.items() if value != reason or not reason}
    action_id = begin(ctx, conn, kind, chosen, day, reason=reason, parameters=parameters)
    change(ctx, conn, action_id, event, chosen.rows, changes, day, said=said, of_each=of_each)
    return finish(action_id, chosen)


def _said(text: str, what: str) -> str:
    if not visible(text):
        raise UsageError(f"{what} wants words.")
    return text.strip()


def _short(name: str, text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST[name]:
        raise UsageError(f"The {name} has at most {LONGEST[name]} characters.")
    return text
