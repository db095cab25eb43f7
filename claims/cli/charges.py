"""``claims charges``: bring in what is to be billed, and see what waits to be sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for

if TYPE_CHECKING:
    from claims.service.charges import ImportedFile

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers; this is audited.")]
SHOWN = 50  # refused rows of a file, for people; --json lists all

REASONS = {
    "not-charges": "it holds no charges and no 837; for other files: claims ingest",
    "sent-elsewhere": "it came in by claims ingest before: its claims were sent by somebody else",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Bring in claims to send, and see what waits.")
    group.command("import")(import_files)
    group.command("list")(list_claims)
    app.add_typer(group, name="charges")


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Charges CSVs or 837 files.", exists=True, dir_okay=False)],
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")] = "",
) -> None:
    """Take in claims to send: a charges CSV (docs/files.md), or an 837 made elsewhere. Safe to repeat.

    A wrong row is named with its row, column and reason, and keeps out its claim; the other claims go in. Ends with 1
    when anything was refused.

    Example: claims charges import edi_samples/charges/professional.csv
    """
    from claims import config
    from claims.cli.run import posting_day
    from claims.service.charges import import_charges

    output = console.current()
    settings = config.load()
    posting_date = posting_day(day) or settings.today()
    ctx = context_for(output, "night.run", settings)
    with output.progress("reading charges", len(paths)) as advance:
        report = import_charges(ctx, paths, posting_date, advance)
    output.document(
        {"run_id": report.run_id, "counts": report.counts, "files": [_document(file) for file in report.files]}
    )
    for file in report.files:
        _say(output, file)
    claims, cents = sum(file.claims for file in report.files), sum(file.charge_cents for file in report.files)
    counts = ", ".join(f"{number} {state}" for state, number in report.counts.items())
    output.say(f"{len(paths)} file(s): {counts}. To send: {claims:,} claim(s), {console.dollars(cents)}.")
    output.say("Next: claims scrub")
    if any(file.state in ("held", "refused") for file in report.files):
        raise typer.Exit(1)


def _document(file: ImportedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "file_id": file.outcome.file_id,
        "sha256": file.outcome.sha256,
        "state": file.state,
        "reason_code": "" if file.state == "duplicate" else file.outcome.reason_code,
        "claims": file.claims,
        "charge_cents": file.charge_cents,
        "refused_claims": file.refused_claims,
        "refused": console.records(file.refusals),
    }


def _say(output: console.Output, file: ImportedFile) -> None:
    what = f"{file.claims:,} claim(s), {console.dollars(file.charge_cents)}"
    if file.state == "duplicate":
        what = "the same file was here before; nothing changes"
    elif file.state == "refused":
        what = REASONS.get(file.outcome.reason_code, file.outcome.reason_code)
    output.say(f"{file.path}: {file.state}, {what}")
    if file.refusals.empty:
        return
    rows = console.records(file.refusals.head(SHOWN))
    columns = [">Row or segment", "Column or element", "Finding", "What"]
    cells = [(row["seg"], row["element"], row["code"], row["message"]) for row in rows]
    output.table("Refused", columns, cells)
    if len(rows) < len(file.refusals):
        output.say(f"{len(file.refusals) - len(rows):,} more; --json lists all.")


def list_claims(
    life: Annotated[str, typer.Option(help="draft, blocked, ready, batched, sent ...; any. Default: not sent.")] = "",
    payer: Annotated[str, typer.Option(help="Payer code, or part of its name.")] = "",
    limit: Annotated[int, typer.Option(help="Claims to show one by one.", min=0)] = 20,
    show_phi: ShowPhi = False,
) -> None:
    """List what is to be sent: by where it stands, payer and kind of claim, with its money; the largest claims first.

    Example: claims charges list --payer FABLE --life draft
    """
    from claims.service.charges import charges_to_send

    output = console.current()
    ctx = context_for(output, "desk.read")
    sums, claims = charges_to_send(ctx, life=life, payer=payer, limit=limit, show_phi=show_phi)
    number, cents = int(sums["claims"].sum()), int(sums["charge_cents"].sum())
    document = {"by_life": console.records(sums), "claims": console.records(claims)}
    output.document(document | {"count": number, "charge_cents": cents})
    output.table(
        "To send",
        ["Stands at", "Payer", "Kind", ">Claims", ">Charged"],
        [
            (row["life"], row["payer_name"] or row["payer_code"], row["kind"], row["claims"], _money(row))
            for row in document["by_life"]
        ],
    )
    if limit:
        output.table(
            "The largest",
            [">No.", "Stands at", "Payer", "Kind", "Claim", "Service from", ">Charged"],
            [
                (
                    row["claim_id"],
                    row["life"],
                    row["payer_name"] or row["payer_code"],
                    row["kind"],
                    row["claim_number"],
                    row["statement_from_date"],
                    _money(row),
                )
                for row in document["claims"]
            ],
        )
    output.say(f"{number:,} claim(s), {console.dollars(cents)}.")


def _money(row: dict[str, Any]) -> str:
    return console.dollars(row["charge_cents"])
