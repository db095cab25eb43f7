"""``claims config show``: every setting, where to change it, and nothing secret."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import typer

from claims.cli import console

if TYPE_CHECKING:
    from claims.config import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, help="See the settings.")
    group.command("show")(show)
    app.add_typer(group, name="config")


def show() -> None:
    """Show every setting and where it comes from; passwords are masked.

    Change one by CLAIMS_NAME in the environment, or by a line name = "value" in claims.toml in the data folder.

    Example: CLAIMS_TIMEZONE=America/Chicago claims config show
    """
    from claims import config

    settings = config.load()
    fields = config.Settings.model_fields
    output = console.current()
    sources = _sources(settings)
    output.document(settings.shown() | {"sources": sources})
    rows = [(name, _text(value), sources[name], fields[name].description) for name, value in settings.shown().items()]
    output.table("", ["setting", "value", "from", "what it decides"], rows)
    output.say(f"Today is {settings.today()} there. File: {settings.home / 'claims.toml'}")
    for name in config.unknown_variables():
        output.warn(f"Warning: {name} is set, but there is no such setting.")


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        value = tuple(f"{name}: {one}" for name, one in value.items())
    return ", ".join(value) if isinstance(value, tuple) else value


def _sources(settings: Settings) -> dict[str, str]:
    """Say for each setting whether it comes from the environment, from claims.toml or is the default."""
    from claims import config

    variables = {name.upper() for name, value in os.environ.items() if value}

    def source(name: str) -> str:
        if config.PREFIX + name.upper() in variables:
            return "environment"
        return "claims.toml" if name in settings.model_fields_set else "default"

    return {name: source(name) for name in type(settings).model_fields}
