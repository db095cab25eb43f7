"""``claims ingest``: register, read, check and store files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest")(ingest)


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of files.", exists=True)],
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")] = "",
) -> None:
    """Register, read, check and store files: 837, 835, 999, 277CA, TA1, CSVs of the bank, charges, patients' payments.

    Safe to repeat: what is known changes nothing.

    Ends with 1 when a file was held or refused; `claims exceptions list` says what releases it.

    Example: claims ingest edi_samples/day/inbox
    """
    from claims import config
    from claims.cli.run import posting_day
    from claims.service.intake import find_files
    from claims.service.intake import ingest as ingest_files

    output = console.current()
    settings = config.load()
    posting_date = posting_day(day) or settings.today()
    ctx = context_for(output, "night.run", settings)
    files = sorted({file for path in paths for file in find_files(path)})
    with output.progress("reading files", len(files)) as advance:
        report = ingest_files(ctx, files, posting_date, advance)
    rows = list(zip(report.receipts, report.outcomes, strict=True))
    output.document(
        {
            "run_id": report.run_id,
            "counts": report.counts,
            "files": [
                {
                    "file_id": outcome.file_id,
                    "sha256": outcome.sha256,
                    "state": "duplicate" if receipt.is_duplicate else outcome.state,
                    "reason_code": "" if receipt.is_duplicate else outcome.reason_code,
                    "sets": outcome.sets,
                    "counts": outcome.counts,
                }
                for receipt, outcome in rows
            ],
        }
    )
    stopped = [outcome for receipt, outcome in rows if outcome.state != "stored" and not receipt.is_duplicate]
    output.table(
        "Held or refused",
        (">File", "Sha256", "State", "Sets", "Because of"),
        [(one.file_id, one.sha256[:12], one.state, one.sets, one.reason_code) for one in stopped],
    )
    counts = ", ".join(f"{number} {state}" for state, number in report.counts.items())
    output.say(f"{len(files)} files: {counts}.")
    if not any(number for state, number in report.counts.items() if state != "duplicate"):
        output.say("Nothing new: every file was here before.")
    known = sum(outcome.state != "stored" for receipt, outcome in rows if receipt.is_duplicate)
    if known:
        output.say(f"{known} of the files that were here before are held or refused: claims exceptions list")
    output.say("Next: claims reconcile" + ("; claims exceptions list" if stopped else ""))
    if stopped:
        raise typer.Exit(1)
