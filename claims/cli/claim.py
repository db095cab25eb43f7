"""``claims claim``: the story of one claim, from its charge to the money."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Follow a claim from its charge to the money.")
    group.command("show")(show)
    app.add_typer(group, name="claim")


def show(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="The claim's number (CLM01), or our own number of it.")],
    show_phi: Annotated[bool, typer.Option("--show-phi", help="Show claim numbers; this is audited.")] = False,
) -> None:
    """Tell a claim: its versions, when it was sent, what was answered, decided and paid, with file and segment of each.

    Example: claims claim show EX260077S
    """
    from claims.service.timeline import gathered, story

    output = console.current()
    parts = story(context_for(output, "desk.read"), claim, show_phi=show_phi)
    output.document({name: console.records(part) for name, part in parts.items()})
    parts["steps"] = gathered(parts["steps"])
    _say(output, {name: console.records(part) for name, part in parts.items()})
    if not show_phi:
        output.say("Claim numbers are hidden; --show-phi shows them, and that is recorded.")


def _say(output: console.Output, told: dict[str, list[dict[str, Any]]]) -> None:
    dollars = console.dollars
    output.table(
        "Versions",
        [">Our no.", ">Version", "Why", "Frequency", "Claim", "Payer", ">Charge", "Where it is"],
        [
            (
                row["claim_id"], row["version"], row["purpose"], row["frequency_code"], row["claim_number"],
                row["payer_name"], dollars(row["charge_cents"]), row["life"].replace("_", " "),
            )
            for row in told["versions"]
        ],
    )  # fmt: skip
    output.table(
        "Sent",
        [">Our no.", ">Time", "Interchange", "Partner", "On", "State", "Payer's number"],
        [
            (
                row["claim_id"], row["attempt"], row["interchange_control_number"], row["partner_code"],
                row["posting_date"], "sent elsewhere" if row["state"] == "elsewhere" else row["state"],
                row["payer_claim_number"],
            )
            for row in told["sendings"]
        ],
    )  # fmt: skip
    output.table(
        "Payments",
        [">Remit", "Day", "Payer", "Status", ">Charge", ">Paid", ">Adjusted", ">Patient", "Posted as", "Trace"],
        [
            (
                *(row["remit_id"], row["payment_date"], row["payer_name"], row["status_code"]),
                *(dollars(row[name]) for name in ("charge_cents", "paid_cents", "adjusted_cents", "patient_cents")),
                row["outcome"] + (f", by {row['known_by'].replace('-', ' ')}" if row["known_by"] else ""),
                row["trace_number"],
            )
            for row in told["payments"]
        ],
    )
    if told["held"]:
        output.table(
            "Decided in a remittance that is held or undone: nothing of it is posted",
            [">Remit", "Day", "Payer", "Status", ">Charge", ">Paid", "Held for", "Trace", "File", ">Segment"],
            [
                (
                    *(row[name] for name in ("remit_id", "payment_date", "payer_name", "status_code")),
                    *(dollars(row[name]) for name in ("charge_cents", "paid_cents")),
                    *(row["why_held"], row["trace_number"], row["sha256"][:12], row["seg"]),
                )
                for row in told["held"]
            ],
        )
    output.table(
        "What happened",
        ["Day", "Booked", "Kind", "What", "Code", ">Amount", "File", ">Segment", ">Offset", "By"],
        [
            (
                row["day"], row["posting_date"] if row["posting_date"] != row["day"] else "",
                row["kind"], row["says"], row["detail_code"],
                dollars(row["amount_cents"]) if row["amount_cents"] else "", row["sha256"][:12], row["seg"] or "",
                row["offset"] if row["seg"] else "", row["actor"],
            )
            for row in told["steps"]
        ],
    )  # fmt: skip
    output.table(
        "Money (debits positive)",
        ["Account", "Name", ">Amount"],
        [(row["account"], row["name"], dollars(row["amount_cents"])) for row in told["money"]],
    )
    for row in told["proofs"][:1]:
        day = row["effective_date"] or "an unknown day"
        output.say(f"Filed in time: the payer took it on {day} (file {row['sha256'][:12]}, segment {row['seg']}).")
