"""Sign in and out: a name and password, then a code, open a session; every step is throttled and audited.

Who asks learns the same, and waits as long, whether a name exists or not. An attempt counts as failed from before it is
looked at until it went well: as many as are made at once, no more are heard than one after the other. `ctx` writes;
`now` is given by the caller.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from claims.errors import UsageError
from claims.people import names, passwords, sealed, second_factor, sessions, throttle
from claims.service import people
from claims.service.audited import record
from claims.service.context import Context
from claims.service.searching import KEPT
from claims.store import audit, checking_sessions, clock
from claims.store import people as rows
from claims.store import sessions as session_rows
from claims.store.engine import read, write
from claims.store.people import User
from claims.store.sessions import Session


class RefusedError(UsageError):
    """The name, password or code was wrong; which of them is not said."""

    def __init__(self, text: str = "That did not fit. Check what you typed, and try again.") -> None:
        super().__init__(text)


class TooManyAttemptsError(UsageError):
    """Too many attempts went wrong: the next is heard after a while."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts went wrong. Wait {seconds} seconds, then try again.")
        self.seconds = seconds


class Opened(NamedTuple):
    """A session was opened: its token, for a cookie; recovery codes when the second factor was just set up."""

    token: str
    recovery_codes: tuple[str, ...] = ()


def sign_in(ctx: Context, name: str, password: str, address: str, now: datetime) -> Opened:
    """Check name and password and open a session that waits for the second factor.

    Raises RefusedError or TooManyAttemptsError.
    """
    typed = names.normal(name)
    attempt = _attempted(ctx, typed, address, now)
    with read(ctx.engine) as conn:
        user = rows.named(conn, typed)
    may = user is not None and user.state == people.ACTIVE
    kept = user.password_hash if user is not None and may else ""
    right = passwords.is_right(kept, password[: passwords.MOST + 1])
    if user is None or not right:
        raise _refused(ctx, address, user, "password")
    better = passwords.hashed(password) if passwords.is_outdated(kept) else ""
    with write(ctx.engine) as conn:
        rows.take_attempt_back(conn, attempt)
        if better:
            rows.change(conn, user.user_id, password_hash=better)
        token = sessions.new_token()
        session_rows.insert(conn, user.user_id, sessions.kept(token), sessions.PASSWORD, address, now, now)
    return Opened(token)


def confirm(ctx: Context, session: Session, code: str, address: str, now: datetime) -> Opened:
    """Check the code of the second factor, or a recovery code, and open the session proper under a new token."""
    user = session.user
    _attempted(ctx, user.name, address, now)
    step = second_factor.matching_step(secret(ctx, user), code, now, user.last_step)
    own = replace(ctx, actor=user.name)
    codes = [] if user.has_second_factor else second_factor.recovery_codes()
    with write(ctx.engine) as conn:
        is_recovery = step is None and user.has_second_factor
        fits = rows.use_step(conn, user.user_id, step) if step is not None else False
        if is_recovery:
            fits = rows.use_recovery_code(conn, user.user_id, second_factor.kept(code))
        if fits:
            if codes:
                rows.change(conn, user.user_id, has_second_factor=1)
                rows.set_recovery_codes(conn, user.user_id, [second_factor.kept(one) for one in codes])
                record(own, conn, "second-factor-set", f"user {user.user_id}", {})
            rows.forget_failures(conn, _hashed(user.name))
            rows.forget_searches(conn, before=now - KEPT)
            session_rows.end(conn, session.session_id, now)
            token = sessions.new_token()
            kept = sessions.kept(token)
            opened = session_rows.insert(conn, user.user_id, kept, sessions.SIGNED_IN, address, now, now)
            body = checking_sessions.body(opened, kept)
            if is_recovery:
                body["recovery_codes_left"] = rows.codes_left(conn, user.user_id)
            record(own, conn, checking_sessions.SIGNED_IN, f"user {user.user_id}", body)
    if not fits:
        raise _refused(ctx, address, user, "code")
    return Opened(token, tuple(codes))


def invited(ctx: Context, token: str, now: datetime) -> User:
    """Give whose link for the first sign-in this is; raise RefusedError when it is nobody's or too old."""
    with read(ctx.engine) as conn:
        user = rows.invited(conn, sessions.kept(token))
    if user is None or user.state != people.INVITED or user.invitation_until < clock.written(now):
        raise RefusedError("This link is not good any more. Ask an admin for a new one: claims users reset NAME.")
    return user


def accept(ctx: Context, token: str, password: str, address: str, now: datetime) -> Opened:
    """Set the first password through a link; the session that is opened waits for the second factor."""
    user = invited(ctx, token, now)
    passwords.require_good(password, name=user.name)
    kept = passwords.hashed(password)
    own = replace(ctx, actor=user.name)
    with write(ctx.engine) as conn:
        still = rows.invited(conn, sessions.kept(token))
        if still is None:
            raise RefusedError("This link was used.")
        people.accept(own, conn, user, kept, now)
        opened = sessions.new_token()
        session_rows.insert(conn, user.user_id, sessions.kept(opened), sessions.PASSWORD, address, now, now)
    return Opened(opened)


def change_password(
    ctx: Context, session: Session, password: str, new: str, code: str, address: str, now: datetime
) -> None:
    """Change one's own password, with the old one and a code; all other sessions end at once."""
    user = session.user
    passwords.require_good(new, name=user.name)
    attempt = _attempted(ctx, user.name, address, now)
    step = second_factor.matching_step(secret(ctx, user), code, now, user.last_step)
    if step is None or not passwords.is_right(user.password_hash, password[: passwords.MOST + 1]):
        raise _refused(ctx, address, user, "password change")
    kept = passwords.hashed(new)
    with write(ctx.engine) as conn:
        if not rows.use_step(conn, user.user_id, step):
            raise RefusedError
        rows.take_attempt_back(conn, attempt)
        people.accept(replace(ctx, actor=user.name), conn, user, kept, now, but=session.session_id)


def session_of(ctx: Context, token: str, now: datetime, *, is_use: bool = True) -> Session | None:
    """Give the session of a cookie; none when it ended, by itself or by somebody.

    Its use is written down, if a person made it: `is_use`.
    """
    with read(ctx.engine) as conn:
        session = session_rows.found(conn, sessions.kept(token))
    if session is None or session.user.state != people.ACTIVE:
        return None
    if sessions.is_over(session.state, session.opened_at, session.seen_at, now):
        return None
    if is_use and session.state == sessions.SIGNED_IN and now - session.seen_at >= sessions.TOUCH:
        with write(ctx.engine) as conn:
            session_rows.change(conn, session.session_id, seen_at=clock.written(now))
    return session


def sign_out(ctx: Context, session: Session, now: datetime) -> None:
    """End a session."""
    with write(ctx.engine) as conn:
        session_rows.end(conn, session.session_id, now)
        rows.forget_searches(conn, user_id=session.user.user_id)
        if session.state == sessions.SIGNED_IN:
            record(replace(ctx, actor=session.user.name), conn, "signed-out", f"user {session.user.user_id}", {})


def begin_emergency(ctx: Context, session: Session, reason: str, now: datetime) -> None:
    """Let somebody see patient data for 15 minutes who may not else; the reason is kept, every page is flagged."""
    if len(reason.strip()) < 10:
        raise UsageError("Say why, in a few words: it is kept in the audit chain and looked at.")
    with write(ctx.engine) as conn:
        until = clock.written(now + sessions.EMERGENCY)
        session_rows.change(conn, session.session_id, emergency_until=until)
        own = replace(ctx, actor=session.user.name)
        body = {"reason": reason.strip()[:300], "until": until}
        record(own, conn, "emergency-access", f"user {session.user.user_id}", body)


def secret(ctx: Context, user: User) -> str:
    """Give the secret of somebody's second factor: to check a code, and to be shown once when it is set up."""
    return sealed.unseal(audit.load_key(ctx.settings.people_key_file), user.sealed_secret, f"user {user.user_id}")


def _attempted(ctx: Context, name: str, address: str, now: datetime) -> int:
    """Count an attempt before it is looked at, and give its id; raise TooManyAttemptsError when it is not heard."""
    since = now - throttle.WINDOW
    with write(ctx.engine) as conn:
        of_name = throttle.Failures(*rows.failures_of_name(conn, _hashed(name), since))
        of_address = throttle.Failures(*rows.failures_of_address(conn, address[:60], since))
        seconds = throttle.wait(of_name, of_address, now).total_seconds()
        if seconds > 0:
            raise TooManyAttemptsError(int(seconds) + 1)
        return rows.note_attempt(conn, _hashed(name), address[:60], now, since)


def _refused(ctx: Context, address: str, user: User | None, what: str) -> RefusedError:
    """Record a failure. Only our own number of who exists goes into the chain: a name may be a password."""
    with write(ctx.engine) as conn:
        subject = "nobody" if user is None else f"user {user.user_id}"
        record(replace(ctx, actor="web"), conn, "sign-in-refused", subject, {"what": what, "from": address[:60]})
    return RefusedError()


def _hashed(name: str) -> str:
    return sha256(name.encode()).hexdigest()
