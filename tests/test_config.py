"""Settings: where they come from, what is refused, and what never shows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from claims import config
from claims.errors import ConfigError


def write_toml(tmp_path, text):
    home = tmp_path / "claims-data"
    home.mkdir(exist_ok=True)
    (home / "claims.toml").write_text(text)


def test_the_caller_wins_over_the_environment_over_the_file_over_the_default(monkeypatch, tmp_path):
    assert config.load().accept_usage == ("P",)
    write_toml(tmp_path, 'accept_usage = ["T"]')
    assert config.load().accept_usage == ("T",)
    monkeypatch.setenv("CLAIMS_ACCEPT_USAGE", "P, T")
    assert config.load().accept_usage == ("P", "T")
    assert config.load(accept_usage=["I"]).accept_usage == ("I",)


def test_everything_lies_in_home(tmp_path):
    home = tmp_path / "claims-data"
    settings = config.load()
    assert settings.home == home and settings.database_url == f"sqlite:///{home}/claims.db"
    folders = settings.vault_folder, settings.inbox_folder, settings.outbox_folder, settings.prefect_folder
    assert {folder.parent for folder in folders} == {settings.audit_key_file.parent} == {home}


def test_home_does_not_move_with_the_working_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = config.load(home=Path("here"))
    monkeypatch.chdir("/")
    assert settings.home == tmp_path / "here"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"engine": "dask"}, "dask_scheduler"),
        ({"engine": "ray"}, "'threads' or 'dask'"),
        ({"tiemzone": "UTC"}, "tiemzone"),
    ],
)
def test_a_mistake_is_named(values, told):
    with pytest.raises(ConfigError, match=told) as caught:
        config.load(**values)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["tiemzone = 'UTC'", "this is no toml"])
def test_a_mistake_in_the_file_is_named(tmp_path, text):
    write_toml(tmp_path, text)
    with pytest.raises(ConfigError, match=r"tiemzone|claims\.toml"):
        config.load()


def test_a_server_named_by_others_is_not_ours(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "https://cloud.example/api")
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")
    settings = config.load()
    assert settings.prefect_api_url == "" and settings.database_url.startswith("sqlite:///")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql+psycopg://u:p@h/db", "postgresql+psycopg://u:***@h/db"),
        ("postgresql+psycopg://u:p@ss@h/db?password=x&sslmode=require", None),
        ("http://h/api?token=x", "http://h/api?token=***"),
        ("sqlite:////data/claims.db", "sqlite:////data/claims.db"),
        ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786"),
    ],
)
def test_passwords_are_masked(address, shown):
    assert "p@" not in config.masked(address) and "=x" not in config.masked(address)
    assert shown is None or config.masked(address) == shown


def test_repr_and_str_hide_passwords():
    settings = config.load(database_url="postgresql+psycopg://u:ZZCANARY@h/db")
    assert "ZZCANARY" not in repr(settings) + str(settings) + f"{settings.shown()}"
    assert "ZZCANARY" in settings.database_url


def test_today_is_the_day_of_the_practice(monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 1, 1, 3, 0, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(config, "datetime", Clock)
    assert config.load(timezone="America/Los_Angeles").today().isoformat() == "2025-12-31"
    assert config.load(timezone="UTC").today().isoformat() == "2026-01-01"
