"""``claims init``: a data folder, an audit key and a database that is up to date."""

from __future__ import annotations

import typer

from claims.cli import console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init() -> None:
    """Create the database and the data folder, or bring them up to date. Safe to repeat.

    Example: claims init
    """
    from claims import config
    from claims.store import upkeep

    settings = config.load()
    version = upkeep.initialise(settings)
    output = console.current()
    output.document({"home": settings.home, "database": config.masked(settings.database_url), "version": version})
    output.say(f"Ready: {config.masked(settings.database_url)}, tables at version {version}.")
    output.say(f"Put files into {settings.inbox_folder}, then run: claims run")
    output.say(f"Keep a copy of {settings.audit_key_file} in a safe place: the audit chain is checked with it.")
