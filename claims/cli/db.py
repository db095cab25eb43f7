"""``claims db``: is the database sound, bring it up to date, copy it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claims.cli import console


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Look after the database.")
    group.command("status")(status)
    group.command("upgrade")(upgrade)
    group.command("backup")(backup)
    app.add_typer(group, name="db")


def status() -> None:
    """Show where the database is, its version, whether it is sound, and how many rows each table has.

    Ends with 1 when the database is damaged, with 2 when it must be upgraded first.

    Example: claims db status
    """
    from claims import config
    from claims.store import upkeep

    found = upkeep.status(config.load())
    output = console.current()
    output.document(found)
    output.say(f"{found['database']}: version {found['version']}, {'sound' if found['sound'] else 'DAMAGED'}.")
    output.table("Rows", ["table", ">rows"], [(name, f"{count:,}") for name, count in found["rows"].items() if count])
    if not found["sound"]:
        output.warn("Error: the database is damaged; restore the last backup into a new folder and compare.")
        raise typer.Exit(1)


def upgrade() -> None:
    """Bring the tables to the version of this program, in one transaction. Make a backup first.

    Example: claims db upgrade
    """
    from claims import config
    from claims.store import engine

    settings = config.load()
    version = engine.upgrade(settings.database_url)
    output = console.current()
    output.document({"database": config.masked(settings.database_url), "version": version})
    output.say(f"{config.masked(settings.database_url)}: tables at version {version}.")


def backup(
    out: Annotated[Path, typer.Option("--out", help="A folder for this backup; it is created.")],
) -> None:
    """Copy the database and all stored files into a folder while others go on working, with a manifest.

    The audit key is not copied: keep it elsewhere.

    Example: claims db backup --out backups/2026-11-22
    """
    from claims import config
    from claims.store import upkeep

    manifest = upkeep.backup(config.load(), out)
    output = console.current()
    output.document(manifest | {"folder": out})
    output.say(
        f"{out / manifest['database']}: {manifest['bytes']:,} bytes, {manifest['vault_files']:,} stored file(s)."
    )
    output.say(f"Audit chain ends at event {manifest['audit_head']['seq']}; note it elsewhere too.")
