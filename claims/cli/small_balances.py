"""``claims statements small-balances`` and ``to-collection``: balances of patients given up, and taken back."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.payment_words import Day, ShowPhi, when
from claims.errors import UsageError

Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit chain. No patient data.")]


def small_balances(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what the rule would write off.")] = False,
    write_off: Annotated[bool, typer.Option("--write-off", help="Write it off (account 4300); audited.")] = False,
    take_back: Annotated[str, typer.Option("--take-back", metavar="CLAIM", help="Make it due again.")] = "",
    reason: Reason = "",
    day: Day = None,
    show_phi: ShowPhi = False,
) -> None:
    """List, or write off, what patients owe that is not worth a letter: by the row of master data, never above it.

    Example: claims statements small-balances --dry-run; claims statements small-balances --write-off
    """
    from claims.service import patient_write_offs
    from claims.service.audited import record_shown

    if sum((dry_run, write_off, bool(take_back))) != 1:
        raise UsageError("One of --dry-run, --write-off and --take-back is wanted.")
    output = console.current()
    ctx = context_for(output, "money.post")
    if take_back:
        cents = patient_write_offs.take_back(ctx, take_back, reason, when(day, ctx))
        output.document({"taken_back_cents": cents})
        output.say(f"{console.dollars(cents)} is due again.")
        return
    work = patient_write_offs.write_off_small if write_off else patient_write_offs.proposed
    found = work(ctx, when(day, ctx))
    if show_phi:
        record_shown(ctx, "small balances")
    found["claim_number"] = found["claim_number"].map(lambda number: console.mask(number, show=show_phi))
    rows = console.records(found)
    total = sum(row["amount_cents"] for row in rows)
    output.document({"claims": rows, "count": len(rows), "amount_cents": total, "is_written_off": write_off})
    output.table(
        "Small balances",
        ["Claim", ">Amount", ">Days", ">Limit", "Kind", "You may"],
        [
            (
                *(row["claim_number"], console.dollars(row["amount_cents"]), row["days"]),
                *(console.dollars(row["limit_cents"]), row["kind"], "yes" if row["is_mine"] else "no"),
            )
            for row in rows
        ],
    )
    output.say(f"{len(rows)} claim(s), {console.dollars(total)}{' written off' if write_off else ''}.")
    if not rows:
        output.say("The rule is a row of master data: claims master template small_balances")


def to_collection(
    claims: Annotated[list[str], typer.Argument(metavar="CLAIM...", help="Claim numbers, or id: and our own.")],
    reason: Reason,
    although: Annotated[
        str, typer.Option("--although", help="Why it goes without the statements that the rule asks for.")
    ] = "",
    day: Day = None,
) -> None:
    """Give what patients owe of claims to a collector: bad debt (account 5000); audited, and can be taken back.

    At once up to your own limit for a day, which write-offs share; above it, or without the statements that the rule
    asks for, another person approves (claims takebacks approve).

    Example: claims statements to-collection EX260077S --reason "three letters unanswered"
    """
    from claims.service.patient_write_offs import to_collection as send

    output = console.current()
    ctx = context_for(output, "money.post")
    done = send(ctx, claims, reason, when(day, ctx), although=although)
    output.document(done._asdict())
    if done.state == "waiting":
        output.say(f"{console.dollars(done.amount_cents)} waits for a second person (request {done.request}).")
        output.say(f"Another person lets it go: claims takebacks approve {done.request} --as NAME")
        return
    output.say(
        f"{console.dollars(done.amount_cents)} sent to collection. Take it back: claims statements small-balances "
        '--take-back CLAIM --reason "sent by mistake"'
    )
