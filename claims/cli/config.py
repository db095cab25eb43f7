"""``claims config show``: every setting, where to change it, and nothing secret."""

from __future__ import annotations

import typer

from claims.cli import console


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, help="See the settings.")
    group.command("show")(show)
    app.add_typer(group, name="config")


def show() -> None:
    """Show every setting; passwords are masked.

    Change one by CLAIMS_NAME in the environment, or by a line name = "value" in claims.toml in the data folder.

    Example: CLAIMS_TIMEZONE=America/Chicago claims config show
    """
    from claims import config

    settings = config.load()
    fields = config.Settings.model_fields
    output = console.current()
    output.document(settings.shown())
    rows = [
        (name, ", ".join(value) if isinstance(value, tuple) else value, fields[name].description)
        for name, value in settings.shown().items()
    ]
    output.table("", ["setting", "value", "what it decides"], rows)
    output.say(f"Today is {settings.today()} there. File: {settings.home / 'claims.toml'}")
    for name in config.unknown_variables():
        output.warn(f"Warning: {name} is set, but there is no such setting.")
