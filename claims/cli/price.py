"""``claims price``: what a payer should pay for a service, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console

WHY_NOT = {
    "no-contract": "the payer has neither a fee schedule nor a contract term",
    "no-term": "no term of its contract fits",
    "no-fee": "its fee schedule has no fee for it on that day",
    "no-units": "it is paid by the unit, and has none",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("price")(price)


def price(
    payer: Annotated[str, typer.Option(help="The payer's code.")],
    procedure: Annotated[str, typer.Option(help="A procedure code.")],
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Day of the service.")],
    charge: Annotated[str, typer.Option(help="Its charge, like 150.00; most contracts pay no more.")] = "",
    units: Annotated[str, typer.Option(help="How many units.")] = "1",
    modifiers: Annotated[str, typer.Option(help='Modifiers, like "26 59".')] = "",
    place: Annotated[str, typer.Option(help="Place of service.")] = "11",
    revenue_code: Annotated[str, typer.Option(help="Revenue code, of an institutional line.")] = "",
    bill_type: Annotated[str, typer.Option(help="Type of bill, like 131, of an institutional claim.")] = "",
) -> None:
    """Say what a line should pay by the contracts known now, with the sum. Ends with 1 when nothing prices it.

    Example: claims price --payer FABLE --procedure 99213 --date 2026-09-08 --charge 145.00
    """
    from claims.service.context import open_context
    from claims.service.quoting import quote

    output = console.current()
    found = quote(
        open_context(actor=output.actor),
        payer=payer,
        procedure=procedure,
        day=day,
        charge=charge,
        units=units,
        modifiers=modifiers,
        place=place,
        revenue_code=revenue_code,
        bill_type=bill_type,
    )
    output.document(found)
    if found["expected_cents"] is None:
        output.say(f"Nothing prices it: {WHY_NOT[found['outcome']]}.")
        raise typer.Exit(1)
    output.say(f"{console.dollars(found['expected_cents'])} by {found['term']}: {found['arithmetic']}")
    percent = f"{found['tolerance_percent_milli'] / 1000:g}"
    output.say(f"A variance begins above {console.dollars(found['tolerance_cents'])} and above {percent}% of it.")
