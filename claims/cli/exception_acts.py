"""``claims exceptions`` beyond reading: own one, note on it, accept it, say an account, say which claim stands."""

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
    group.command("stand")(stand)
    group.command("book")(book)
    group.command("unbook")(unbook)


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

    It stays closed when a later night finds it again, unless it is worth something else then. What holds back a file, a
    claim or a remittance, and was settled otherwise, is accepted by who may approve.

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


def stand(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="How you know that this one holds; no patient data.")],
    day: Day = "",
) -> None:
    """Say which of several claims with one number and different content holds: the one of this exception; audited.

    The next reconcile charges it and posts what waits for it. The others stay held. Was it another one: the same with
    the other one's number, as long as this one is not paid, in a batch or sent.

    Example: claims exceptions stand 12 --reason "the other one was typed with a wrong number"
    """
    from claims.service import standing_claims

    output = console.current()
    ctx = context_for(output, "desk.act")
    done = standing_claims.stand(ctx, number_of(number, LIST), reason, day_of(ctx, day))
    output.document({"exception_id": int(number), "state": "closed", "closed_reason": "stands", **done})
    output.say(f"Claim {done['claim_id']} stands. The next reconcile charges it.")
    if done["displaced"]:
        output.say("The one that stood before is held again; its charge is taken back then.")


def book(
    number: Number,
    to: Annotated[str, typer.Option("--to", metavar="ACCOUNT", help="The account; a wrong one lists those there are.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it belongs there; no patient data.")],
    sure: Annotated[bool, typer.Option("--sure", help="Although what has its code hardly belongs there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be booked; change nothing.")] = False,
    day: Day = "",
) -> None:
    """Say to which account money belongs that waits on unapplied cash; audited.

    It is the amount of a provider adjustment (PLB), or what a reversal (CLP02 22) differs by in cash: it moves there.
    What the payer kept is within your limit of a day, with what you wrote off. A CS is mostly a lost payment that is
    issued again, or corrects a forward balance: as income it is booked with --sure only.

    Example: claims exceptions book 12 --to 5100 --reason "discount for early payment, as agreed"
    """
    from contextlib import nullcontext

    from claims.service import booking
    from claims.store.engine import rehearsal

    output = console.current()
    ctx = context_for(output, "desk.act")
    which = number_of(number, LIST)
    with rehearsal(ctx.engine) if dry_run else nullcontext():
        done = booking.book(ctx, which, to, reason, day_of(ctx, day), sure=sure)
    state = {} if dry_run else {"state": "closed", "closed_reason": booking.BOOKED}
    output.document({"exception_id": which, **state, **done, "dry_run": dry_run})
    said = "Would be booked" if dry_run else "Booked"
    cents = console.dollars(done["amount_cents"])
    output.say(f"{said}: {cents} to {done['account']} {done['account_name']}.")
    if done["adjustment_named"]:
        output.say(f"  Which     {done['adjustment_named']}")
        output.say(f"  Means     {done['adjustment_means']}")
    if not dry_run:
        output.say(f'Undo it with claims exceptions unbook {number} --reason "booked by mistake"')


def unbook(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why it does not belong there; no patient data.")],
    day: Day = "",
) -> None:
    """Take back the account that somebody said with `book`; audited. It waits on unapplied cash again.

    Example: claims exceptions unbook 12 --reason "it was a levy"
    """
    from claims.service import booking

    output = console.current()
    ctx = context_for(output, "desk.act")
    cents = booking.unbook(ctx, number_of(number, LIST), reason, day_of(ctx, day))
    output.document({"exception_id": int(number), "state": "open", "amount_cents": cents})
    output.say(f"Taken back: {console.dollars(cents)} waits on unapplied cash again.")
