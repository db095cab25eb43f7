"""Rows of sessions: opened, found by the hash of their token, touched, ended; and who looks at what right now."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from claims.store import clock, ids
from claims.store.people import User, user_of
from claims.store.schema import sessions, users


class Session(NamedTuple):
    """A session that has not ended, with whose it is."""

    session_id: int
    state: str
    opened_at: datetime
    seen_at: datetime
    emergency_until: str
    looks_at: str
    looked_at: str
    user: User


_OWN = [sessions.c[name] for name in Session._fields[:-1] if name != "state"]


def insert(
    conn: sa.Connection, user_id: int, token_sha256: str, state: str, address: str, now: datetime, opened: datetime
) -> int:
    """Open a session; `opened`: when its owner began to sign in."""
    key = ids.take(conn, sessions, 1)
    conn.execute(
        sa.insert(sessions).values(
            session_id=key,
            user_id=user_id,
            token_sha256=token_sha256,
            state=state,
            address=address[:60],
            opened_at=clock.written(opened),
            seen_at=clock.written(now),
        )
    )
    return key


def found(conn: sa.Connection, token_sha256: str) -> Session | None:
    """Find the session of a token, unless it was ended."""
    asked = (
        sa.select(*(users.c[name] for name in User._fields), sessions.c.state.label("session_state"), *_OWN)
        .join(users, users.c.user_id == sessions.c.user_id)
        .where(sessions.c.token_sha256 == token_sha256, sessions.c.state != "ended")
    )
    row: Any = conn.execute(asked).first()
    if row is None:
        return None
    return Session(
        row.session_id,
        row.session_state,
        clock.read(row.opened_at),
        clock.read(row.seen_at),
        row.emergency_until or "",
        row.looks_at,
        row.looked_at or "",
        user_of(row),
    )


def change(conn: sa.Connection, session_id: int, **values: object) -> None:
    """Change columns of a session that has not ended."""
    own = (sessions.c.session_id == session_id, sessions.c.state != "ended")
    conn.execute(sa.update(sessions).where(*own).values(**values))


def end(conn: sa.Connection, session_id: int, now: datetime) -> None:
    """End one session."""
    change(conn, session_id, state="ended", ended_at=clock.written(now), looks_at="")


def end_all(conn: sa.Connection, user_id: int, now: datetime, *, but: int = 0) -> int:
    """End the sessions of a user, but one; give how many there were."""
    own = (sessions.c.user_id == user_id, sessions.c.state != "ended", sessions.c.session_id != but)
    values = {"state": "ended", "ended_at": clock.written(now), "looks_at": ""}
    return conn.execute(sa.update(sessions).where(*own).values(**values)).rowcount


def others(conn: sa.Connection, subject: str, user_id: int, since: datetime) -> list[str]:
    """Name the others who have looked at something since then and are still signed in."""
    asked = (
        sa.select(users.c.name)
        .join(sessions, sessions.c.user_id == users.c.user_id)
        .where(sessions.c.looks_at == subject, sessions.c.looked_at > clock.written(since))
        .where(users.c.user_id != user_id, sessions.c.state == "signed_in")
    )
    return sorted(set(conn.execute(asked).scalars()))
