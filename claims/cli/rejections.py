"""``claims rejections``: claims that never reached adjudication, why, what to do, and the edit that should see it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from claims.cli import console, worked
from claims.cli.acting import context_for
from claims.cli.typed import number_of

ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers; this is audited.")]
Number = Annotated[str, typer.Argument(metavar="NO", help="The number that the list shows.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Work on claims that were refused before anybody judged them.")
    group.command("list")(list_rejections)
    group.command("show")(show)
    group.command("close")(close)
    group.command("reopen")(reopen)
    group.command("assign")(assign)
    group.command("note")(note)
    group.command("proposals")(proposals)
    group.command("accept")(accept)
    group.command("dismiss")(dismiss)
    app.add_typer(group, name="rejections")


def list_rejections(
    state: Annotated[str, typer.Option(help="open, closed or any.")] = "open",
    payer: Annotated[str, typer.Option(help="Payer code, or part of its name.")] = "",
    show_phi: ShowPhi = False,
) -> None:
    """List refused claims: who refused each, why, what to do next, what it is worth. They are no denials.

    Example: claims rejections list --payer FABLE
    """
    from claims.service import rejection_queue

    output = console.current()
    asked = "" if state == "any" else state
    rows = rejection_queue.listed(context_for(output, "desk.read"), state=asked, payer=payer, show_phi=show_phi)
    found = console.records(rows)
    cents = int(rows["amount_cents"].sum())
    output.document({"rejections": found, "count": len(found), "amount_cents": cents})
    output.table(
        f"Rejections, {state}",
        [">No.", ">Charge", "Payer", "Claim", ">Our no.", "By", "Why", "What to do", "Since"],
        [
            (
                row["rejection_id"], console.dollars(row["amount_cents"]), row["payer_name"] or row["payer_code"],
                row["claim_number"], f"id:{row['claim_id']}", row["source"], row["cause"], row["next_step"],
                row["posting_date"],
            )
            for row in found
        ],
    )  # fmt: skip
    output.say(f"{len(found):,} rejection(s), {console.dollars(cents)}; no denials are among them.")
    if found:
        example = f"claims resubmit id:{found[0]['claim_id']} --set member_id=VALUE"
        output.say(f"Fix and send again, by our number: {example}")


def show(number: Number, show_phi: ShowPhi = False) -> None:
    """Tell one rejection: codes and words, the segment that says it, what to do, the edit that should have caught it.

    Example: claims rejections show 3
    """
    from claims.service import rejection_queue

    output = console.current()
    row = rejection_queue.told(context_for(output, "desk.read"), number_of(number), show_phi=show_phi)
    output.document(row)
    output.say(f"Rejection {row['rejection_id']}: {console.dollars(row['amount_cents'])}, {row['state']}")
    output.say(f"  Claim     {row['claim_number']} (our number {row['claim_id']}), now {row['life'].replace('_', ' ')}")
    output.say(f"  Payer     {row['payer_name']} ({row['payer_code']})")
    output.say(f"  Why       {row['cause']}")
    output.say(f"  Codes     {row['source']}: {row['detail_code']}")
    output.say(f"  To do     {row['next_step']}")
    output.say(f"  Since     {row['posting_date']}")
    if row["owner"]:
        output.say(f"  Owner     {row['owner']}")
    for line in row["notes"].splitlines():
        output.say(f"  Note      {line}")
    if row["state"] == "closed":
        output.say(f"  Closed    {row['closed_posting_date']} {row['closed_reason'].replace('_', ' ')}")
    if row["sha256"]:
        output.say(f"  Stands in file {row['sha256'][:12]}, segment {row['seg']}")
    output.say(f"  Edit      {row['edit_id'] or 'none is known that would have caught it'}")


def close(number: Number, reason: Annotated[str, typer.Option(help="Why; it stands with its notes.")] = "") -> None:
    """Give a refused claim up: it is withdrawn, and not sent again until it is reopened. Audited.

    Its charge stays in the books: an exception names it until somebody accepts that.

    Example: claims rejections close 3 --reason "billed by the hospital"
    """
    from claims.service import rejection_queue

    worked.moved(rejection_queue.close, number, reason, key="rejection_id", state="closed")
    console.current().say(f"Rejection {number} is closed; the claim is withdrawn.")


def reopen(number: Number, reason: Annotated[str, typer.Option(help="Why; it stands with its notes.")] = "") -> None:
    """Take a claim up again that was given up: its rejection is open, and it can be corrected and sent. Audited.

    Example: claims rejections reopen 3 --reason "the hospital did not bill it"
    """
    from claims.service import rejection_queue

    worked.moved(rejection_queue.reopen, number, reason, key="rejection_id", state="open")
    console.current().say(f"Rejection {number} is open again.")


def assign(
    number: Number, to: Annotated[str, typer.Option("--to", help="Who works on it; empty: nobody.")] = ""
) -> None:
    """Give a rejection to somebody.

    Example: claims rejections assign 3 --to anna
    """
    from claims.service import rejection_queue

    worked.given(rejection_queue.assign, number, to, key="rejection_id", called="Rejection")


def note(number: Number, text: Annotated[str, typer.Option("--text", help="The note.")] = "") -> None:
    """Write a note on a rejection.

    Example: claims rejections note 3 --text "the clearing house looks for it"
    """
    from claims.service import rejection_queue

    worked.noted(rejection_queue.note, number, text, key="rejection_id", called="Rejection")


def proposals(state: Annotated[str, typer.Option(help="open, accepted, dismissed or any.")] = "open") -> None:
    """List edits that would have caught what payers rejected, with the row of edit_settings that lets them block.

    Example: claims rejections proposals
    """
    from claims.service import edit_proposals

    output = console.current()
    rows = console.records(edit_proposals.listed(context_for(output, "desk.read"), "" if state == "any" else state))
    output.document({"proposals": rows})
    output.table(
        f"Edits proposed, {state}",
        [">No.", "Edit", "Payer", "Now", "Proposed", ">Rejections", ">Charges", "Row of edit_settings"],
        [_proposal(row) for row in rows],
    )
    if rows and state == "open":
        output.say("Add the row: claims rejections accept NO. Not wanted: claims rejections dismiss NO.")


def _proposal(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("edit_proposal_id", "edit_id", "payer_code", "present_severity", "severity", "rejections")
    return *(row[name] for name in names), console.dollars(row["amount_cents"]), row["row"]


def accept(number: Number) -> None:
    """Add the row of a proposal to the master data edit_settings, from today on.

    Example: claims rejections accept 2
    """
    from claims.service import edit_proposals

    output = console.current()
    cells = edit_proposals.accept(context_for(output, "master.change"), number_of(number))
    output.document({"edit_proposal_id": number_of(number), "edit_settings": cells})
    output.say(f"Added to edit_settings: {', '.join(f'{name} {value}' for name, value in cells.items())}.")


def dismiss(number: Number) -> None:
    """Close a proposal that is not wanted; it is not made again.

    Example: claims rejections dismiss 2
    """
    from claims.service import edit_proposals

    output = console.current()
    edit_proposals.dismiss(context_for(output, "master.change"), number_of(number))
    output.document({"edit_proposal_id": number_of(number), "state": "dismissed"})
    output.say(f"Proposal {number} is dismissed.")
