"""Rows of people: users, their recovery codes, failed attempts and searches; rules are in `people`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, ids, seals
from claims.store.load import frame
from claims.store.rows import update_where, update_where_in
from claims.store.schema import login_attempts, recovery_codes, searches, users


class User(NamedTuple):
    """One person who may sign in."""

    user_id: int
    name: str
    roles: tuple[str, ...]
    state: str
    password_hash: str
    sealed_secret: str
    has_second_factor: bool
    last_step: int
    write_off_limit_cents: int
    invitation_until: str


_COLUMNS = [users.c[name] for name in User._fields]


def user_of(row: sa.Row[Any]) -> User:
    """Make a User of a row that has its columns."""
    user = User(*(getattr(row, name) for name in User._fields))
    return user._replace(
        roles=tuple(str(row.roles).split()),
        has_second_factor=bool(user.has_second_factor),
        invitation_until=user.invitation_until or "",
    )


def add(
    conn: sa.Connection, user_id: int, name: str, roles: Sequence[str], sealed_secret: str, limit_cents: int
) -> None:
    """Insert a user who still has to set a password."""
    conn.execute(
        sa.insert(users).values(
            user_id=user_id,
            name=name,
            roles=" ".join(roles),
            state="invited",
            sealed_secret=sealed_secret,
            write_off_limit_cents=limit_cents,
            created_at=clock.now(),
        )
    )
    seals.note_new(conn, users, [user_id])


def next_id(conn: sa.Connection) -> int:
    """Take a key for a user."""
    return ids.take(conn, users, 1)


def named(conn: sa.Connection, name: str) -> User | None:
    """Find a user by name."""
    row = conn.execute(sa.select(*_COLUMNS).where(users.c.name == name)).first()
    return None if row is None else user_of(row)


def invited(conn: sa.Connection, invitation_sha256: str) -> User | None:
    """Find a user by the token of the link for the first sign-in."""
    row = conn.execute(sa.select(*_COLUMNS).where(users.c.invitation_sha256 == invitation_sha256)).first()
    return None if row is None else user_of(row)


def listed(conn: sa.Connection) -> pd.DataFrame:
    """List everybody, by name."""
    names = ("user_id", "name", "roles", "state", "has_second_factor", "write_off_limit_cents", "created_at")
    return frame(conn, sa.select(*(users.c[name] for name in names)).order_by(users.c.name))


def change(conn: sa.Connection, user_id: int, **values: object) -> None:
    """Change columns of a user."""
    update_where_in(conn, users, users.c.user_id, [user_id], **values)


def use_step(conn: sa.Connection, user_id: int, step: int) -> bool:
    """Use a step of the second factor up; tell whether it was still to be had."""
    used = sa.update(users).where(users.c.user_id == user_id, users.c.last_step < step).values(last_step=step)
    return conn.execute(used).rowcount == 1


def set_recovery_codes(conn: sa.Connection, user_id: int, codes_sha256: Sequence[str]) -> None:
    """Replace the recovery codes of a user."""
    mine = recovery_codes.c.user_id == user_id
    seals.note(conn, recovery_codes, conn.scalars(sa.select(recovery_codes.c.recovery_code_id).where(mine)))
    conn.execute(sa.delete(recovery_codes).where(mine))
    first = ids.take(conn, recovery_codes, len(codes_sha256))
    rows = [
        {"recovery_code_id": first + place, "user_id": user_id, "code_sha256": code}
        for place, code in enumerate(codes_sha256)
    ]
    if rows:
        conn.execute(sa.insert(recovery_codes), rows)
        seals.note_new(conn, recovery_codes, range(first, first + len(rows)))


def use_recovery_code(conn: sa.Connection, user_id: int, code_sha256: str) -> bool:
    """Use a recovery code up; tell whether there was one."""
    own = (recovery_codes.c.user_id == user_id, recovery_codes.c.code_sha256 == code_sha256)
    return update_where(conn, recovery_codes, *own, recovery_codes.c.used_at.is_(None), used_at=clock.now()) > 0


def codes_left(conn: sa.Connection, user_id: int) -> int:
    """Count the recovery codes that are still good."""
    left = sa.select(sa.func.count()).where(recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
    return int(conn.execute(left).scalar_one())


def note_attempt(conn: sa.Connection, name_sha256: str, address: str, now: datetime, keep_from: datetime) -> int:
    """Write an attempt down as failed, until it is taken back, and give its id; those from before `keep_from` go."""
    conn.execute(sa.delete(login_attempts).where(login_attempts.c.recorded_at < clock.written(keep_from)))
    key = ids.take(conn, login_attempts, 1)
    values = {"name_sha256": name_sha256, "address": address, "recorded_at": clock.written(now)}
    conn.execute(sa.insert(login_attempts).values(login_attempt_id=key, **values))
    return key


def take_attempt_back(conn: sa.Connection, login_attempt_id: int) -> None:
    """Forget an attempt that went well."""
    conn.execute(sa.delete(login_attempts).where(login_attempts.c.login_attempt_id == login_attempt_id))


def forget_failures(conn: sa.Connection, name_sha256: str) -> None:
    """Forget the failed attempts of a name: its owner has signed in."""
    conn.execute(sa.delete(login_attempts).where(login_attempts.c.name_sha256 == name_sha256))


def failures_of_name(conn: sa.Connection, name_sha256: str, since: datetime) -> tuple[int, datetime | None]:
    """Count failed attempts of a name, and say when the last was."""
    return _failures(conn, login_attempts.c.name_sha256 == name_sha256, since)


def failures_of_address(conn: sa.Connection, address: str, since: datetime) -> tuple[int, datetime | None]:
    """Count failed attempts from an address, and say when the last was."""
    return _failures(conn, login_attempts.c.address == address, since)


def _failures(conn: sa.Connection, of: sa.ColumnElement[bool], since: datetime) -> tuple[int, datetime | None]:
    at = login_attempts.c.recorded_at
    asked = sa.select(sa.func.count(), sa.func.max(at)).where(of, at > clock.written(since))
    count, last = conn.execute(asked).one()
    return int(count), clock.read(last) if last else None


def keep_search(conn: sa.Connection, search_key: str, user_id: int, words: str) -> None:
    """Keep what somebody looked for."""
    key = ids.take(conn, searches, 1)
    values = {"search_key": search_key, "user_id": user_id, "words": words, "recorded_at": clock.now()}
    conn.execute(sa.insert(searches).values(search_id=key, **values))


def forget_searches(conn: sa.Connection, *, before: datetime | None = None, user_id: int = 0) -> None:
    """Forget what anybody looked for `before` an instant, or all that one person did."""
    of = searches.c.user_id == user_id if before is None else searches.c.recorded_at < clock.written(before)
    conn.execute(sa.delete(searches).where(of))


def search_words(conn: sa.Connection, search_key: str, user_id: int) -> str | None:
    """Give what a person looked for; none for another's search."""
    own = (searches.c.search_key == search_key, searches.c.user_id == user_id)
    return conn.execute(sa.select(searches.c.words).where(*own)).scalar_one_or_none()
