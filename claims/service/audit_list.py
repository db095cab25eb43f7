"""The audit chain as an auditor reads it: who saw and who changed what, and whether the chain is whole."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from claims.service.context import Context
from claims.service.queue import KEY_LENGTH
from claims.store import audit, people, reasons
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import audit_list as rows
from claims.store.queries import case_events
from claims.store.queries.audit_list import Asked

__all__ = ["Asked", "Chain", "actors", "chain", "events"]

_ONE = re.compile(r"([a-zA-Z]+(?: [a-zA-Z]+)*) ([0-9a-zA-Z]+)")
# One of these -> the list of it in a body.
_LISTS = {
    "claim": "claims",
    "exception": "exceptions",
    "rejection": "rejections",
    "bank line": "bank lines",
    "takeback": "takebacks",
    "variance": "variances",
}


class Chain(NamedTuple):
    """The state of the chain: what is wrong with it (nothing: empty), its length and its head."""

    problem: str
    length: int
    head: str


def events(ctx: Context, asked: Asked, *, before: int = 0, limit: int = 100) -> pd.DataFrame:
    """Give events, newest first: seq, recorded_at, actor, action, subject, body.

    Who asks for one thing (claim 12, denial case 3f2a91c04b) is also given the lists, searches and exports that named
    it among others, and the actions on a case. A body holds the words of a reason that is kept beside the chain: they
    are not for everybody's eyes.
    """
    with read(ctx.engine) as conn:
        return _with_reasons(conn, rows.events(conn, _about(conn, asked), limit, before))


def _with_reasons(conn: Connection, events: pd.DataFrame) -> pd.DataFrame:
    """Put the words that stand beside the chain into the bodies that name them, as `reason`."""
    named = events[events["body"].str.contains('"act_reason_id":', regex=False)]
    bodies = {at: json.loads(body) for at, body in named["body"].items()}
    words = reasons.words(conn, [int(body["act_reason_id"]) for body in bodies.values()])
    told = {}
    for at, body in bodies.items():
        number = int(body.pop("act_reason_id"))
        if number in words:
            body["reason"] = words[number]
            body.pop("reason_mac", None)
        told[at] = json.dumps(body, ensure_ascii=False)
    return events.assign(body=[told.get(at, body) for at, body in events["body"].items()])


def actors(ctx: Context) -> list[str]:
    """Name the people of the practice; others that a chain may name (``os:...``) have to be typed."""
    with read(ctx.engine) as conn:
        return [str(name) for name in people.listed(conn)["name"]]


def _about(conn: Connection, asked: Asked) -> Asked:
    """Say by which names and lists the chain knows what somebody asks about."""
    one = _ONE.fullmatch(asked.subject)
    if one is None:
        return asked
    kind, which = one[1].lower(), one[2].lower()
    if kind != "denial case":
        text = f'"{which}"' if kind in ("takeback", "variance") else which
        is_named = kind in _LISTS and (text != which or which.isdigit())
        return replace(asked, subject=f"{kind} {which}", listed=((_LISTS[kind], text),) if is_named else ())
    found = case_events.found(conn, which)
    if len(found) != 1:
        return replace(asked, subject=f"{kind} {which}")
    key, case_id = found[0].case_key[:KEY_LENGTH], int(found[0].case_id)
    also = tuple(f"action {action_id}" for action_id in rows.actions_on(conn, case_id))
    return replace(asked, subject=f"{kind} {key}", also=also, listed=(("cases", str(case_id)), ("cases", f'"{key}"')))


def chain(ctx: Context) -> Chain:
    """Walk the whole chain."""
    with read(ctx.engine) as conn:
        problem = audit.verify(conn, audit.load_key(ctx.settings.audit_key_file))
        head = audit.head(conn)
    return Chain(problem or "", head.seq, head.mac)
