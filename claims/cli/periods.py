"""``claims periods``: close accounting days for good, and list what is closed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be closed; close nothing.")] = False,
) -> None:
    """Close all accounting days up to one, for good: no journal can be written there any more.

    What comes late is posted in the open period and keeps its own date as effective date. It shows the balances and
    the open exceptions of that day; look first, with --dry-run.

    Example: claims periods close 2026-09-30
    """
    from claims.service.periods import close_period, rehearse_closing

    output = console.current()
    done = (rehearse_closing if dry_run else close_period)(context_for(output, "books.close"), through.date())
    balances, exceptions = console.records(done.balances), console.records(done.exceptions)
    output.document(
        {"closed_through": done.through.isoformat(), "dry_run": dry_run, "journals": done.journals,
         "head_hash": done.head_hash, "balances": balances, "open_exceptions": exceptions}
    )  # fmt: skip
    output.table(
        f"Balances on {done.through}",
        ["Account", "", ">Debit", ">Credit"],
        [
            *((row["account"], row["name"], *_sides(row["amount_cents"])) for row in balances),
            ("", "Total", *_total(balances)),
        ],
    )
    output.table(
        "Open exceptions on that day",
        ["Type", ">Count", ">Amount"],
        [(row["type_code"], row["count"], console.dollars(row["amount_cents"])) for row in exceptions],
    )
    output.say(f"{done.journals} journal(s) so far; the chain of journals ends with {done.head_hash or 'none'}.")
    if dry_run:
        output.say("Nothing was closed (--dry-run).")
    else:
        output.say(f"Closed: everything up to {done.through}. Note elsewhere what claims audit head says.")


def _sides(cents: int) -> tuple[str, str]:
    return console.dollars(cents) if cents > 0 else "", console.dollars(-cents) if cents < 0 else ""


def _total(balances: list[dict[str, Any]]) -> tuple[str, str]:
    cents = [row["amount_cents"] for row in balances]
    return console.dollars(sum(one for one in cents if one > 0)), console.dollars(-sum(one for one in cents if one < 0))


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
        [tuple(row[name] for name in columns) for row in rows],
    )
    output.say(f"Closed through {rows[0]['through_date']}." if rows else "Nothing is closed.")
