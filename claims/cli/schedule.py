"""``claims schedule``: the night by the clock, until somebody stops it."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schedule")(schedule)


def schedule(
    cron: Annotated[str, typer.Option(help="When, as cron in the practice's time zone; default: the setting.")] = "",
) -> None:
    """Run the night over the inbox of the data folder at set times. Stops with Ctrl-C or SIGTERM.

    Example: claims schedule --cron "30 2 * * *"
    """
    from claims import config
    from flows.launch import serve_nights

    settings = config.load()
    output = console.current()

    def started(first: str) -> None:
        output.document({"inbox": settings.inbox_folder, "cron": cron or settings.night_cron, "next": first})
        output.say(f"The night over {settings.inbox_folder} runs next at {first}. Stop with Ctrl-C.")

    serve_nights(settings, cron or settings.night_cron, started)
    output.say("Stopped. Nothing runs at night until: claims schedule")
