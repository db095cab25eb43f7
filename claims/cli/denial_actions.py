"""``claims denials`` beyond reading: what people do with cases, one or a whole pattern, each with a rehearsal."""

from __future__ import annotations

from typing import Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.denial_done import act, context, day_of, read_day, say
from claims.cli.typed import Lowered
from claims.errors import UsageError

Keys = Annotated[list[str] | None, typer.Argument(metavar="KEY...", help="Keys that the list shows, or beginnings.")]
Pattern = Annotated[int, typer.Option(metavar="NO", help="Instead of keys: all open cases of a pattern.")]
Day = Annotated[str, typer.Option("--date", metavar="DAY", help="Accounting day; default today.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
Number = Annotated[int, typer.Argument(metavar="NO", help="The number of the action.", min=1)]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    for command in (assign, note, tag, snooze, wake, resubmit, appeal):
        group.command(command.__name__)(command)
    group.command("upheld")(upheld)
    group.command("info-sent")(info_sent)
    group.command("bill-next")(bill_next)
    group.command("bill-other")(bill_other)
    group.command("to-patient")(to_patient)
    group.command("write-off")(write_off)
    group.command("expire")(expire)
    group.command("duplicate")(duplicate)
    group.command("approve")(approve)
    group.command("refuse")(refuse)
    group.command("undo")(undo)


def assign(
    keys: Keys = None,
    to: Annotated[str, typer.Option("--to", help="Who works on it; empty gives it back to everybody.")] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Give cases to somebody.

    Example: claims denials assign 3f2a91c04b 77c0 --to anna
    """
    from claims.service.desk import actions

    act(keys, pattern, day, dry_run, actions.assign, assignee=to)


def note(
    keys: Keys = None,
    text: Annotated[str | None, typer.Option("--text", help="The note.")] = None,
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Write a note on cases.

    Example: claims denials note 3f2a91c04b --text "payer asks for the operative report"
    """
    from claims.service.desk import actions

    if text is None:
        raise UsageError('A note goes with --text: claims denials note KEY... --text "what you know"')
    act(keys, pattern, day, dry_run, actions.note, text=text)


def tag(
    keys: Keys = None,
    word: Annotated[str | None, typer.Option("--word", help="The word; empty takes it off.")] = None,
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Put a word on cases, to find them again.

    Example: claims denials tag 3f2a91c04b --word audit
    """
    from claims.service.desk import actions

    if word is None:
        raise UsageError('A tag goes with --word: claims denials tag KEY... --word audit (--word "" takes it off)')
    act(keys, pattern, day, dry_run, actions.tag, word=word)


def snooze(
    keys: Keys = None,
    until: Annotated[
        str, typer.Option(help="A day; last-day: each one's deadline; next-remit: the next remittance for the claim.")
    ] = "next-remit",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Put cases aside; they come back by themselves.

    Example: claims denials snooze 3f2a91c04b --until 2026-12-01
    """
    from claims.service.desk import actions

    when = until if until in (actions.NEXT_REMIT, actions.LAST_DAY) else read_day(until, "--until")
    act(keys, pattern, day, dry_run, actions.snooze, until=when)


def wake(keys: Keys = None, pattern: Pattern = 0, day: Day = "", dry_run: DryRun = False) -> None:
    """Bring back cases that were put aside.

    Example: claims denials wake 3f2a91c04b
    """
    from claims.service.desk import actions

    act(keys, pattern, day, dry_run, actions.wake)


def resubmit(
    keys: Keys = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="[LINE:]COLUMN=VALUE", help="What is corrected; may repeat.")
    ] = None,
    as_new: Annotated[bool, typer.Option("--new", help="As a new claim even where a replacement would do.")] = False,
    late_reason: Annotated[str, typer.Option(help="Why it goes although its last day has passed.")] = "",
    lowered_reason: Lowered = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Correct denied claims and send them again: as a replacement, or as new where the payer demands it.

    Edits look at what is made at once; what they stop is named, the rest leaves with the next claims submit.

    Example: claims denials resubmit 3f2a91c04b --set prior_authorization=AU123
    """
    from claims.service.desk import actions
    from claims.service.resubmit import changes_of

    wanted = changes_of(changes or [])
    act(
        keys, pattern, day, dry_run, actions.resubmit, changes=wanted, as_new=as_new, late_reason=late_reason,
        lowered_reason=lowered_reason,
    )  # fmt: skip


def appeal(
    keys: Keys = None,
    proof: Annotated[str, typer.Option(help="How it can be shown that it was sent in time.")] = "",
    level: Annotated[int, typer.Option(help="1 for the first appeal.", min=1, max=9)] = 1,
    despite_gaps: Annotated[
        str, typer.Option(metavar="REASON", help="Why it went although the packet prepared last is a draft.")
    ] = "",
    without_packet: Annotated[
        bool, typer.Option("--without-packet", help="Of cases for which none was prepared: it went without one.")
    ] = False,
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Note that an appeal was sent: with the packet that was prepared last for each case, which the case keeps.

    Example: claims denials appeal 3f2a91c04b --proof "fax of 17:03, 12 pages"
    """
    from claims.service.desk import actions

    act(
        keys, pattern, day, dry_run, actions.appeal_sent, level=level, proof=proof, despite_gaps=despite_gaps,
        packet="" if without_packet else None,
    )  # fmt: skip


def upheld(
    keys: Keys = None,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The day on which the decision came.")] = "",
    proof: Annotated[str, typer.Option(help="What it came with, as: letter of December 14.")] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Note that the payer turned an appeal down; the limit of the next appeal counts from that day.

    Example: claims denials upheld 3f2a91c04b --on 2026-12-18 --proof "letter of December 14"
    """
    from claims.service.desk import actions

    act(keys, pattern, day, dry_run, actions.appeal_upheld, on=read_day(on, "--on"), proof=proof)


def info_sent(
    keys: Keys = None,
    proof: Annotated[str, typer.Option(help="How the sending can be shown.")] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Note that the records a payer asked for were sent.

    Example: claims denials info-sent 3f2a91c04b --proof "upload 4711"
    """
    from claims.service.desk import actions

    act(keys, pattern, day, dry_run, actions.info_sent, proof=proof)


def bill_next(keys: Keys = None, pattern: Pattern = 0, day: Day = "", dry_run: DryRun = False) -> None:
    """Make claims for the payer after the one that denied; the money moves there when they leave.

    Example: claims denials bill-next 3f2a91c04b --dry-run
    """
    from claims.service.desk import actions

    act(keys, pattern, day, dry_run, actions.bill_next)


def bill_other(
    keys: Keys = None,
    payer: Annotated[str, typer.Option(help="The payer's code in master data.")] = "",
    member: Annotated[str, typer.Option(help="The member number with that payer.")] = "",
    order: Annotated[
        str,
        typer.Option(
            help="instead (of the payer that denied), before (it pays first), after; else as usual for the reason."
        ),
    ] = "",
    relationship: Annotated[str, typer.Option(help="Patient's relation to the subscriber: 18 self, 01, 19 ...")] = "18",
    subscriber: Annotated[
        str, typer.Option(metavar="LAST,FIRST", help="Who holds the policy, where that is not the patient.")
    ] = "",
    group_number: Annotated[str, typer.Option("--group", help="Number of the insured group.")] = "",
    authorization: Annotated[str, typer.Option(help="Authorization number of that payer.")] = "",
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Bill a payer that the claim did not name: who really covers the patient. What was sent stays as it was.

    In the place of the other or before it, the claim goes out new (frequency 1); after it, it tells the denial.

    Example: claims denials bill-other 3f2a91c04b --payer DRAGN --member DM20411 --order before --dry-run
    """
    from claims.service.desk import actions, billing_other
    from claims.service.desk.keys import meant

    ctx = context(console.current())
    cases = [case_id for case_id, _ in meant(ctx, keys or [], 0)]
    order = order or billing_other.order_of(ctx, cases)
    last, _, first = subscriber.partition(",")
    named = billing_other.named_on(ctx, cases[0]) if dry_run and cases else []
    coverage = billing_other.Coverage(
        payer.strip(), member, order, relationship.strip(), last.strip(), first.strip(), group_number, authorization
    )
    stands = billing_other.will_be(named, coverage.payer_code, order) if dry_run else []
    if dry_run:
        console.current().say(f"Billed {order} the payer that denied; on the claim stand: {', then '.join(stands)}.")
    more = {"order": order, "payers": stands} if dry_run else {}
    act(keys, 0, day, dry_run, actions.bill_other, coverage=coverage, more=more)


def to_patient(
    keys: Keys = None,
    basis: Annotated[str, typer.Option(help="The signed notice, where the payer does not say PR.")] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Bill the patient where the payer says PR; else with a signed notice, when a second person approves.

    Example: claims denials to-patient 3f2a91c04b
    """
    from claims.service.desk import actions

    act(keys, pattern, day, dry_run, actions.to_patient, basis=basis)


def write_off(
    keys: Keys = None,
    reason: Annotated[str, typer.Option(help="Why it is given up.")] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Write denials off: at once up to your own limit for a day and for a claim, else when a second person approves.

    Example: claims denials write-off 3f2a91c04b --reason "below the cost of an appeal"
    """
    from claims.service.desk import actions

    act(keys, pattern, day, dry_run, actions.write_off, own_limit=True, reason=reason)


def expire(
    keys: Keys = None,
    reason: Annotated[str, typer.Option(help="Why nothing was done in time.")] = "",
    although: Annotated[
        str, typer.Option(metavar="REASON", help="Why it is given up although another step is still possible.")
    ] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Close cases whose last day has passed; what they hold is written off, within your limit.

    Example: claims denials expire 3f2a91c04b --reason "came after the limit"
    """
    from claims.service.desk import actions

    act(keys, pattern, day, dry_run, actions.expire, own_limit=True, reason=reason, although=although)


def duplicate(
    keys: Keys = None,
    of: Annotated[
        str, typer.Option("--of", metavar="KEY/CLAIM", help="The case of the original, or its claim's number.")
    ] = "",
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Close cases as repeats of another that is worked or was decided; where that was paid, nobody has to approve.

    Example: claims denials duplicate 3f2a91c04b --of PR00158
    """
    from claims.service.desk import actions
    from claims.service.desk.keys import decision_of

    output = console.current()
    proof = decision_of(context(output), of)
    act(keys, 0, day, dry_run, actions.close_duplicate, own_limit=True, proof=proof)


def approve(number: Number, day: Day = "") -> None:
    """Let happen what another person asked for, within your own limit.

    Example: claims denials approve 12
    """
    from claims.service.desk import actions
    from claims.service.people import write_off_limit

    output = console.current()
    ctx = context_for(output, "desk.approve", second=True)
    say(ctx, output, actions.approve(ctx, number, day_of(ctx, day), write_off_limit(ctx, ctx.actor)))


def refuse(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why not.")] = "",
    day: Day = "",
) -> None:
    """Say no to what another person asked for.

    Example: claims denials refuse 12 --reason "appeal first"
    """
    from claims.service.desk import actions

    output = console.current()
    ctx = context_for(output, "desk.approve", second=True)
    say(ctx, output, actions.refuse(ctx, number, reason, day_of(ctx, day)))


def undo(
    number: Number,
    only: Annotated[list[str] | None, typer.Option(metavar="KEY", help="This case of it alone; may repeat.")] = None,
    day: Day = "",
) -> None:
    """Take an action back: its cases get what they had before, as far as nothing happened to them since.

    Example: claims denials undo 12
    """
    from claims.service.desk import actions
    from claims.service.desk.keys import meant

    output = console.current()
    ctx = context(output)
    cases = [case_id for case_id, _ in meant(ctx, only)] if only else []
    say(ctx, output, actions.undo(ctx, number, day_of(ctx, day), cases))
