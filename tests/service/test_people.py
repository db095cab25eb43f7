"""People are added, changed and disabled; they sign in with two factors; every step stands in the audit chain."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa

from claims import config
from claims.people import passwords, second_factor, sessions, throttle
from claims.service import people, signing_in
from claims.service.context import open_context
from claims.store import audit, checking_sessions, clock, schema
from claims.store import people as rows
from claims.store.engine import read, rehearsal

NOW = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
PASSWORD = "four quiet herons wade"
ADDRESS = "203.0.113.9"


@pytest.fixture
def practice(sqlite_url, tmp_path):
    """An initialised practice with nobody in it."""
    settings = config.load(home=tmp_path / "claims-data", database_url=sqlite_url)
    audit.create_key(settings.audit_key_file)
    audit.create_key(settings.people_key_file)
    ctx = open_context(settings, actor="os:root")
    yield ctx
    ctx.engine.dispose()


@pytest.fixture
def ann(practice):
    """A biller who has signed in once: her practice, and how she does it."""
    token = people.add(practice, "Ann", ["biller"], NOW, write_off_limit_cents=2500)
    opened = signing_in.accept(practice, token, PASSWORD, ADDRESS, NOW)
    session = signing_in.session_of(practice, opened.token, NOW)
    done = signing_in.confirm(practice, session, code(practice), ADDRESS, NOW)
    return practice, done


def user(ctx, name="ann"):
    with read(ctx.engine) as conn:
        return rows.named(conn, name)


def code(ctx, name="ann", at=NOW):
    return pyotp.TOTP(signing_in.secret(ctx, user(ctx, name))).at(at)


def actions(ctx):
    with read(ctx.engine) as conn:
        return list(conn.execute(sa.select(schema.audit_events.c.action).order_by(schema.audit_events.c.seq)).scalars())


def sign_in(ctx, at, password=PASSWORD, name="ann"):
    opened = signing_in.sign_in(ctx, name, password, ADDRESS, at)
    session = signing_in.session_of(ctx, opened.token, at)
    return opened, session


def test_the_first_sign_in_gives_ten_recovery_codes_and_every_step_is_audited(ann):
    ctx, done = ann
    assert len(done.recovery_codes) == 10
    assert actions(ctx) == ["user-added", "password-set", "second-factor-set", "signed-in"]
    with read(ctx.engine) as conn:
        assert audit.verify(conn, audit.load_key(ctx.settings.audit_key_file)) is None


def test_a_session_that_no_sign_in_has_opened_is_named(ann):
    """Put in, raised past the second factor or given another token: who has it acts under her name."""
    ctx, _ = ann
    signing_in.sign_in(ctx, "ann", PASSWORD, ADDRESS, NOW)  # half-way
    changes = {"state = 'signed_in'": [1, 3], "token_sha256 = 'x' || substr(token_sha256, 2)": [2]}
    for change, named in changes.items():
        with rehearsal(ctx.engine) as conn:
            assert checking_sessions.unfounded(conn) == (1, [])
            conn.exec_driver_sql(f"UPDATE sessions SET {change}")
            told = [f"session {one} was opened by no sign-in that the audit chain tells of" for one in named]
            assert checking_sessions.unfounded(conn)[1] == told


def test_a_link_is_good_once_and_for_three_days(practice):
    token = people.add(practice, "ann", ["biller"], NOW)
    with pytest.raises(signing_in.RefusedError):
        signing_in.invited(practice, token, NOW + timedelta(days=3, seconds=1))
    signing_in.accept(practice, token, PASSWORD, ADDRESS, NOW)
    with pytest.raises(signing_in.RefusedError):
        signing_in.accept(practice, token, PASSWORD, ADDRESS, NOW)


def test_signing_in_gives_a_new_token_and_the_old_one_dies(ann):
    ctx, _ = ann
    later = NOW + timedelta(minutes=5)
    opened, session = sign_in(ctx, later)
    assert session.state == sessions.PASSWORD
    done = signing_in.confirm(ctx, session, code(ctx, at=later), ADDRESS, later)
    assert done.token != opened.token and not done.recovery_codes
    assert signing_in.session_of(ctx, opened.token, later) is None
    assert signing_in.session_of(ctx, done.token, later).state == sessions.SIGNED_IN


def test_the_same_code_opens_nothing_twice(ann):
    ctx, _ = ann
    later = NOW + timedelta(minutes=5)
    _, session = sign_in(ctx, later)
    used = code(ctx, at=later)
    signing_in.confirm(ctx, session, used, ADDRESS, later)
    _, session = sign_in(ctx, later)
    with pytest.raises(signing_in.RefusedError):
        signing_in.confirm(ctx, session, used, ADDRESS, later)


def test_a_recovery_code_opens_once(ann):
    ctx, done = ann
    for times in (1, 2):
        _, session = sign_in(ctx, NOW)
        if times == 1:
            assert signing_in.confirm(ctx, session, done.recovery_codes[3].upper(), ADDRESS, NOW).token
        else:
            with pytest.raises(signing_in.RefusedError):
                signing_in.confirm(ctx, session, done.recovery_codes[3], ADDRESS, NOW)


@pytest.mark.long
def test_wrong_names_and_passwords_are_answered_alike_and_slow_down(ann):
    ctx, _ = ann
    for name in ("ann", "nobody"):
        for _ in range(5):
            with pytest.raises(signing_in.RefusedError) as caught:
                signing_in.sign_in(ctx, name, "wrong wrong wrong", f"198.51.100.{len(name)}", NOW)
            assert str(caught.value) == str(signing_in.RefusedError())
        with pytest.raises(signing_in.TooManyAttemptsError):
            signing_in.sign_in(ctx, name, PASSWORD, "198.51.100.77", NOW)
    assert sign_in(ctx, NOW + timedelta(seconds=3))[1] is not None


@pytest.mark.long
def test_an_address_is_not_heard_after_twenty_failures(ann):
    ctx, _ = ann
    for number in range(20):
        with pytest.raises(signing_in.RefusedError):
            signing_in.sign_in(ctx, f"name{number}", "wrong wrong wrong", ADDRESS, NOW)
    with pytest.raises(signing_in.TooManyAttemptsError):
        sign_in(ctx, NOW)
    assert signing_in.sign_in(ctx, "ann", PASSWORD, "203.0.113.10", NOW).token


def test_codes_are_throttled_like_passwords(ann):
    ctx, _ = ann
    _, session = sign_in(ctx, NOW)
    for _ in range(5):
        with pytest.raises(signing_in.RefusedError):
            signing_in.confirm(ctx, session, "000000", ADDRESS, NOW)
    with pytest.raises(signing_in.TooManyAttemptsError):
        signing_in.confirm(ctx, session, code(ctx), ADDRESS, NOW)


@pytest.mark.parametrize("what", ["passwords", "codes"])
def test_many_attempts_at_once_are_heard_no_more_than_one_after_the_other(ann, monkeypatch, what):
    ctx, _ = ann
    later = NOW + timedelta(minutes=5)
    _, session = sign_in(ctx, later)
    heard = []

    def wrong(*_):
        heard.append(1)
        time.sleep(0.2)  # as long as all others need to ask

    monkeypatch.setattr(*((passwords, "is_right") if what == "passwords" else (second_factor, "matching_step")), wrong)

    def ask(number):
        with pytest.raises((signing_in.RefusedError, signing_in.TooManyAttemptsError)):
            if what == "passwords":
                signing_in.sign_in(ctx, "ann", "wrong wrong", f"198.51.100.{number}", later)
            else:
                signing_in.confirm(ctx, session, f"{number:06d}", f"198.51.100.{number}", later)

    with ThreadPoolExecutor(15) as pool:
        list(pool.map(ask, range(15)))
    assert len(heard) == throttle.FREE_PER_NAME


def test_an_attempt_that_goes_well_slows_nobody_down(ann, monkeypatch):
    ctx, _ = ann
    monkeypatch.setattr(passwords, "is_right", lambda *_: True)
    for _ in range(throttle.FREE_PER_NAME + 1):
        sign_in(ctx, NOW)
    with read(ctx.engine) as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(schema.login_attempts)).scalar_one() == 0


def test_a_session_ends_when_idle_or_old_and_its_use_is_written_once_a_minute(ann):
    ctx, done = ann

    def seen(minutes):
        return signing_in.session_of(ctx, done.token, NOW + timedelta(minutes=minutes))

    assert seen(0.5).seen_at == NOW and seen(14).seen_at == NOW
    assert seen(28).seen_at == NOW + timedelta(minutes=14)
    for minute in range(40, 600, 10):
        assert seen(minute) is not None
    assert seen(601) is None


@pytest.mark.parametrize("what", ["disable", "reset", "roles", "password", "sign_out"])
def test_what_ends_a_session_ends_it_at_once(ann, what):
    ctx, done = ann
    session = signing_in.session_of(ctx, done.token, NOW)
    match what:
        case "disable":
            assert people.disable(ctx, "ann", NOW) == 1
        case "reset":
            people.reset(ctx, "ann", NOW)
        case "roles":
            people.set_roles(ctx, "ann", ["biller", "supervisor"], NOW)
        case "password":
            people.set_password(ctx, "ann", "another four quiet herons", NOW)
        case "sign_out":
            signing_in.sign_out(ctx, session, NOW)
    assert signing_in.session_of(ctx, done.token, NOW) is None


def test_changing_the_password_keeps_only_this_session(ann):
    ctx, done = ann
    later = NOW + timedelta(minutes=1)
    _, session = sign_in(ctx, later)
    other = signing_in.confirm(ctx, session, code(ctx, at=later), ADDRESS, later)
    session = signing_in.session_of(ctx, done.token, later)
    again = later + timedelta(minutes=1)
    with pytest.raises(signing_in.RefusedError):
        signing_in.change_password(
            ctx, session, "not it, not it", "a new one of length", code(ctx, at=again), ADDRESS, again
        )
    session = signing_in.session_of(ctx, done.token, again)
    signing_in.change_password(ctx, session, PASSWORD, "a new one of length", code(ctx, at=again), ADDRESS, again)
    assert signing_in.session_of(ctx, done.token, again) is not None
    assert signing_in.session_of(ctx, other.token, again) is None


def test_nothing_secret_stands_in_the_database(ann):
    ctx, done = ann
    secret = signing_in.secret(ctx, user(ctx))
    ctx.engine.dispose()
    folder = ctx.settings.home
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for word in (done.token, secret, PASSWORD, done.recovery_codes[0], done.recovery_codes[0].replace("-", "")):
        assert word.encode() not in content
    assert sessions.kept(done.token).encode() in content


def test_the_last_admin_stays(practice):
    people.add(practice, "root2", ["admin"], NOW)
    for change in (
        lambda: people.disable(practice, "root2", NOW),
        lambda: people.set_roles(practice, "root2", ["biller"], NOW),
    ):
        with pytest.raises(people.LastAdminError):
            change()
    people.add(practice, "other", ["admin"], NOW)
    later = NOW + sessions.ENROLMENT + timedelta(seconds=1)
    people.reset(practice, "root2", later)
    with pytest.raises(people.LastAdminError):  # the other's link was never used and is not good any more
        people.disable(practice, "root2", later)
    people.reset(practice, "other", later)
    people.disable(practice, "root2", later)


def test_limits_are_those_of_active_people(ann):
    ctx, _ = ann
    assert people.write_off_limit(ctx, "Ann") == 2500 and people.write_off_limit(ctx, "nobody") == 0
    people.set_limit(ctx, "ann", 9900)
    assert people.write_off_limit(ctx, "ann") == 9900
    people.disable(ctx, "ann", NOW)
    assert people.write_off_limit(ctx, "ann") == 0


def test_an_emergency_needs_a_reason_and_ends_by_itself(ann):
    ctx, done = ann
    session = signing_in.session_of(ctx, done.token, NOW)
    with pytest.raises(signing_in.UsageError):
        signing_in.begin_emergency(ctx, session, "need", NOW)
    signing_in.begin_emergency(ctx, session, "the biller is away, a patient waits", NOW)
    until = signing_in.session_of(ctx, done.token, NOW).emergency_until
    assert until == clock.written(NOW + timedelta(minutes=15))
    assert actions(ctx)[-1] == "emergency-access"


def test_no_change_without_its_record(practice, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(people, "record", fail)
    with pytest.raises(RuntimeError):
        people.add(practice, "ann", ["biller"], NOW)
    assert user(practice) is None


def test_steps_are_used_up_by_one_of_two_who_race(ann):
    ctx, _ = ann
    from claims.store.engine import write

    step = second_factor.step_of(NOW) + 5
    with write(ctx.engine) as conn:
        assert rows.use_step(conn, user(ctx).user_id, step) and not rows.use_step(conn, user(ctx).user_id, step)
