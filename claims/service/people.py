"""People of the practice: added, given roles and limits, disabled, reset; each change stands in the audit chain."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.people import names, passwords, roles, sealed, second_factor, sessions
from claims.service.audited import record
from claims.service.context import Context
from claims.store import audit, clock
from claims.store import people as rows
from claims.store import sessions as session_rows
from claims.store.engine import read, write
from claims.store.handles import Connection
from claims.store.people import User

ACTIVE, INVITED, DISABLED = "active", "invited", "disabled"
MACHINE = "os:"  # before the name of the operating system's user


class LastAdminError(UsageError):
    """Nobody could add or reset people any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the only admin who can sign in; make somebody else admin first.")


def add(ctx: Context, name: str, as_roles: Sequence[str], now: datetime, *, write_off_limit_cents: int = 0) -> str:
    """Add a person and give the token of the link for the first sign-in: it is shown once and lasts three days."""
    kept, chosen = names.checked(name), roles.checked(as_roles)
    if write_off_limit_cents < 0:
        raise UsageError("A limit for write-offs is nothing or more.")
    with write(ctx.engine) as conn:
        if rows.named(conn, kept) is not None:
            raise UsageError(f"There is somebody named {kept} already.")
        user_id = rows.next_id(conn)
        rows.add(conn, user_id, kept, chosen, _new_secret(ctx, user_id), write_off_limit_cents)
        token = _invite(conn, user_id, now)
        _record(ctx, conn, "user-added", user_id, {"roles": list(chosen), "limit_cents": write_off_limit_cents})
    return token


def listed(ctx: Context) -> pd.DataFrame:
    """List everybody: name, roles, state, has_second_factor, write_off_limit_cents, created_at."""
    with read(ctx.engine) as conn:
        return rows.listed(conn).drop(columns="user_id")


def require_worker(conn: Connection, name: str) -> None:
    """Ask whether somebody works on cases here; raise UsageError, which names near ones, when they do not.

    A practice that has added nobody keeps its names elsewhere: there every name is good.
    """
    found = rows.listed(conn)
    rights = [roles.permissions_of(str(held).split()) for held in found.loc[found["state"] != DISABLED, "roles"]]
    names_of = found.loc[found["state"] != DISABLED, "name"].tolist()
    able = [str(one) for one, held in zip(names_of, rights, strict=True) if "desk.act" in held]
    if found.empty or name in able:
        return
    near = difflib.get_close_matches(name.lower(), able, n=3, cutoff=0.5) or able[:5]
    known = f"; there are: {', '.join(near)}" if near else ""
    raise UsageError(f"Nobody who works on cases here is called {name[:40]}{known}.")


def acting(ctx: Context, permission: str, *, second: bool = False) -> Context:
    """Give the context of who acts without a session, under the name that is kept of them; raise UsageError.

    A practice that has added nobody knows no roles. Else a name has to be one of its people, who can sign in and has
    the permission; the machine's own user (``os:...``) is none of them, and decides nothing as the `second` person.
    """
    with read(ctx.engine) as conn:
        if rows.listed(conn).empty:
            return ctx
        user = rows.named(conn, names.normal(ctx.actor))
    if user is None and ctx.actor.startswith(MACHINE) and not second:
        return ctx
    if user is None:
        raise UsageError(f"{ctx.actor[:40]} is not among the people here: --as takes a name of claims users list.")
    if user.state != ACTIVE:
        raise UsageError(f"{user.name} is {user.state}, and cannot act.")
    if permission not in roles.permissions_of(user.roles):
        raise UsageError(f"{user.name} ({', '.join(user.roles)}) may not do this: {permission} is not theirs.")
    return replace(ctx, actor=user.name)


def may(conn: Connection, name: str, permission: str) -> bool:
    """Tell whether somebody has a permission, as the second person of `acting`; where nobody was added, everybody."""
    if rows.listed(conn).empty:
        return True
    user = rows.named(conn, names.normal(name))
    return user is not None and user.state == ACTIVE and permission in roles.permissions_of(user.roles)


def require_another(conn: Connection, ctx: Context, first: str) -> None:
    """Raise UsageError when who acts is the person that acted first; a practice that has added nobody knows no two."""
    if ctx.actor == first and not rows.listed(conn).empty:
        raise UsageError(f"{first[:40]} asked for it; another person has to agree: --as takes their name.")


def disable(ctx: Context, name: str, now: datetime) -> int:
    """Let somebody in no more, at once; give how many sessions were ended."""
    with write(ctx.engine) as conn:
        user = _user(conn, name)
        _keep_an_admin(conn, user, now)
        rows.change(conn, user.user_id, state=DISABLED, invitation_sha256=None, invitation_until=None)
        ended = session_rows.end_all(conn, user.user_id, now)
        _record(ctx, conn, "user-disabled", user.user_id, {"sessions": ended})
    return ended


def set_roles(ctx: Context, name: str, to: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Give somebody other roles; their sessions end, so that no page of the old ones stays open."""
    chosen = roles.checked(to)
    with write(ctx.engine) as conn:
        user = _user(conn, name)
        if "admin" not in chosen:
            _keep_an_admin(conn, user, now)
        rows.change(conn, user.user_id, roles=" ".join(chosen))
        session_rows.end_all(conn, user.user_id, now)
        _record(ctx, conn, "user-roles", user.user_id, {"before": list(user.roles), "after": list(chosen)})
    return chosen


def set_limit(ctx: Context, name: str, cents: int) -> None:
    """Say how much somebody may write off alone; above it a second person is asked."""
    if cents < 0:
        raise UsageError("A limit for write-offs is nothing or more.")
    with write(ctx.engine) as conn:
        user = _user(conn, name)
        rows.change(conn, user.user_id, write_off_limit_cents=cents)
        body = {"before_cents": user.write_off_limit_cents, "after_cents": cents}
        _record(ctx, conn, "user-limit", user.user_id, body)


def write_off_limit(ctx: Context, name: str) -> int:
    """Give how many cents somebody may write off alone; 0 for who is not among the people."""
    with read(ctx.engine) as conn:
        return limit_cents(conn, name)


def own_limit(conn: Connection, name: str) -> int | None:
    """Give how many cents somebody may give up alone; None in a practice that has added nobody."""
    return None if rows.listed(conn).empty else limit_cents(conn, name)


def limit_cents(conn: Connection, name: str) -> int:
    """Give `write_off_limit` within a transaction."""
    user = rows.named(conn, names.normal(name))
    return user.write_off_limit_cents if user is not None and user.state == ACTIVE else 0


def reset(ctx: Context, name: str, now: datetime) -> str:
    """Take somebody's password and second factor away; give the token of a new link, also to who was disabled."""
    with write(ctx.engine) as conn:
        user = _user(conn, name)
        rows.change(
            conn,
            user.user_id,
            state=INVITED,
            password_hash="",
            sealed_secret=_new_secret(ctx, user.user_id),
            has_second_factor=0,
            last_step=0,
        )
        rows.set_recovery_codes(conn, user.user_id, [])
        ended = session_rows.end_all(conn, user.user_id, now)
        token = _invite(conn, user.user_id, now)
        _record(ctx, conn, "user-reset", user.user_id, {"sessions": ended})
    return token


def set_password(ctx: Context, name: str, password: str, now: datetime) -> None:
    """Set a password for somebody, who is active then; the second factor is set up at the first sign-in."""
    passwords.require_good(password, name=names.normal(name))
    kept = passwords.hashed(password)
    with write(ctx.engine) as conn:
        user = _user(conn, name)
        if user.state == DISABLED:
            raise UsageError(f"{user.name} is disabled; claims users reset lets them in again.")
        accept(ctx, conn, user, kept, now)


def accept(ctx: Context, conn: Connection, user: User, password_hash: str, now: datetime, *, but: int = 0) -> None:
    """Write a new password down: links and other sessions than `but` are over."""
    values: dict[str, Any] = {"invitation_sha256": None, "invitation_until": None, "state": ACTIVE}
    rows.change(conn, user.user_id, password_hash=password_hash, password_at=clock.written(now), **values)
    session_rows.end_all(conn, user.user_id, now, but=but)
    _record(ctx, conn, "password-set", user.user_id, {})


def _user(conn: Connection, name: str) -> User:
    user = rows.named(conn, names.normal(name))
    if user is None:
        raise NotFoundError("person", names.normal(name)[:40])
    return user


def _new_secret(ctx: Context, user_id: int) -> str:
    key = audit.create_key(ctx.settings.people_key_file)
    return sealed.seal(key, second_factor.new_secret(), f"user {user_id}")


def _invite(conn: Connection, user_id: int, now: datetime) -> str:
    token = sessions.new_token()
    until = clock.written(now + sessions.ENROLMENT)
    rows.change(conn, user_id, invitation_sha256=sessions.kept(token), invitation_until=until)
    return token


def _keep_an_admin(conn: Connection, user: User, now: datetime) -> None:
    everybody = [rows.named(conn, str(name)) for name in rows.listed(conn)["name"]]
    admins = {one.name for one in everybody if one is not None and "admin" in one.roles and _comes_in(one, now)}
    if admins == {user.name}:
        raise LastAdminError(user.name)


def _comes_in(user: User, now: datetime) -> bool:
    """Tell whether somebody can sign in: with a password, or by a link that is still good."""
    return user.state == ACTIVE or (user.state == INVITED and user.invitation_until >= clock.written(now))


def _record(ctx: Context, conn: Connection, action: str, user_id: int, body: dict[str, Any]) -> None:
    record(ctx, conn, action, f"user {user_id}", body)
