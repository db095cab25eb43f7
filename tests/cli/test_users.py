"""claims init --admin, claims users and what claims serve refuses."""

from __future__ import annotations

import pytest

from claims.web.settings import checked


@pytest.fixture
def practice(sqlite_url, claims, monkeypatch):
    monkeypatch.setenv("CLAIMS_DATABASE_URL", sqlite_url)
    return claims


def test_init_adds_an_admin_once_with_a_link(practice):
    said = practice("init", "--admin", "Ann", "--json")
    assert said.code == 0 and said.json["admin"]["sign_in"].startswith("/enrol/")
    again = practice("init", "--admin", "ann", "--json")
    assert again.code == 0 and again.json["admin"] == {"name": "ann", "sign_in": "/login"}
    assert [one["roles"] for one in practice("users", "list", "--json").json["people"]] == ["admin"]


def test_a_password_comes_from_a_file_that_only_its_owner_reads(practice, tmp_path):
    file = tmp_path / "password"
    file.write_text("four quiet herons wade\n")
    file.chmod(0o644)
    said = practice("init", "--admin", "ann", "--password-file", file)
    assert said.code == 2 and "chmod 600" in said.err
    file.chmod(0o600)
    assert practice("init", "--admin", "ann", "--password-file", file).code == 0
    assert practice("users", "list", "--json").json["people"][0]["state"] == "active"
    file.write_text("password1234")
    said = practice("users", "add", "bob", "--role", "biller", "--password-file", file)
    assert said.code == 2 and "password1234" not in said.err + said.out


def test_people_are_changed_by_name(practice):
    assert practice("init", "--admin", "ann").code == 0
    assert practice("users", "add", "bob", "--role", "biller", "--limit", "25").code == 0
    assert practice("users", "add", "bob", "--role", "biller").code == 2
    assert practice("users", "add", "eve", "--role", "boss").code == 2
    assert practice("users", "role", "bob", "biller", "supervisor").code == 0
    assert practice("users", "limit", "bob", "99.50").code == 0
    assert practice("users", "limit", "bob", "-1").code == 2
    shown = practice("users", "list").out
    assert "biller supervisor" in shown and "$99.50" in shown
    assert "/enrol/" in practice("users", "reset", "bob").out
    assert practice("users", "disable", "bob").code == 0
    assert practice("users", "disable", "ann").code == 2
    assert practice("users", "disable", "nobody").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("--host", "0.0.0.0"),
        ("--host", "192.0.2.7"),
        ("--host", "example.org"),
        ("--host", "::"),
        ("--host", "0.0.0.0", "--behind-proxy", "10.0.0.5"),
        ("--host", "0.0.0.0", "--behind-proxy", "proxy", "--origin", "https://desk.example.org"),
        ("--host", "0.0.0.0", "--origin", "http://desk.example.org"),
        ("--tls-certificate", "/nowhere.pem"),
        ("--behind-proxy", "10.0.0.5", "--origin", "http://desk.example.org"),
    ],
)
def test_serving_in_the_clear_is_refused(practice, words):
    assert practice("init").code == 0
    said = practice("serve", *words)
    assert said.code == 2 and said.err.startswith("Error:")


def test_what_serving_makes_of_its_options():
    plain = checked("127.0.0.1", 8000)
    assert not plain.is_tls and plain.cookie == "claims" and "http://localhost:8000" in plain.origins
    behind = checked("0.0.0.0", 8000, proxies=["10.0.0.0/24"], origin="https://Desk.example.org/")
    assert behind.is_tls and behind.cookie.startswith("__Host-") and behind.origins == ("https://desk.example.org",)
    assert type(behind).from_json(behind.to_json()) == behind
