"""``claims blocked``: claims to send that an edit stops; whose they are, what was noted, and giving one up."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console, worked
from claims.cli.acting import context_for
from claims.cli.typed import number_of

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers; this is audited.")]
Number = Annotated[str, typer.Argument(metavar="NO", help="Our number of the claim, as the list shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Work on claims to send that an edit stops.")
    group.command("list")(list_blocked)
    group.command("show")(show)
    group.command("assign")(assign)
    group.command("note")(note)
    group.command("close")(close)
    group.command("reopen")(reopen)
    app.add_typer(group, name="blocked")


def list_blocked(
    owner: Annotated[str, typer.Option(help="Only those of somebody.")] = "",
    given_up: Annotated[bool, typer.Option("--given-up", help="Instead those that were given up.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the largest first.")] = 50,
    show_phi: ShowPhi = False,
) -> None:
    """List claims that an edit stops, the largest first: what stops each, whose it is.

    Example: claims blocked list --owner anna
    """
    from claims.service import blocked_queue

    output = console.current()
    ctx = context_for(output, "desk.read")
    rows = blocked_queue.listed(ctx, owner.strip(), given_up=given_up, size=limit, show_phi=show_phi)
    claims, cents = blocked_queue.totals(ctx, owner.strip(), given_up=given_up)
    output.document({"claims": rows, "count": claims, "charge_cents": cents})
    output.table(
        "Given up" if given_up else "Blocked",
        [">No.", ">Charge", "Payer", "Claim", "Stopped by", "Owner", "Made of"],
        [
            (
                row["claim_id"], console.dollars(row["charge_cents"]), row["payer_name"], row["claim_number"],
                " ".join(dict.fromkeys(one["edit_id"] for one in row["why"])), row["owner"], row["case_key"],
            )
            for row in rows
        ],
    )  # fmt: skip
    output.say(f"{claims:,} claim(s), {console.dollars(cents)}.")


def show(number: Number, show_phi: ShowPhi = False) -> None:
    """Tell one: what stops it and what to do, whose it is, what was noted.

    Example: claims blocked show 12
    """
    from claims.service import blocked_queue

    output = console.current()
    row = blocked_queue.told(context_for(output, "desk.read"), number_of(number), show_phi=show_phi)
    output.document(row)
    stands = f"{console.dollars(row['charge_cents'])}, now {row['life'].replace('_', ' ')}"
    output.say(f"Claim {row['claim_number']} (our number {row['claim_id']}): {stands}")
    output.say(f"  Payer     {row['payer_name']} ({row['payer_code']})")
    for one in row["why"]:
        line = f" (line {one['line_number']})" if one["line_number"] else ""
        output.say(f"  {one['edit_id']:<9} {one['message']}{line}. {one['fix']}")
    if row["owner"]:
        output.say(f"  Owner     {row['owner']}")
    for text in row["notes"].splitlines():
        output.say(f"  Note      {text}")
    if row["case_key"]:
        output.say(f"  Made of   the denial {row['case_key']}")


def assign(
    number: Number, to: Annotated[str, typer.Option("--to", help="Who works on it; empty: nobody.")] = ""
) -> None:
    """Give a blocked claim to somebody.

    Example: claims blocked assign 12 --to anna
    """
    from claims.service import blocked_queue

    worked.given(blocked_queue.assign, number, to, key="claim_id", called="Claim")


def note(number: Number, text: Annotated[str, typer.Option("--text", help="The note.")] = "") -> None:
    """Write a note on a blocked claim.

    Example: claims blocked note 12 --text "registration looks for the card"
    """
    from claims.service import blocked_queue

    worked.noted(blocked_queue.note, number, text, key="claim_id", called="Claim")


def close(number: Number, reason: Annotated[str, typer.Option(help="Why; it stands with its notes.")] = "") -> None:
    """Give a blocked claim up: it is withdrawn and not sent. Audited.

    Its charge stays in the books: an exception names it until somebody accepts that. A denial that it was made of comes
    back to its list.

    Example: claims blocked close 12 --reason "billed by the hospital"
    """
    from claims.service import blocked_queue

    worked.moved(blocked_queue.give_up, number, reason, key="claim_id", state="withdrawn")
    console.current().say(f"Claim {number} is given up.")


def reopen(number: Number, reason: Annotated[str, typer.Option(help="Why; it stands with its notes.")] = "") -> None:
    """Take a claim up again that was given up: the edits look at it at once. Audited.

    Example: claims blocked reopen 12 --reason "the hospital did not bill it"
    """
    from claims.service import blocked_queue

    life = worked.moved(blocked_queue.take_up, number, reason, key="claim_id")
    console.current().say(f"Claim {number} is taken up again: it is {life}.")
