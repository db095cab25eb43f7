"""``claims periods``: close accounting days for good, and list what is closed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Close accounting periods.")
    group.command("close")(close)
    group.command("list")(list_periods)
    app.add_typer(group, name="periods")


def close(
    through: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The last day.")],
) -> None:
    """Close all accounting days up to one, for good: no journal can be written there any more.

    What comes late is posted in the open period and keeps its own date as effective date.

    Example: claims periods close 2026-09-30
    """
    from claims.service.periods import close_period

    output = console.current()
    close_period(context_for(output, "books.close"), through.date())
    output.document({"closed_through": through.date().isoformat()})
    output.say(f"Closed: everything up to {through.date()}.")


def list_periods() -> None:
    """List the closings: up to which day, when, by whom, and how many journals stood there.

    Example: claims periods list
    """
    from claims.service.context import open_context
    from claims.service.periods import closings

    output = console.current()
    rows = console.records(closings(open_context(actor=output.actor)))
    output.document({"closings": rows})
    columns = ("through_date", "closed_at", "actor", "journals", "head_hash")
    output.table(
        "Closed periods",
        ["Through", "Closed at", "By", ">Journals", "Head of the chain"],
        [(*(row[name] for name in columns[:-1]), row["head_hash"][:12]) for row in rows],
    )
    output.say(f"Closed through {rows[0]['through_date']}." if rows else "Nothing is closed.")
