"""``claims blocked``: claims to send that an edit stops; whose they are, what was noted, given up or let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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

Reason = Annotated[str, typer.Option(help="Why; it stands with its notes.")]
Payer = Annotated[str, typer.Option(help="Instead of numbers: all to a payer (code, or part of its name).")]
To = Annotated[str, typer.Option("--to", help="Who works on it; empty: nobody.")]
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
    group.command("let-go")(let_go)
    group.command("undo")(undo)
    app.add_typer(group, name="blocked")


def list_blocked(
    payer: Annotated[str, typer.Option(help="Payer code, or part of its name, also of that in master data.")] = "",
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
    code = blocked_queue.payer(ctx, payer.strip())
    rows = blocked_queue.listed(ctx, owner.strip(), payer=code, given_up=given_up, size=limit, show_phi=show_phi)
    claims, cents = blocked_queue.totals(ctx, owner.strip(), payer=code, given_up=given_up)
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
    numbers: Numbers = None, to: To = "", payer: Payer = "", owner: Owner = "", whole: Whole = False,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Give blocked claims to somebody: by their numbers, or all to a payer or of somebody, or all.

    Example: claims blocked assign --owner bob --to anna
    """
    from claims.service import blocked_acts, blocked_queue

    which = several.chosen(numbers, payer, owner, whole, dry_run)
    if which.one:
        worked.given(blocked_queue.assign, which.one, to, key="claim_id", called="Claim")
        return
    _done(which, lambda ctx, seen: blocked_acts.assign(ctx, seen, to.strip()), f"given to {to.strip() or 'nobody'}")


def note(
    numbers: Numbers = None,
    text: Annotated[str, typer.Option("--text", help="The note.")] = "",
    payer: Payer = "",
    owner: Owner = "",
    whole: Whole = False,
    dry_run: DryRun = False,
) -> None:
    """Write a note on blocked claims.

    Example: claims blocked note 12 --text "registration looks for the card"
    """
    from claims.service import blocked_acts, blocked_queue

    which = several.chosen(numbers, payer, owner, whole, dry_run)
    if which.one:
        worked.noted(blocked_queue.note, which.one, text, key="claim_id", called="Claim")
        return
    _done(which, lambda ctx, seen: blocked_acts.note(ctx, seen, text, ctx.settings.today()), "noted on")


def close(
    numbers: Numbers = None, reason: Reason = "", payer: Payer = "", owner: Owner = "", whole: Whole = False,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Give blocked claims up: they are withdrawn and not sent. Audited.

    Their charge stays in the books: an exception names it until somebody accepts that. A denial that one was made of
    comes back to its list.

    Example: claims blocked close 12 --reason "billed by the hospital"
    """
    from claims.service import blocked_acts, blocked_queue

    which = several.chosen(numbers, payer, owner, whole, dry_run)
    if which.one:
        worked.moved(blocked_queue.give_up, which.one, reason, key="claim_id", state="withdrawn")
        console.current().say(f"Claim {which.one} is given up.")
        return
    _done(which, lambda ctx, seen: blocked_acts.give_up(ctx, seen, ctx.settings.today(), reason), "given up")


def reopen(numbers: Numbers = None, reason: Reason = "", dry_run: DryRun = False) -> None:
    """Take claims up again that were given up: the edits look at them at once. Audited.

    Example: claims blocked reopen 12 --reason "the hospital did not bill it"
    """
    from claims.service import blocked_acts, blocked_queue

    which = several.chosen(numbers, dry_run=dry_run)
    if which.one:
        life = worked.moved(blocked_queue.take_up, which.one, reason, key="claim_id")
        console.current().say(f"Claim {which.one} is taken up again: it is {life}.")
        return
    _done(
        which,
        lambda ctx, seen: blocked_acts.take_up(ctx, seen, ctx.settings.today(), reason),
        "taken up again",
        is_back=False,
    )


def let_go(
    numbers: Numbers = None, reason: Reason = "", payer: Payer = "", owner: Owner = "", whole: Whole = False,
    dry_run: DryRun = False,
) -> None:  # fmt: skip
    """Let claims go although their payer's answer is here, in a remittance that is held (S22c). Audited.

    The edits look at them at once: what else stops one stops it still. The next submit sends what is ready.

    Example: claims blocked let-go 12 --reason "the payer takes that remittance back"
    """
    from claims.service import blocked_acts, blocked_queue

    which = several.chosen(numbers, payer, owner, whole, dry_run)
    if which.one:
        life = worked.moved(blocked_queue.let_go, which.one, reason, key="claim_id")
        console.current().say(f"Claim {which.one} is let go: it is {life}.")
        return
    _done(which, lambda ctx, seen: blocked_acts.let_go(ctx, seen, ctx.settings.today(), reason), "let go")


def undo(act: several.Act) -> None:
    """Take back that several were given up, let go, given to somebody or noted on; where more has happened, it stays.

    A note stays to be read, marked as taken back.

    Example: claims blocked undo 341
    """
    from claims.service import blocked_acts

    ctx = context_for(console.current(), "desk.act")
    told = blocked_acts.undo(ctx, act, ctx.settings.today())
    several.said(told, "as before", called="claim")


def _done(which: Chosen, act: Callable[[Context, Seen], Done], verb: str, *, is_back: bool = True) -> None:
    several.done(which, _listed, act, verb, called="claim", undo="claims blocked undo" if is_back else "")


def _listed(ctx: Context, which: Chosen, most: int) -> Seen:
    from claims.service import blocked_acts, blocked_queue

    return blocked_acts.selection(ctx, which.owner, payer=blocked_queue.payer(ctx, which.payer), most=most)
