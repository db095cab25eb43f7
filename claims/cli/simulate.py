"""``claims simulate month``: a practice's month of files, both sides of it, invented and repeatable."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from claims.cli import console


def register(app: typer.Typer) -> None:
    """Add the commands below ``claims simulate``."""
    simulate = typer.Typer(no_args_is_help=True, help="Invent files to try things with: nobody in them exists.")
    simulate.command("month")(month)
    app.add_typer(simulate, name="simulate")


def month(
    out: Annotated[Path, typer.Option(help="A new or empty folder; gets inbox/, truth.csv and month.json.")],
    claims: Annotated[int, typer.Option(min=1, max=200_000, help="How many claims.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another month; the same seed, the same bytes.")] = 7,
    start: Annotated[str, typer.Option(metavar="DAY", help="First day of the services.")] = "2026-09-01",
) -> None:
    """Write a month of a practice: its claims, what payers answered and paid, and the bank's statement.

    Example: claims simulate month --claims 300 --seed 7 --out ./month
    """
    from claims.errors import UsageError
    from claims.service.simulate import simulate_month

    output = console.current()
    try:
        first_day = date.fromisoformat(start)
    except ValueError:
        raise UsageError("--start: a day is needed, written 2026-09-01.") from None
    about = simulate_month(out, claims=claims, seed=seed, start=first_day)
    output.say(
        f"{about['files']} files of {about['claims']} claims, {about['bytes']:,} bytes, are in {out / 'inbox'}; "
        f"what really happened is in {out / 'truth.csv'}."
    )
    output.say(f"Run them: claims run --inbox {out / 'inbox'} --date {about['posting_date']}")
    output.document(about)
