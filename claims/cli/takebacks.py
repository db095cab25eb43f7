"""``claims takebacks``: what payers announced to take back, what they took, and what is still to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from claims.cli import console

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show references and claim numbers; this is audited.")]

COLUMNS = ["Key", "Kind", "Payer", "Reference", ">Announced", ">Taken", ">Refunded", ">Open", "Since", ">Days", "State"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="See what payers take back, and for which claims.")
    group.command("list")(list_takebacks)
    group.command("show")(show)
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
    from claims.service.context import open_context

    output = console.current()
    ctx = open_context(actor=output.actor)
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
    from claims.service.context import open_context

    output = console.current()
    story = takebacks.told(open_context(actor=output.actor), key, show_phi=show_phi)
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
