"""The audit chain as an auditor reads it: who saw and who changed what, and whether the chain is whole."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from claims.service.context import Context
from claims.store import audit
from claims.store.engine import read
from claims.store.queries import audit_list as rows
from claims.store.queries.audit_list import Asked

__all__ = ["Asked", "Chain", "actors", "chain", "events"]


class Chain(NamedTuple):
    """The state of the chain: what is wrong with it (nothing: empty), its length and its head."""

    problem: str
    length: int
    head: str


def events(ctx: Context, asked: Asked, *, before: int = 0, limit: int = 100) -> pd.DataFrame:
    """Give events, newest first: seq, recorded_at, actor, action, subject, body."""
    with read(ctx.engine) as conn:
        return rows.events(conn, asked, limit, before)


def actors(ctx: Context) -> list[str]:
    """Name everybody who did anything."""
    with read(ctx.engine) as conn:
        return rows.actors(conn)


def chain(ctx: Context) -> Chain:
    """Walk the whole chain."""
    with read(ctx.engine) as conn:
        problem = audit.verify(conn, audit.load_key(ctx.settings.audit_key_file))
        head = audit.head(conn)
    return Chain(problem or "", head.seq, head.mac)
