"""``claims statements``: what patients are to be told to pay, and small balances that are not worth a letter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.report import FOUND_WRONG, AsOf, Format, KnownAt, day_of, instant, say
from claims.cli.small_balances import small_balances, to_collection

Out = Annotated[Path | None, typer.Option("--out", help="Folder; default: reports/DAY/statements in the data folder.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(invoke_without_command=True, help="Write what patients owe, with the reason of every cent.")
    group.callback()(statements)
    group.command("small-balances")(small_balances)
    group.command("to-collection")(to_collection)
    app.add_typer(group, name="statements")


def statements(
    ctx: typer.Context, as_of: AsOf = "", known_at: KnownAt = "", format: Format = "csv", out: Out = None
) -> None:
    """Write what each patient is to pay: charged, paid, adjusted, the share and why, since when; never CO, PI or OA.

    Holds names of patients: the export is audited. Check it with claims report verify.

    Example: claims statements --as-of 2026-11-30 --format csv --out month-end/statements
    """
    if ctx.invoked_subcommand is not None:
        return
    from claims.reports import manifest
    from claims.service.statement_export import write_statements

    output = console.current()
    asked, known_by = day_of(as_of), instant(known_at) if known_at else None
    opened = context_for(output, "desk.export")
    day = asked or opened.settings.today()
    folder = out or opened.settings.reports_folder / day.isoformat() / "statements"
    path = write_statements(opened, day, known_by, format, folder)
    content = manifest.load(path.parent)
    output.document(content | {"manifest": path})
    say(output, content, path)
    if not all(check["holds"] for check in content["checks"]):
        raise typer.Exit(FOUND_WRONG)
