"""``claims exceptions`` beyond reading: own one, note on it, accept one that only informs, take it up again."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.denial_done import day_of
from claims.cli.typed import number_of

Number = Annotated[str, typer.Argument(metavar="NO", help="The number that the list shows.")]
Day = Annotated[str, typer.Option("--date", metavar="DAY", help="Accounting day; default today.")]
LIST = "claims exceptions list"


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("assign")(assign)
    group.command("note")(note)
    group.command("accept")(accept)
    group.command("take-up")(take_up)


def assign(
    number: Number,
    to: Annotated[
        str | None, typer.Option("--to", metavar="NAME", help="Who works on it; default you, empty nobody.")
    ] = None,
    day: Day = "",
) -> None:
    """Give an open exception to somebody, or take it yourself; audited.

    Example: claims exceptions assign 12 --to anna
    """
    from claims.service import exception_acts

    output = console.current()
    ctx = context_for(output, "desk.act")
    owner = exception_acts.assign(ctx, number_of(number, LIST), to, day_of(ctx, day))
    output.document({"exception_id": int(number), "owner": owner})
    output.say(f"Exception {number} is {owner}'s." if owner else f"Exception {number} is nobody's.")


def note(
    number: Number,
    text: Annotated[str, typer.Argument(help="What to remember; no patient data, reports show it.")],
    day: Day = "",
) -> None:
    """Write a note on an exception; audited.

    Example: claims exceptions note 12 "payer looks for the remittance"
    """
    from claims.service import exception_acts

    output = console.current()
    ctx = context_for(output, "desk.act")
    exception_acts.note(ctx, number_of(number, LIST), text, day_of(ctx, day))
    output.document({"exception_id": int(number), "noted": True})
    output.say("Noted.")


def accept(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why nothing has to be done; no patient data.")],
    day: Day = "",
) -> None:
    """Close an exception that only informs and would never close by itself; audited.

    It stays closed when a later night finds it again, unless it is worth something else then.

    Example: claims exceptions accept 12 --reason "this payer never fills that amount"
    """
    from claims.service import exception_acts

    output = console.current()
    ctx = context_for(output, "desk.act")
    exception_acts.accept(ctx, number_of(number, LIST), reason, day_of(ctx, day))
    output.document({"exception_id": int(number), "state": "closed", "closed_reason": "accepted"})
    output.say(f"Accepted. Undo it with claims exceptions take-up {number}.")


def take_up(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why it is no mere information; no patient data.")] = "",
    day: Day = "",
) -> None:
    """Open an exception again that was accepted; audited.

    Example: claims exceptions take-up 12 --reason "the payer says it is an error"
    """
    from claims.service import exception_acts

    output = console.current()
    ctx = context_for(output, "desk.act")
    exception_acts.take_up(ctx, number_of(number, LIST), reason, day_of(ctx, day))
    output.document({"exception_id": int(number), "state": "open"})
    output.say(f"Exception {number} is open again.")
