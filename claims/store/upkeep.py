"""Upkeep of an installation: its settings come in; a data folder, a database and backups go out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from claims.config import Settings
from claims.errors import DatabaseError, UsageError
from claims.store import audit, chain_heads, clock, engine
from claims.store.schema import metadata
from claims.store.vault import Vault

TAKEN_OVER = "seals.taken-over"


def initialise(settings: Settings) -> str:
    """Create what is missing of data folder, audit key and tables, upgrade the rest; return the tables' version."""
    for folder in (settings.home, settings.vault_folder, settings.inbox_folder, settings.outbox_folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    version = engine.upgrade(settings.database_url)
    audit.create_key(settings.audit_key_file)
    audit.create_key(settings.people_key_file)
    return version


def take_over_seals(settings: Settings, actor: str) -> int:
    """Key the seals of books of an earlier version from now on; give the number of the first that is, 0: nothing to do.

    That is an event of the audit chain. Raises AlteredBooksError where they are not as it tells.
    """
    key = audit.load_key(settings.audit_key_file)
    database = engine.open_engine(settings.database_url, audit_key_file=settings.audit_key_file)
    try:
        with engine.write(database) as conn:
            number = chain_heads.take_over(conn)
            if number:
                told, at = chain_heads.body(conn), clock.now()
                audit.append(conn, key, actor=actor, action=TAKEN_OVER, subject="", body=told, recorded_at=at)
    finally:
        database.dispose()
    return number


def status(settings: Settings) -> dict[str, Any]:
    """Look at the database without changing it: version, soundness, rows per table."""
    database = engine.open_engine(settings.database_url)
    try:
        engine.require_ready(database)
        with engine.read(database) as conn:
            sound = engine.is_postgresql(conn) or conn.exec_driver_sql("PRAGMA quick_check").scalar() == "ok"
            rows = {
                name: int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
                for name, table in sorted(metadata.tables.items())
            }
            return {
                "database": engine.shown(database),
                "version": engine.newest_version(),
                "sound": sound,
                "audit_head": audit.head(conn)._asdict(),
                "rows": rows,
            }
    finally:
        database.dispose()


def backup(settings: Settings, folder: Path) -> dict[str, Any]:
    """Copy database and vault into `folder` while others go on working; return the manifest that is written there.

    Files already in the folder's vault are not copied again: they never change. The key files are left out on
    purpose: who holds a backup must not be able to rewrite the chain, nor read second factors.
    """
    database = engine.open_engine(settings.database_url)
    try:
        engine.require_ready(database)
        target = folder / ("claims.dump" if database.dialect.name == "postgresql" else "claims.db")
        if target.exists():
            raise UsageError(f"{target} is already there; give each backup of the database a folder of its own.")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with engine.read(database) as conn:
            head = audit.head(conn)
        unfinished = target.with_name(target.name + ".unfinished")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        if database.dialect.name == "postgresql":
            _dump_postgresql(database.url, unfinished)
        else:
            _copy_sqlite(database, unfinished)
        files = _copy_vault(Vault(settings.vault_folder), Vault(folder / "vault"))
    finally:
        database.dispose()
    manifest = {
        "made_at": clock.now(),
        "version": engine.newest_version(),
        "database": target.name,
        "bytes": unfinished.stat().st_size,
        "sha256": _sha256(unfinished),
        "vault_files": files,
        "audit_head": head._asdict(),
    }
    _sync(unfinished)
    unfinished.replace(target)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _copy_sqlite(database: sa.Engine, target: Path) -> None:
    copy = sqlite3.connect(target)
    try:
        with database.connect() as conn:
            engine.driver_connection(conn).backup(copy)
        if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise DatabaseError("a backup that is not sound")
    finally:
        copy.close()


def _dump_postgresql(url: sa.URL, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise UsageError("pg_dump is not installed here; install it, or back up on the database's machine.")
    address = url.set(drivername="postgresql", password=None).render_as_string()
    password = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    command = [program, "--format=custom", f"--file={target}", address]
    done = subprocess.run(command, env=os.environ | password, capture_output=True, check=False)
    if done.returncode:
        raise DatabaseError(f"pg_dump exit code {done.returncode}")


def _copy_vault(source: Vault, target: Vault) -> int:
    known = set(target.entries())
    count = 0
    for sha256 in source.entries():
        count += 1
        if sha256 not in known and target.put(source.path(sha256)) != sha256:
            raise DatabaseError("an altered file in the vault", sha256[:12])
    return count


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
