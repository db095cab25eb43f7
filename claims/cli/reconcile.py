"""``claims reconcile``: match, post, tie to the bank, open denials."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.run import posting_day, work_done


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconcile")(reconcile)


def reconcile(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be posted; change nothing.")] = False,
) -> None:
    """Match payments to claims, post, tie to the bank, open denials. Safe to repeat: what is done stays done.

    Example: claims reconcile --dry-run
    """
    from claims import config
    from claims.service import reconcile as verbs

    output = console.current()
    settings = config.load()
    posting_date = posting_day(day) or settings.today()
    ctx = context_for(output, "night.run", settings)
    if not dry_run:
        counts = verbs.reconcile(ctx, posting_date)
        output.document({"posting_date": posting_date, "dry_run": False, "counts": counts})
        _say(output, counts)
        return
    counts, journals = verbs.rehearse(ctx, posting_date)
    output.document(
        {"posting_date": posting_date, "dry_run": True, "counts": counts, "journals": console.records(journals)}
    )
    by_account = journals.groupby(["source", "reason_code", "account"])["amount_cents"].agg(["size", "sum"])
    output.table(
        "Would be posted",
        ("Source", "Reason", "Account", ">Journals", ">Debit or credit"),
        [
            (*key, size, console.dollars(cents))
            for key, (size, cents) in zip(by_account.index, by_account.values.tolist(), strict=True)
        ],
    )
    _say(output, counts)
    output.say("Nothing was changed (--dry-run).")


def _say(output: console.Output, counts: dict[str, int]) -> None:
    rows = [
        (name.removesuffix("_cents").replace("_", " "), console.dollars(value) if name.endswith("_cents") else value)
        for name, value in counts.items()
        if value
    ]
    output.table("Reconciled", ("What", ">How much"), rows)
    if not work_done(counts):
        output.say("Nothing to do: the books are as they were.")
