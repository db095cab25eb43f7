"""``claims simulate``: a practice's month of files, both sides of it, or the payers' answers to claim files."""

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
    simulate.command("payer")(payer)
    app.add_typer(simulate, name="simulate")


def month(
    out: Annotated[Path, typer.Option(help="A new or empty folder; gets inbox/, truth.csv and month.json.")],
    claims: Annotated[int, typer.Option(min=1, max=200_000, help="How many claims.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another month; the same seed, the same bytes.")] = 7,
    start: Annotated[str, typer.Option(metavar="DAY", help="First day of the services.")] = "2026-09-01",
    patients: Annotated[bool, typer.Option("--patients", help="Patients pay too; nothing else changes.")] = False,
) -> None:
    """Write a month of a practice: its claims, what payers answered and paid, and the bank's statement.

    Example: claims simulate month --claims 300 --seed 7 --out ./month
    """
    from claims.days import read_day
    from claims.errors import UsageError
    from claims.service.simulate import simulate_month

    output = console.current()
    try:
        first_day = read_day(start)
    except ValueError:
        raise UsageError("--start: a day is needed, written 2026-09-01.") from None
    about = simulate_month(out, claims=claims, seed=seed, start=first_day, patients=patients)
    output.say(
        f"{about['files']} files of {about['claims']} claims, {about['bytes']:,} bytes, are in {out / 'inbox'}; "
        f"what really happened is in {out / 'truth.csv'}."
    )
    output.say(f"Run them: claims run --inbox {out / 'inbox'} --date {about['posting_date']}")
    output.document(about)


def payer(
    files: Annotated[list[Path], typer.Argument(help="Claim files (837P, 837I, 837D), in the order they come.")],
    out: Annotated[Path, typer.Option(help="Where the answers go: a new or empty folder, or any with --books.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other payers; the same seed, the same bytes.")] = 7,
    ugly: Annotated[str, typer.Option(metavar="MODE,...", help="Faults to put in, by name: docs/simulate.md.")] = "",
    books: Annotated[Path | None, typer.Option(help="A folder in which the payers remember from call to call.")] = None,
    day: Annotated[str, typer.Option("--date", metavar="DAY", help="The day the files come; else their own.")] = "",
    as_of: Annotated[str, typer.Option(metavar="DAY", help="Write payments up to this day; else all of them.")] = "",
) -> None:
    """Answer claim files as their payers would: TA1, 999, 277CA, 835s, the bank's rows and what was really decided.

    Exit code 1 when a file is no X12.

    Example: claims simulate payer claims.837 --out ./answers --seed 7 --ugly unbalanced-remit,no-6r
    """
    from claims.cli.check import missing
    from claims.errors import UsageError
    from claims.money import amount, dollars
    from claims.service.simulate import answer

    output = console.current()
    if problem := missing(files):
        raise UsageError(problem)
    done = answer(
        files,
        out,
        seed=seed,
        ugly=[mode.strip() for mode in ugly.split(",") if mode.strip()],
        books=books,
        day=_day("--date", day),
        as_of=_day("--as-of", as_of),
    )
    output.say(
        f"{done.claims} claims, {done.rejected} of them rejected; {done.remittances} remittances of "
        f"{dollars(done.paid_cents)}; {len(done.files)} files are in {out}, with bank.csv and truth.csv."
    )
    if done.unapplied:
        output.say(f"Nothing was there to put these in: {', '.join(done.unapplied)}.")
    output.document(
        {
            "files": [path.name for path in done.files],
            "claims": done.claims,
            "rejected": done.rejected,
            "remittances": done.remittances,
            "paid": amount(done.paid_cents),
            "unapplied": done.unapplied,
            "unread": [path.name for path in done.unread],
        }
    )
    for path in done.unread:
        output.warn(f"{path} is no X12 file: nobody can answer it; see: claims check {path}")
    if done.unread:
        raise typer.Exit(1)


def _day(option: str, text: str) -> date | None:
    from claims.days import read_day
    from claims.errors import UsageError

    if not text:
        return None
    try:
        return read_day(text)
    except ValueError:
        raise UsageError(f"{option}: a day is needed, written 2026-09-01.") from None
