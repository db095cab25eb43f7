"""``claims resubmit``: fix claims that were rejected or blocked, in one command."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.run import posting_day
from claims.cli.typed import Lowered, asked_for


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("resubmit")(resubmit)


def resubmit(
    claims: Annotated[
        list[str], typer.Argument(metavar="CLAIM...", help="Numbers of claims, or our own numbers as id:12.")
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="COLUMN=VALUE", help="A column of a charges file, with its new value; 1:COLUMN for line 1."
        ),
    ] = None,
    lowered_reason: Lowered = "",
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")] = "",
) -> None:
    """Fix claims that were rejected, or that an edit blocks: corrected, scrubbed, and ready to be sent.

    A column of a line is set with the line's number before it: --set 1:service_from=2026-09-08.

    Example: claims resubmit EX260077S --set member_id=FW10851
    """
    from claims import config
    from claims.service import lowered_requests
    from claims.service import resubmit as verbs

    output = console.current()
    settings = config.load()
    wanted = verbs.changes_of(changes or [])
    ctx, when = context_for(output, "desk.act", settings), posting_day(day) or settings.today()
    counts = lowered_requests.of_claims(ctx, claims, wanted, when, lowered_reason=lowered_reason)
    output.document({"counts": counts})
    if "request" in counts:
        output.say(asked_for(counts["request"], counts["charge_lowered_cents"]))
        return
    output.say(f"{counts['claims_corrected']:,} claim(s) corrected; what was open about them is closed.")
    if counts["charge_lowered_cents"]:
        lowered = console.dollars(counts["charge_lowered_cents"])
        output.say(f"{lowered} is charged less: it counts as a write-off of the day.")
    blocked, refused = counts.get("claims_blocked", 0), counts["claims_refused"]
    output.say(f"{counts.get('claims_ready', 0):,} ready to send, {blocked:,} blocked by an edit.")
    if refused:
        output.warn(f"{refused:,} claim(s) could not be corrected; see: claims claim show CLAIM")
    if blocked or refused:
        raise typer.Exit(1)
