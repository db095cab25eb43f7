"""Roles, passwords, second factors, sealed secrets, throttle and sessions: the rules, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import extract_parameters

from claims.people import names, passwords, roles, sealed, second_factor, sessions, throttle

NOW = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)


def test_each_permission_is_somebodys_and_only_an_auditor_changes_nothing():
    table = roles.table()
    assert table["permission"].is_unique
    assert (table[list(roles.ROLES)] == "Y").any(axis=1).all()
    changing = {"desk.act", "desk.approve", "people.manage"}
    assert not changing & roles.permissions_of(["auditor"])
    assert "desk.read" not in roles.permissions_of(["admin"])


@pytest.mark.parametrize("asked", [[], ["boss"], ["auditor", "admin"]])
def test_roles_that_cannot_be(asked):
    with pytest.raises(roles.RoleError):
        roles.checked(asked)


def test_roles_are_kept_once_and_in_order():
    assert roles.checked(["admin", "Biller", "admin"]) == ("biller", "admin")


@pytest.mark.parametrize("name", ["", "a", "1ann", "ann lee", "ann\nlee", "x" * 41, "ann/..", "änn"])
def test_names_that_cannot_be(name):
    with pytest.raises(names.PersonNameError):
        names.checked(name)


@pytest.mark.parametrize(
    "password",
    [
        "short", "elevenchars", "x" * 129, "password1234", "P@ssw0rd2026!", "passwordpassword", "qwertyuiop123",
        "aaaaaaaaaaaaaa", "abcdefghijklmnop", "123456789012", "correct horse battery staple", "WelcomeWelcome",
        "Billing2026!!", "i am ann of the desk", "summerwinter99", "111111111111",
    ],
)  # fmt: skip
def test_passwords_that_are_refused(password):
    with pytest.raises(passwords.PasswordError) as caught:
        passwords.require_good(password, name="ann")
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["four quiet herons wade", "Ünïcode wörks here", "x7#kQ2!mv9Lp", "y" * 4 + "abzq" * 31]
)
def test_passwords_that_are_taken(password):
    passwords.require_good(password, name="ann")


def test_a_password_is_kept_as_argon2id_with_strong_parameters():
    kept = passwords.hashed("four quiet herons wade")
    used = extract_parameters(kept)
    assert kept.startswith("$argon2id$") and used.memory_cost >= 19_456 and used.time_cost >= 2
    assert passwords.is_right(kept, "four quiet herons wade") and not passwords.is_right(kept, "four quiet herons")
    assert not passwords.is_right("", "nobody has this password")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$" + "A" * 43)


def test_a_code_is_good_once_and_for_one_step_around_now():
    secret = second_factor.new_secret()
    assert len(secret) * 5 >= 112
    codes = pyotp.TOTP(secret)
    step = second_factor.step_of(NOW)
    assert second_factor.matching_step(secret, codes.at(NOW), NOW, 0) == step
    assert second_factor.matching_step(secret, codes.at(NOW), NOW, step) is None
    for seconds, fits in ((-30, True), (30, True), (-90, False), (90, False)):
        found = second_factor.matching_step(secret, codes.at(NOW + timedelta(seconds=seconds)), NOW, 0)
        assert (found is not None) is fits
    assert second_factor.matching_step(secret, "12345", NOW, 0) is None
    assert second_factor.matching_step(secret, "١٢٣٤٥٦", NOW, 0) is None


def test_recovery_codes_are_typed_with_or_without_dashes():
    one, *others = second_factor.recovery_codes()
    assert len({one, *others}) == 10
    assert second_factor.kept(one) == second_factor.kept(one.replace("-", " ").upper())


def test_a_sealed_secret_opens_for_its_owner_and_key_only():
    key = bytes(range(32))
    text = sealed.seal(key, "JBSWY3DPEHPK3PXP", "user 1")
    assert "JBSWY3DPEHPK3PXP" not in text and text != sealed.seal(key, "JBSWY3DPEHPK3PXP", "user 1")
    assert sealed.unseal(key, text, "user 1") == "JBSWY3DPEHPK3PXP"
    for other_key, other_text, owner in (
        (key, text, "user 2"),
        (bytes(32), text, "user 1"),
        (key, "rubbish", "user 1"),
    ):
        with pytest.raises(sealed.SealError):
            sealed.unseal(other_key, other_text, owner)


@pytest.mark.parametrize(
    ("of_name", "of_address", "seconds"),
    [(0, 0, 0), (4, 4, 0), (5, 5, 2), (6, 6, 4), (10, 10, 64), (40, 19, 900), (1, 20, 900)],
)
def test_waiting_doubles_for_a_name_and_ends_for_an_address(of_name, of_address, seconds):
    failures = [throttle.Failures(times, NOW if times else None) for times in (of_name, of_address)]
    assert throttle.wait(*failures, NOW).total_seconds() == seconds


def test_a_session_ends_by_itself():
    def over(opened, seen, state="signed_in"):
        return sessions.is_over(state, NOW - timedelta(minutes=opened), NOW - timedelta(minutes=seen), NOW)

    assert not over(14, 14) and over(15, 15)
    assert not over(599, 1) and over(600, 1)
    assert over(10, 1, "password") and not over(9, 1, "password")
    assert len(sessions.new_token()) >= 43
