"""``claims takebacks``: what payers announced to take back, took, and will still take; refunds to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.payment_words import Day, when
from claims.cli.typed import cents_of

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show references and claim numbers; this is audited.")]

COLUMNS = ["Key", "Kind", "Payer", "Reference", ">Announced", ">Taken", ">Refunded", ">Open", "Since", ">Days", "State"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="See what payers take back, for which claims; pay it back.")
    group.command("list")(list_takebacks)
    group.command("show")(show)
    group.command("refund")(refund)
    app.add_typer(group, name="takebacks")


def list_takebacks(
    state: Annotated[str, typer.Option(help="open, unannounced, settled or any.")] = "open",
    payer: Annotated[str, typer.Option(help="Payer code, or part of its name.")] = "",
    as_of: Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="As the books stood.")] = None,
    show_phi: ShowPhi = False,
) -> None:
    """List recoveries and forward balances by payer and reference, the oldest first, with what is open and its age.

    Example: claims takebacks list --payer "Blue Plan"
    """
    from claims.service import takebacks

    output = console.current()
    ctx = context_for(output, "desk.read")
    day = as_of.date() if as_of else None
    rows = console.records(takebacks.listed(ctx, state=state, payer=payer, as_of=day, show_phi=show_phi))
    total = sum(row["open_cents"] for row in rows)
    output.document({"takebacks": rows, "count": len(rows), "open_cents": total})
    output.table(
        "Takebacks, oldest first",
        COLUMNS,
        [
            (
                *(row["key"], row["kind"], row["payer_name"] or row["payer_code"], row["reference"]),
                *(console.dollars(row[name]) for name in ("announced_cents", "taken_cents", "refunded_cents")),
                *(console.dollars(row["open_cents"]), row["since"], row["age_days"], row["state"]),
            )
            for row in rows
        ],
    )
    output.say(f"{len(rows)} takeback(s), {console.dollars(total)} still to be taken.")
    if rows:
        output.say("More about one: claims takebacks show KEY")


def show(
    key: Annotated[str, typer.Argument(help="The key that the list shows, or its beginning.")],
    show_phi: ShowPhi = False,
) -> None:
    """Tell one takeback: each entry with its remittance and segment, and the claims behind it.

    Example: claims takebacks show 3f2a91c04b
    """
    from claims.service import takebacks

    output = console.current()
    story = takebacks.told(context_for(output, "desk.read"), key, show_phi=show_phi)
    entries, claims = console.records(story["entries"]), console.records(story["claims"])
    facts = {name: value for name, value in story.items() if name not in ("entries", "claims")}
    output.document(facts | {"entries": entries, "claims": claims})
    output.say(f"Takeback {facts['key']}: {facts['kind']}, {facts['state']}, {facts['age_days']} day(s) old")
    output.say(f"  Payer      {facts['payer_name'] or facts['payer_code']}")
    output.say(f"  Reference  {facts['reference'] or 'none'}")
    output.say(f"  Open       {console.dollars(facts['open_cents'])}")
    output.table(
        "Entries",
        ["Day", "Code", ">Amount", "Trace", "File", ">Segment"],
        [
            (
                *(row["effective_date"], row["code"] or "refund", console.dollars(row["amount_cents"])),
                *(row["trace_number"], row["sha256"][:12], row["seg"] or ""),
            )
            for row in entries
        ],
    )
    output.table(
        "Claims behind it",
        ["Claim", "Payer's number", "Status", ">Charge", ">Paid", "Day", "Posted as", "File", ">Segment"],
        [
            (
                *(row["claim_number"], row["payer_claim_number"], row["status_code"]),
                *(console.dollars(row["charge_cents"]), console.dollars(row["paid_cents"]), row["payment_date"]),
                *(row["outcome"], row["sha256"][:12], row["seg"]),
            )
            for row in claims
        ],
    )
    if not claims:
        output.say("No claim in the books carries this reference.")


def refund(
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the audit chain. No patient data.")],
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="The key that the list shows, or its beginning.")] = "",
    payer: Annotated[str, typer.Option("--payer", help="Without a key: the payer's code.")] = "",
    number: Annotated[str, typer.Option("--number", help="Without a key: the payer's number of the claim.")] = "",
    amount: Annotated[str, typer.Option("--amount", help="How much; default: what the payer still wants.")] = "",
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day of it; default: today.")
    ] = None,
    cheque: Annotated[str, typer.Option("--cheque", help="Its number: two equal refunds on a day differ by it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be posted; change nothing.")] = False,
    day: Day = None,
) -> None:
    """Post a refund that was sent to a payer: of what it announced to take back, or of what it asked for by letter.

    The payer acknowledges it on a later remittance (PLB 72 and WO), or takes its decision back there. Until then what
    nothing announced is an exception.

    Example: claims takebacks refund 3f2a91c04b --cheque 1204 --reason "letter of 2 May" --dry-run
    """
    from contextlib import nullcontext

    from claims.errors import UsageError
    from claims.service import takebacks
    from claims.service.actions import refund_payer
    from claims.store.engine import rehearsal

    output = console.current()
    ctx = context_for(output, "money.post")
    if bool(key) == bool(payer and number) or (key and (payer or number)):
        raise UsageError("Name the takeback by its key, or by --payer and --number.")
    if key:
        payer, number, open_cents = takebacks.recovery(ctx, key)
    elif not amount:
        raise UsageError("--amount is wanted where no key names what the payer announced.")
    cents = cents_of(amount, "--amount") if amount else open_cents
    posting_day = when(day, ctx)
    with rehearsal(ctx.engine) if dry_run else nullcontext():
        done = refund_payer(
            ctx, payer, number, cents, on.date() if on else posting_day, posting_day, reason=reason, cheque=cheque
        )
    output.document(done | {"amount_cents": cents, "dry_run": dry_run})
    output.say(f"{'Would be posted' if dry_run else 'Posted'}: {console.dollars(cents)} paid back to the payer.")
    if done["unannounced_cents"]:
        output.say(f"Nothing announced {console.dollars(done['unannounced_cents'])} of it: an exception says so.")
