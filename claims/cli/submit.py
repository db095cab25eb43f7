"""``claims submit``: what is ready becomes 837 files in the outbox."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.errors import UsageError

KINDS = ("P", "I", "D")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("submit")(submit)


def submit(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Build and check everything; change nothing.")] = False,
    partner: Annotated[str, typer.Option(help="Only what goes to this trading partner.")] = "",
    kind: Annotated[str, typer.Option(help="Only professional (P), institutional (I) or dental (D) claims.")] = "",
    again: Annotated[
        str,
        typer.Option("--again", metavar="ISA13", help="Send a batch again: its file is lost, or a TA1 refused it."),
    ] = "",
) -> None:
    """Make claims for next payers, scrub what waits, and write what no edit stops into checked 837 files.

    Each claim leaves once. With --dry-run the ready claims are built and checked, and nothing is changed.

    Ends with 1 when a claim could not be sent; `claims exceptions list` says why.

    Example: claims submit --dry-run
    """
    from claims import config
    from claims.cli.run import posting_day
    from claims.service import outgoing
    from claims.service.resending import send_again
    from claims.service.submit import submit as rehearse

    if kind and kind.upper() not in KINDS:
        raise UsageError(f"There is no kind {kind}; there are: {', '.join(KINDS)}.")
    if again and (dry_run or partner or kind):
        raise UsageError("--again sends one batch as it was: no other option goes with it.")
    output = console.current()
    settings = config.load()
    posting_date = posting_day(day) or settings.today()
    ctx = context_for(output, "night.run", settings)
    if again:
        batch = send_again(ctx, again, posting_date)
        output.document({"posting_date": posting_date, "batches": [shown(batch)]})
        _say_batches(output, [batch])
        return
    prepared: dict[str, int] = {}
    if dry_run:
        done = rehearse(ctx, posting_date, dry_run=True, partner=partner, kind=kind.upper())
    else:
        prepared, done = outgoing.send(ctx, posting_date, partner=partner, kind=kind.upper())
    output.document(
        {
            "posting_date": posting_date,
            "dry_run": dry_run,
            "prepared": prepared,
            "counts": done.counts,
            "batches": [shown(batch) for batch in done.batches],
        }
    )
    _say_batches(output, done.batches)
    counts = done.counts
    if prepared.get("next_claims") or prepared.get("next_claims_refused"):
        output.say(f"{prepared['next_claims']} claims made for a next payer, "
                   f"{prepared['next_claims_refused']} could not be made.")  # fmt: skip
    if not any(counts.values()):
        output.say("Nothing to send: no claim is ready.")
    output.say(f"{counts['claims_sent']} claims {'would be ' if dry_run else ''}sent, "
               f"{console.dollars(counts['sent_cents'])}; {counts['claims_tested']} in test files, "
               f"{counts['claims_blocked']} blocked, {counts['claims_without_partner']} without partner.")  # fmt: skip
    if dry_run:
        output.say("Nothing was changed (--dry-run). Shown is only what scrubbing let go: claims scrub looks at the "
                   "others, and claims submit does so first, after making the claims for next payers.")  # fmt: skip
    if counts["claims_blocked"] or counts["claims_without_partner"]:
        output.say("Next: claims exceptions list")
        raise typer.Exit(1)


SHOWN = ("interchange_control_number", "partner_code", "kind", "usage_code", "state", "claims", "service_lines",
         "charge_cents", "file_name", "problems")  # fmt: skip


def shown(batch: dict[str, Any]) -> dict[str, Any]:
    """Give of a batch what a document has: nothing of a patient stands in it."""
    return {name: batch[name] for name in SHOWN}


def _say_batches(output: console.Output, batches: list[dict[str, Any]]) -> None:
    output.table(
        "Batches",
        ("Number", "Partner", "Kind", "Usage", "State", ">Claims", ">Charge", "File"),
        [
            (
                batch["interchange_control_number"], batch["partner_code"], batch["kind"], batch["usage_code"],
                batch["state"], batch["claims"], console.dollars(batch["charge_cents"]), batch["file_name"],
            )
            for batch in batches
        ],
    )  # fmt: skip
