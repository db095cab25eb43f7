"""One case for a page: its number and version, who else looks at it now, what happened to it and can be undone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd

from claims.errors import NotFoundError
from claims.service import timeline
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.desk import queue, undoing
from claims.service.desk.withdrawing import why_kept
from claims.service.queue import KEY_LENGTH
from claims.store import clock
from claims.store import desk as store_desk
from claims.store import sessions as session_rows
from claims.store.engine import read, write
from claims.store.queries import case_events, desk
from claims.store.sessions import Session

HERE = timedelta(seconds=90)
_WRITTEN_EVERY = timedelta(seconds=45)
SIBLINGS = 5
FIRST = 20  # of the cases that a person looks at before doing something with them
_TOLD = ("note", "proof", "tag", "basis", "action_reason", "reason")
_NAMED = {"assignee": "to", "until": "until", "level": "level", "next_payer_code": "to"}


class Case(NamedTuple):
    """What an action on a case has to name, and where others of its kind are found."""

    case_id: int
    version: int
    payer_code: str
    reason_code: str
    pattern_id: int
    claim_payment_id: int
    family_id: int
    key: str  # as people are shown it


def of_key(ctx: Context, key: str) -> Case:
    """Find a case by its key or the beginning of it; raise NotFoundError when that is not one."""
    with read(ctx.engine) as conn:
        found = case_events.found(conn, key.lower()) if key else []
    if len(found) != 1:
        raise NotFoundError("denial case", "with this key")
    row = found[0]
    texts = ("payer_code", "reason_code", "key")
    numbers = {name: int(row._mapping[name] or 0) for name in Case._fields if name not in texts}
    shown_key = str(row.case_key)[:KEY_LENGTH]
    return Case(payer_code=str(row.payer_code), reason_code=str(row.reason_code), key=shown_key, **numbers)


def names(ctx: Context, case_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Give what people call cases: the key, cut, and the claim's number; the caller records that it was shown."""
    with read(ctx.engine) as conn:
        rows = case_events.called(conn, case_ids)
    keys = rows["case_key"].str[:KEY_LENGTH]
    return dict(zip(rows["case_id"].tolist(), zip(keys, rows["claim_number"], strict=True), strict=True))


def first(ctx: Context, case_ids: Sequence[int]) -> pd.DataFrame:
    """Give key, claim_number, payer_code, payer_name and cents (at risk) of the first FIRST of these cases; that they
    are shown is recorded."""
    ids = list(case_ids[:FIRST])
    with read(ctx.engine) as conn:
        rows = case_events.called(conn, ids).set_index("case_id").reindex(ids)
    rows = rows.assign(key=rows["case_key"].str[:KEY_LENGTH], cents=rows["at_risk_cents"])
    if ids:
        record_shown(ctx, "cases that are looked at", {"cases": ids})
    return rows[["key", "claim_number", "payer_code", "payer_name", "cents"]].reset_index(drop=True)


def look(ctx: Context, session: Session, case: Case, now: datetime) -> list[str]:
    """Say that the owner of a session looks at a case, and name the others who do."""
    subject = f"case {case.case_id}"
    written = clock.read(session.looked_at) if session.looked_at else None
    if session.looks_at != subject or written is None or now - written >= _WRITTEN_EVERY:
        with write(ctx.recorder or ctx.engine) as conn:
            session_rows.change(conn, session.session_id, looks_at=subject, looked_at=clock.written(now))
    with read(ctx.engine) as conn:
        return session_rows.others(conn, subject, session.user.user_id, now - HERE)


def happened(ctx: Context, case: Case) -> pd.DataFrame:
    """Tell what happened to a case, newest first: what a person said, and whether it can still be undone.

    day: that of the remittance which brought it, else the day on which it was booked (posting_date).
    """
    with read(ctx.engine) as conn:
        events = case_events.of_case(conn, case.case_id)
        versions = pd.Series(case.version, index=events.index, dtype="int64")
        is_last = ~undoing.moved_on(events, versions, store_desk.since(conn, events.assign(case_id=case.case_id)))
        is_open = events["action_state"].isin(["done", "waiting_approval", "approved"]) & (events["action_id"] != 0)
        is_here = why_kept(conn, events)["reason"] == ""
    words = [_words(json.loads(body), reason) for body, reason in zip(events["body"], events["reason"], strict=True)]
    newest = ~events["action_id"].duplicated(keep="last")
    day = events["payment_date"].where(events["payment_date"] != "", events["posting_date"])
    can_undo = is_open & newest & is_last & is_here & (events["action"] != "undo")
    rows = events.assign(words=words, can_undo=can_undo, day=day)
    return rows.drop(columns=["body", "reason", "payment_date"]).iloc[::-1].reset_index(drop=True)


def lengths(ctx: Context, case: Case) -> dict[int, int]:
    """Give the length in bytes of each segment of the decision, by its number."""
    with read(ctx.engine) as conn:
        places = desk.places(conn, case.claim_payment_id)
    return dict(zip(places["seg"].tolist(), places["length"].tolist(), strict=True))


def siblings(ctx: Context, case: Case) -> pd.DataFrame:
    """Give some other open cases of the same pattern, or else of the same payer and reason."""
    if case.pattern_id:
        asked = queue.Filters(pattern_id=case.pattern_id)
    else:
        asked = queue.Filters(payer_code=case.payer_code, reason_code=case.reason_code)
    found = queue.page(ctx, asked, size=SIBLINGS + 1).rows
    return found[found["case_id"] != case.case_id].head(SIBLINGS)


def steps(ctx: Context, case: Case) -> pd.DataFrame:
    """Give the steps of the claim of a case; nothing where the claim is unknown."""
    return timeline.of_family(ctx, case.family_id) if case.family_id else pd.DataFrame()


def _words(said: dict[str, Any], reason: str) -> str:
    """Put what an event says into words: what was written, to whom, until when."""
    told = [str(said[name]) for name in _TOLD if said.get(name)]
    named = [f"{word} {said[name]}" for name, word in _NAMED.items() if said.get(name)]
    named += [{"instead": "in its place", "before": "before it", "after": "after it"}.get(str(said.get("order")), "")]
    named += [f"changed {str(said['changed']).replace(' ', ', ')}"] if said.get("changed") else []
    return ", ".join([*filter(None, named), *(told or ([reason] if reason else []))])
