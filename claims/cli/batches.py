"""``claims batches``: what was sent to whom, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="See what was sent to whom.")
    group.command("list")(list_batches)
    group.command("show")(show)
    app.add_typer(group, name="batches")


def list_batches(
    partner: Annotated[str, typer.Option(help="Only those for this trading partner.")] = "",
    state: Annotated[str, typer.Option(help="planned, written, released or cancelled; default: any.")] = "",
) -> None:
    """List batches of claims, the newest first.

    Example: claims batches list --partner PRETEND
    """
    from claims.service import batch_list

    output = console.current()
    rows = console.records(batch_list.listed(context_for(output, "desk.read"), partner=partner, state=state))
    output.document({"batches": rows})
    output.table(
        "Batches",
        ("Number", "Partner", "Kind", "Usage", "State", ">Claims", ">Lines", ">Charge", "Day", "File"),
        [
            (
                row["interchange_control_number"], row["partner_code"], row["kind"], row["usage_code"], row["state"],
                row["claims"], row["service_lines"], console.dollars(row["charge_cents"]), row["posting_date"],
                row["file_name"],
            )
            for row in rows
        ],
    )  # fmt: skip
    if rows:
        output.say("More about one: claims batches show NUMBER")


def show(
    number: Annotated[str, typer.Argument(help="The batch's number (ISA13), as `claims batches list` shows it.")],
    show_phi: Annotated[bool, typer.Option("--show-phi", help="Show claim numbers; this is audited.")] = False,
) -> None:
    """Show a batch: its sets, its claims, what became of each, and the bytes that it stands in.

    Example: claims batches show 000000001
    """
    from claims.service import batch_list

    output = console.current()
    story = batch_list.told(context_for(output, "desk.read"), number, show_phi=show_phi)
    sets, claims = console.records(story["sets"]), console.records(story["claims"])
    output.document({"batch": story["batch"], "sets": sets, "claims": claims})
    batch = story["batch"]
    output.say(
        f"Batch {batch['interchange_control_number']} to {batch['partner_code']}: {batch['claims']} claims, "
        f"{console.dollars(batch['charge_cents'])}, {batch['state']} {batch['released_at']}"
    )
    output.say(f"File {batch['file_name']}, sha256 {batch['file_sha256'] or 'none'}")
    output.table(
        "Sets",
        ("Set", "Reference", ">Claims", ">Lines", ">Charge"),
        [
            (
                one["set_control_number"], one["batch_reference"], one["claims"], one["service_lines"],
                console.dollars(one["charge_cents"]),
            )
            for one in sets
        ],
    )  # fmt: skip
    output.table(
        "Claims",
        ("Set", ">Place", "Claim", ">Attempt", "Sent", "Now", ">Charge", ">Segment"),
        [
            (
                one["set_control_number"], one["ordinal"], one["claim_number"], one["attempt"], one["state"],
                one["life"], console.dollars(one["charge_cents"]), one["seg"],
            )
            for one in claims
        ],
    )  # fmt: skip
