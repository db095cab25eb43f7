"""Holds sessions against the sign-ins that the audit chain tells of: who puts one in acts under another name."""

from __future__ import annotations

import contextlib
import json

import sqlalchemy as sa

from claims.store import schema

S, AUDIT = schema.sessions, schema.audit_events
SIGNED_IN = "signed-in"
_PART = 16


def body(session_id: int, token_sha256: str) -> dict[str, int | str]:
    """What the event of a sign-in says of the session that it opened: its number, and part of the hash of its token."""
    return {"session": session_id, "token": token_sha256[:_PART]}


def unfounded(conn: sa.Connection) -> tuple[int, list[str]]:
    """Count the sessions of people who are signed in, and name those that no sign-in of theirs has opened."""
    told = set()
    for subject, text in conn.execute(sa.select(AUDIT.c.subject, AUDIT.c.body).where(AUDIT.c.action == SIGNED_IN)):
        with contextlib.suppress(ValueError, KeyError, TypeError):  # spoiled: the audit chain names it
            told.add((str(subject), *(json.loads(text)[name] for name in ("session", "token"))))
    rows = conn.execute(sa.select(S.c.session_id, S.c.user_id, S.c.token_sha256).where(S.c.state == "signed_in")).all()
    odd = [int(key) for key, user_id, token in rows if (f"user {user_id}", key, token[:_PART]) not in told]
    return len(rows), [f"session {key} was opened by no sign-in that the audit chain tells of" for key in odd]
