"""Events of the audit chain, newest first, by who did what to what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.audit import fields_of
from claims.store.load import frame

EVENT, DONE = schema.audit_events, schema.denial_events


@dataclass(frozen=True)
class Asked:
    """What of the chain is asked for; empty: any.

    `subject` is one thing, as ``claim 12``, when it ends with a number, else the beginning of a subject. `also`: other
    subjects that are about it. `listed`: (list, id as JSON writes it) of bodies that name it among others.
    `since` and `until`: instants, or whole days (UTC).
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""
    also: tuple[str, ...] = ()
    listed: tuple[tuple[str, str], ...] = ()

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Give it as conditions."""
        parts: list[sa.ColumnElement[bool]] = []
        if self.actor:
            parts.append(EVENT.c.actor == self.actor)
        if self.action == "shown":
            parts.append(EVENT.c.action.startswith("phi-shown"))
        elif self.action == "changed":
            parts.append(~EVENT.c.action.startswith("phi-shown"))
        elif self.action:
            parts.append(EVENT.c.action == self.action)
        if self.subject:
            is_one = re.search(r" \d+$", self.subject) is not None
            own = (
                EVENT.c.subject == self.subject if is_one else EVENT.c.subject.startswith(self.subject, autoescape=True)
            )
            lists = [_names(name, one) for name, one in self.listed]
            parts.append(sa.or_(own, EVENT.c.subject.in_(self.also), *lists))
        if self.since:
            parts.append(EVENT.c.recorded_at >= self.since)
        if self.until:
            parts.append(EVENT.c.recorded_at < (self.until if "T" in self.until else self.until + "~"))
        return parts


def events(conn: sa.Connection, asked: Asked, limit: int, before: int = 0) -> pd.DataFrame:
    """Read events, newest first; `before`: only those with a smaller number."""
    names = ("seq", "recorded_at", "actor", "action", "subject", "body")
    select = sa.select(*(EVENT.c[name] for name in names)).where(*asked.conditions())
    select = select.where(EVENT.c.seq < before) if before else select
    return frame(conn, select.order_by(EVENT.c.seq.desc()).limit(limit))


def one(conn: sa.Connection, seq: int) -> dict[str, Any]:
    """Read one event: recorded_at, actor, action, subject and the fields of its body; nothing where it is not there."""
    names = ("recorded_at", "actor", "action", "subject", "body")
    row = conn.execute(sa.select(*(EVENT.c[name] for name in names)).where(EVENT.c.seq == seq)).mappings().first()
    return {} if row is None else {**fields_of(str(row["body"])), **row}


def later(conn: sa.Connection, seq: int, actions: Sequence[str]) -> list[dict[str, Any]]:
    """Read the events of these actions that came after an event, as `one` gives them."""
    names = ("recorded_at", "actor", "action", "subject", "body")
    since = (EVENT.c.seq > seq, EVENT.c.action.in_(list(actions)))
    rows = conn.execute(sa.select(*(EVENT.c[name] for name in names)).where(*since).order_by(EVENT.c.seq)).mappings()
    return [{**fields_of(str(row["body"])), **row} for row in rows]


def actions_on(conn: sa.Connection, case_id: int) -> list[int]:
    """Give the actions of people that touched a case."""
    acted = (DONE.c.case_id == case_id, DONE.c.action_id.is_not(None))
    return list(conn.execute(sa.select(DONE.c.action_id).where(*acted).distinct().order_by(DONE.c.action_id)).scalars())


def _names(name: str, one: str) -> sa.ColumnElement[bool]:
    """Tell of a body, as the chain keeps it, whether its list of this name has this id in it.

    A body has one list of numbers. That of a search has another before it, of texts: a number is not looked for there.
    """
    body = EVENT.c.body
    ways = [f"[{one}]%", f"[{one},%", f"[%,{one},%", f"[%,{one}]%"]
    found = sa.or_(*(body.like(f'%"{name}":{way}') for way in ways))
    if not one.startswith('"'):
        found = sa.and_(found, body.not_like(f'%"{name}":["%'), body.not_like(f'%"{name}":[]%'))
    return found
