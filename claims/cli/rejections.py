"""``claims rejections``: claims that never reached adjudication, why, what to do, and the edit that should see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console, several, worked
from claims.cli.acting import context_for
from claims.cli.several import DryRun, Numbers, Owner, Whole
from claims.cli.typed import number_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from claims.cli.several import Chosen
    from claims.service.context import Context
    from claims.service.several import Done, Seen

Payer = Annotated[str, typer.Option(help="Instead of numbers: all open ones of a payer (code, or part of its name).")]
Reason = Annotated[str, typer.Option(help="Why; it stands with its notes.")]
To = Annotated[str, typer.Option("--to", help="Who works on it; empty: nobody.")]
ShowPhi = Annotated[bool, typer.Option("--show-phi", help="Show claim numbers; this is audited.")]
Number = Annotated[str, typer.Argument(metavar="NO", help="The number that the list shows.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Work on claims that were refused before anybody judged them.")
    group.command("list")(list_rejections)
    group.command("show")(show)
    group.command("close")(close)
    group.command("reopen")(reopen)
    group.command("undo")(undo)
    group.command("assign")(assign)
    group.command("note")(note)
    group.command("proposals")(proposals)
    group.command("accept")(accept)
    group.command("dismiss")(dismiss)
    app.add_typer(group, name="rejections")


def list_rejections(
    state: Annotated[str, typer.Option(help="open, closed or any.")] = "open",
    payer: Annotated[str, typer.Option(help="Payer code, or part of its name, also of that in master data.")] = "",
    owner: Annotated[str, typer.Option(help="Only those of somebody.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, the largest first.")] = 50,
    show_phi: ShowPhi = False,
) -> None:
    """List refused claims: who refused each, why, what to do next, what it is worth. They are no denials.

    Example: claims rejections list --payer FABLE
    """
    from claims.service import rejection_pages, rejection_queue

    output = console.current()
    ctx = context_for(output, "desk.read")
    states = rejection_queue.states_of(state)
    asked = rejection_pages.Asked(states, owner.strip(), rejection_pages.payer(ctx, payer.strip()))
    found = console.records(rejection_queue.listed(ctx, asked, limit=limit, show_phi=show_phi))
    number, cents = rejection_pages.totals(ctx, asked)
    output.document({"rejections": found, "count": number, "amount_cents": cents})
    output.table(
        f"Rejections, {state}",
        [">No.", ">Charge", "Payer", "Claim", ">Our no.", "By", "Why", "What to do", "Since", "Owner"],
        [
            (
                row["rejection_id"], console.dollars(row["amount_cents"]), row["payer_name"] or row["payer_code"],
                row["claim_number"], f"id:{row['claim_id']}", row["source"], row["cause"], row["next_step"],
                row["posting_date"], row["owner"],
            )
            for row in found
        ],
    )  # fmt: skip
    if number > len(found):
        output.say(f"{len(found)} of {number:,} rejections shown; --limit shows up to 500.")
    output.say(f"{number:,} rejection(s), {console.dollars(cents)}; no denials are among them.")
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


def close(
    numbers: Numbers = None, reason: Reason = "", payer: Payer = "", owner: Owner = "", whole: Whole = False,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Give refused claims up: they are withdrawn, and not sent again until they are reopened. Audited.

    Their charge stays in the books: an exception names it until somebody accepts that.

    Example: claims rejections close 3 --reason "billed by the hospital"
    """
    from claims.service import rejection_acts, rejection_queue

    which = several.chosen(numbers, payer, owner, whole, dry_run)
    if which.one:
        worked.moved(rejection_queue.close, which.one, reason, key="rejection_id", state="closed")
        console.current().say(f"Rejection {which.one} is closed; the claim is withdrawn.")
        return
    _done(which, lambda ctx, seen: rejection_acts.close(ctx, seen, ctx.settings.today(), reason), "given up")


def reopen(numbers: Numbers = None, reason: Reason = "", dry_run: DryRun = False) -> None:
    """Take claims up again that were given up: they can be corrected and sent. Audited.

    Example: claims rejections reopen 3 --reason "the hospital did not bill it"
    """
    from claims.service import rejection_acts, rejection_queue

    which = several.chosen(numbers, dry_run=dry_run)
    if which.one:
        worked.moved(rejection_queue.reopen, which.one, reason, key="rejection_id", state="open")
        console.current().say(f"Rejection {which.one} is open again.")
        return
    _done(
        which,
        lambda ctx, seen: rejection_acts.reopen(ctx, seen, ctx.settings.today(), reason),
        "taken up again",
        is_back=False,
    )


def assign(
    numbers: Numbers = None, to: To = "", payer: Payer = "", owner: Owner = "", whole: Whole = False,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Give rejections to somebody: by their numbers, or all open ones of a payer or person.

    Example: claims rejections assign --payer FABLE --to anna --dry-run
    """
    from claims.service import rejection_acts, rejection_queue

    which = several.chosen(numbers, payer, owner, whole, dry_run)
    if which.one:
        worked.given(rejection_queue.assign, which.one, to, key="rejection_id", called="Rejection")
        return
    _done(which, lambda ctx, seen: rejection_acts.assign(ctx, seen, to.strip()), f"given to {to.strip() or 'nobody'}")


def note(
    numbers: Numbers = None,
    text: Annotated[str, typer.Option("--text", help="The note.")] = "",
    payer: Payer = "",
    owner: Owner = "",
    whole: Whole = False,
    dry_run: DryRun = False,
) -> None:
    """Write a note on rejections.

    Example: claims rejections note 3 --text "the clearing house looks for it"
    """
    from claims.service import rejection_acts, rejection_queue

    which = several.chosen(numbers, payer, owner, whole, dry_run)
    if which.one:
        worked.noted(rejection_queue.note, which.one, text, key="rejection_id", called="Rejection")
        return
    _done(which, lambda ctx, seen: rejection_acts.note(ctx, seen, text, ctx.settings.today()), "noted on")


def undo(act: several.Act) -> None:
    """Take back that several were given up, given to somebody or noted on at once; where more has happened, it stays.

    A note stays to be read, marked as taken back.

    Example: claims rejections undo 341
    """
    from claims.service import rejection_acts

    ctx = context_for(console.current(), "desk.act")
    told = rejection_acts.undo(ctx, act, ctx.settings.today())
    several.said(told, "as before", called="rejection")


def _done(which: Chosen, act: Callable[[Context, Seen], Done], verb: str, *, is_back: bool = True) -> None:
    back = "claims rejections undo" if is_back else ""
    several.done(which, _listed, act, verb, called="rejection", undo=back)


def _listed(ctx: Context, which: Chosen, most: int) -> Seen:
    from claims.service import rejection_acts, rejection_pages

    asked = rejection_pages.Asked("open", which.owner, rejection_pages.payer(ctx, which.payer))
    return rejection_acts.selection(ctx, asked, most)


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
