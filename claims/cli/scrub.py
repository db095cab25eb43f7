"""``claims scrub``: what stops claims before they are sent, for how much money, and what to do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.errors import NotFoundError, UsageError

_BLOCKED = 1
_COLOURS = {"block": "red", "warn": "yellow"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("scrub")(scrub)


def scrub(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")] = "",
    payer: Annotated[str, typer.Option(help="Show claims to one payer only, by its code.")] = "",
    edit: Annotated[str, typer.Option(help="Show one edit only: S03, or a case of it, S03e.")] = "",
    claim: Annotated[str, typer.Option("--claim", metavar="NO", help="Show one claim, by the number of --all.")] = "",
    all_claims: Annotated[bool, typer.Option("--all", help="Show each claim that something is said of.")] = False,
    list_edits: Annotated[bool, typer.Option("--list", help="Only list the edits and their switches.")] = False,
    show_phi: Annotated[bool, typer.Option("--show-phi", help="Show claim numbers; this is audited.")] = False,
) -> None:
    """Look at every claim that waits to be sent: what blocks what, for how much money, and what to do.

    Ends with 1 when claims are blocked. All edits: claims scrub --list. Example: claims scrub --payer FABLE --all
    """
    from claims.cli.run import posting_day
    from claims.service import scrub_shown
    from claims.service.scrub import scrub as run

    output = console.current()
    ctx = context_for(output, "desk.read")
    posting_date = posting_day(day) or ctx.settings.today()
    scrub_shown.known_edit(edit)
    if list_edits:
        _list(output, scrub_shown.listed(ctx, posting_date, edit=edit))
        return
    if claim and not (claim.isascii() and claim.isdigit() and len(claim) <= 18):
        raise UsageError("The number of a claim is wanted, as claims scrub --all shows it.")
    counts = run(ctx, posting_date, [int(claim)] if claim else None)
    if claim and not counts["claims"]:
        raise NotFoundError("claim that waits to be sent", claim)
    totals = scrub_shown.totals(ctx, payer=payer)
    rows = console.records(scrub_shown.by_edit(ctx, payer=payer, edit=edit))
    held = scrub_shown.not_sendable(ctx, payer=payer)
    document: dict[str, Any] = {"counts": counts, "totals": totals | {"not_sendable": held}, "edits": rows}
    if claim or all_claims:
        found = scrub_shown.by_claim(ctx, payer=payer, edit=edit, claim_id=int(claim or 0), show_phi=show_phi)
        document["claims"] = console.records(found)
        _show_claims(output, document["claims"])
    else:
        _show_edits(output, rows)
    _say_not_checked(output, counts)
    for name in ("ready", "blocked"):
        output.say(f"{totals[name]['claims']:,} claim(s) {name}, {console.dollars(totals[name]['charge_cents'])}")
    if held["claims"]:
        output.say(
            f"{held['claims']:,} of those ready could not be put into a file as they are, "
            f"{console.dollars(held['charge_cents'])}: claims exceptions list"
        )
    output.document(document)
    if totals["blocked"]["claims"]:
        raise typer.Exit(_BLOCKED)


def _show_edits(output: console.Output, rows: list[dict[str, Any]]) -> None:
    output.table(
        "What the edits say",
        ["Edit", "Severity", "What", ">Claims", ">Money", "Fix"],
        [
            (row["edit_id"], row["severity"], row["title"], f"{row['claims']:,}", console.dollars(row["charge_cents"]),
             row["fix"])
            for row in rows
        ],
        _COLOURS,
    )  # fmt: skip
    if rows:
        output.say("Each claim: claims scrub --all")


def _show_claims(output: console.Output, rows: list[dict[str, Any]]) -> None:
    output.table(
        "Claims that something is said of",
        [">No.", "Claim", "Payer", ">Charge", "Edit", "Severity", "Element", ">Line", "What", "Fix"],
        [
            (row["claim_id"], row["claim_number"], row["payer_code"], console.dollars(row["charge_cents"]),
             row["edit_id"], row["severity"], row["element"], row["line_number"] or "", row["message"], row["fix"])
            for row in rows
        ],
        _COLOURS,
    )  # fmt: skip


def _say_not_checked(output: console.Output, counts: dict[str, int]) -> None:
    from claims.charges.scrub import edits

    for name, claims in sorted(counts.items()):
        kind, _, edit_id = name.partition(":")
        if kind == "not_checked":
            output.say(f"{edit_id}: of {claims:,} claim(s) {edits()[edit_id].title}")


def _list(output: console.Output, rows: list[dict[str, Any]]) -> None:
    output.document({"edits": rows})
    output.table(
        "Edits",
        ["Edit", "Severity", "Kinds", "Element", "What", "Switches"],
        [
            (row["edit_id"], row["severity"], row["kinds"], row["element"], row["title"],
             "; ".join(f"{one['severity']} ({one['switch']})" for one in row["switches"]))
            for row in rows
        ],
        _COLOURS,
    )  # fmt: skip
