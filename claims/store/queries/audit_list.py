"""Events of the audit chain, newest first, by who did what to what."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame

EVENT = schema.audit_events


@dataclass(frozen=True)
class Asked:
    """What of the chain is asked for; empty: any. `since` and `until`: instants, or whole days (UTC)."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

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
            parts.append(EVENT.c.subject.startswith(self.subject, autoescape=True))
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


def actors(conn: sa.Connection) -> list[str]:
    """Name everybody who did anything."""
    return list(conn.execute(sa.select(EVENT.c.actor).distinct().order_by(EVENT.c.actor)).scalars())
