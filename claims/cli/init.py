"""``claims init``: a data folder, an audit key and a database that is up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console

if TYPE_CHECKING:
    from claims.config import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(
    admin: Annotated[str, typer.Option(metavar="NAME", help="Add this person, who may add others to the desk.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The admin's password: first line of a file only you can read.")
    ] = None,
) -> None:
    """Create the database and the data folder, or bring them up to date. Safe to repeat.

    Example: claims init --admin ann
    """
    from claims import config
    from claims.store import upkeep

    settings = config.load()
    version = upkeep.initialise(settings)
    output = console.current()
    taken = upkeep.take_over_seals(settings, output.actor)
    said: dict[str, Any] = {"home": settings.home, "database": config.masked(settings.database_url)}
    output.say(f"Ready: {config.masked(settings.database_url)}, tables at version {version}.")
    output.say(f"Put files into {settings.inbox_folder}, then run: claims run")
    output.say(f"Keep a copy of {settings.audit_key_file} in a safe place: the audit chain is checked with it.")
    if taken:
        output.say(f"Books of an earlier version: seals are made with the audit key from seal {taken} on.")
    added = {"admin": _admin(settings, admin, password_file)} if admin else {}
    output.document(said | {"version": version} | ({"seals_taken_over": taken} if taken else {}) | added)


def _admin(settings: Settings, name: str, password_file: Path | None) -> dict[str, Any]:
    from claims.cli.users import add_person
    from claims.people import names
    from claims.service import people
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(settings, actor=output.actor)
    kept = names.checked(name)
    if kept in people.listed(ctx)["name"].tolist():
        output.say(f"{kept} is there already; claims users reset {kept} gives a new link for the first sign-in.")
        return {"name": kept, "sign_in": "/login"}
    return add_person(ctx, kept, ["admin"], 0, password_file)
