"""``claims denials`` beyond reading: what people do with cases, one or a whole pattern, each with a rehearsal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.service.context import Context
    from claims.service.desk.acting import Done

Keys = Annotated[list[str] | None, typer.Argument(metavar="KEY...", help="Keys that the list shows, or beginnings.")]
Pattern = Annotated[int, typer.Option(metavar="NO", help="Instead of keys: all open cases of a pattern.")]
Day = Annotated[str, typer.Option("--date", metavar="DAY", help="Accounting day; default today.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
Number = Annotated[int, typer.Argument(metavar="NO", help="The number of the action.", min=1)]

REFUSED = 1  # exit code: done, with something left out


def register(group: typer.Typer) -> None:
    """Add the commands."""
    for command in (assign, note, tag, snooze, wake, resubmit, appeal):
        group.command(command.__name__)(command)
    group.command("upheld")(upheld)
    group.command("info-sent")(info_sent)
    group.command("bill-next")(bill_next)
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

    _act(keys, pattern, day, dry_run, actions.assign, assignee=to)


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
    _act(keys, pattern, day, dry_run, actions.note, text=text)


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
    _act(keys, pattern, day, dry_run, actions.tag, word=word)


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

    when = until if until in (actions.NEXT_REMIT, actions.LAST_DAY) else _read_day(until, "--until")
    _act(keys, pattern, day, dry_run, actions.snooze, until=when)


def wake(keys: Keys = None, pattern: Pattern = 0, day: Day = "", dry_run: DryRun = False) -> None:
    """Bring back cases that were put aside.

    Example: claims denials wake 3f2a91c04b
    """
    from claims.service.desk import actions

    _act(keys, pattern, day, dry_run, actions.wake)


def resubmit(
    keys: Keys = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="[LINE:]COLUMN=VALUE", help="What is corrected; may repeat.")
    ] = None,
    as_new: Annotated[bool, typer.Option("--new", help="As a new claim even where a replacement would do.")] = False,
    late_reason: Annotated[str, typer.Option(help="Why it goes although its last day has passed.")] = "",
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
    _act(keys, pattern, day, dry_run, actions.resubmit, changes=wanted, as_new=as_new, late_reason=late_reason)


def appeal(
    keys: Keys = None,
    proof: Annotated[str, typer.Option(help="How it can be shown that it was sent in time.")] = "",
    level: Annotated[int, typer.Option(help="1 for the first appeal.", min=1, max=9)] = 1,
    despite_gaps: Annotated[
        str, typer.Option(metavar="REASON", help="Why it went although the packet prepared last is a draft.")
    ] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Note that an appeal was sent.

    Example: claims denials appeal 3f2a91c04b --proof "fax of 17:03, 12 pages"
    """
    from claims.service.desk import actions

    _act(
        keys, pattern, day, dry_run, actions.appeal_sent, level=level, proof=proof, despite_gaps=despite_gaps
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

    _act(keys, pattern, day, dry_run, actions.appeal_upheld, on=_read_day(on, "--on"), proof=proof)


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

    _act(keys, pattern, day, dry_run, actions.info_sent, proof=proof)


def bill_next(keys: Keys = None, pattern: Pattern = 0, day: Day = "", dry_run: DryRun = False) -> None:
    """Make claims for the payer after the one that denied; the money moves there when they leave.

    Example: claims denials bill-next 3f2a91c04b --dry-run
    """
    from claims.service.desk import actions

    _act(keys, pattern, day, dry_run, actions.bill_next)


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

    _act(keys, pattern, day, dry_run, actions.to_patient, basis=basis)


def write_off(
    keys: Keys = None,
    reason: Annotated[str, typer.Option(help="Why it is given up.")] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Write denials off: at once up to your own limit for all of them, else when a second person approves.

    Example: claims denials write-off 3f2a91c04b --reason "below the cost of an appeal"
    """
    from claims.service.desk import actions

    _act(keys, pattern, day, dry_run, actions.write_off, own_limit=True, reason=reason)


def expire(
    keys: Keys = None,
    reason: Annotated[str, typer.Option(help="Why nothing was done in time.")] = "",
    pattern: Pattern = 0,
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Close cases whose last day has passed; what they hold is written off, within your limit.

    Example: claims denials expire 3f2a91c04b --reason "came after the limit"
    """
    from claims.service.desk import actions

    _act(keys, pattern, day, dry_run, actions.expire, own_limit=True, reason=reason)


def duplicate(
    keys: Keys = None,
    of: Annotated[str, typer.Option("--of", metavar="KEY", help="The case of the original.")] = "",
    day: Day = "",
    dry_run: DryRun = False,
) -> None:
    """Close cases as repeats of another that is worked or was decided.

    Example: claims denials duplicate 3f2a91c04b --of 77c0a2
    """
    from claims.service.desk import actions
    from claims.service.desk.keys import decision_of

    output = console.current()
    proof = decision_of(_context(output), of)
    _act(keys, 0, day, dry_run, actions.close_duplicate, own_limit=True, proof=proof)


def approve(number: Number, day: Day = "") -> None:
    """Let happen what another person asked for, within your own limit.

    Example: claims denials approve 12
    """
    from claims.service.desk import actions
    from claims.service.people import write_off_limit

    output = console.current()
    ctx = context_for(output, "desk.approve", second=True)
    _say(ctx, output, actions.approve(ctx, number, _day(ctx, day), write_off_limit(ctx, ctx.actor)))


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
    _say(ctx, output, actions.refuse(ctx, number, reason, _day(ctx, day)))


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
    ctx = _context(output)
    cases = [case_id for case_id, _ in meant(ctx, only)] if only else []
    _say(ctx, output, actions.undo(ctx, number, _day(ctx, day), cases))


def _act(
    keys: list[str] | None,
    pattern: int,
    day: str,
    dry_run: bool,
    action: Callable[..., Done],
    *,
    own_limit: bool = False,
    **named: Any,
) -> None:
    """Do an action with the cases that are meant, or rehearse it, and say what became of it."""
    from claims.service.desk import actions
    from claims.service.desk.keys import meant
    from claims.service.people import write_off_limit

    output = console.current()
    ctx = _context(output)
    if own_limit:
        named["limit_cents"] = write_off_limit(ctx, ctx.actor)
    named |= {"cases": meant(ctx, keys or [], pattern), "posting_date": _day(ctx, day)}
    done = actions.preview(ctx, action, **named) if dry_run else action(ctx, **named)
    _say(ctx, output, done, dry_run=dry_run)


def _say(ctx: Context, output: console.Output, done: Done, *, dry_run: bool = False) -> None:
    """Say what became of an action; every case that it left alone, or that an edit stops, by its key."""
    from claims.service.desk.acting import by_reason
    from claims.service.desk.keys import of_cases
    from claims.service.scrub_shown import fixes

    keys = of_cases(ctx, [*done.refused["case_id"].tolist(), *done.stale, *done.blocked["case_id"].tolist()])
    refused = [{"key": keys.get(row["case_id"], ""), **row} for row in console.records(done.refused)]
    blocked = [{"key": keys.get(row["case_id"], ""), **row} for row in console.records(done.blocked)]
    output.document(
        {
            "action_id": done.action_id,
            "state": done.state,
            "done": len(done.done),
            "stale": len(done.stale),
            "stale_keys": [keys.get(one, "") for one in done.stale],
            "refused": refused,
            "blocked": blocked,
            "amount_cents": done.amount_cents,
            "dry_run": dry_run,
        }
    )
    worth = f", {console.dollars(done.amount_cents)}" if done.amount_cents else ""
    word = "would be done" if dry_run else "done"
    if done.state == "waiting_approval":
        word = "would wait for a second person" if dry_run else "wait for a second person"
    number = f" (action {done.action_id})" if done.action_id else ""
    output.say(f"{len(done.done)} case(s) {word}{worth}{number}.")
    for edit_id, rows in done.blocked.groupby("edit_id"):
        stopped = [int(one) for one in rows["case_id"]]
        output.say(f"{len(stopped)} {word}, but blocked by {fixes([str(edit_id)])[0]}.{_named(keys, stopped)}")
    if done.stale:
        output.say(f"{len(done.stale)} changed meanwhile and were left alone.{_named(keys, done.stale)}")
    for says, cases in sorted(by_reason(done.refused)):
        output.say(f"{len(cases)} refused: {says}.{_named(keys, cases)}")
    if refused or done.stale or blocked:
        raise typer.Exit(REFUSED)


def _named(keys: dict[int, str], cases: list[int]) -> str:
    """Write the keys of cases under what is said of them, ten in a row."""
    known = [keys[one] for one in cases if one in keys]
    rows = [" ".join(known[start : start + 10]) for start in range(0, len(known), 10)]
    return "".join(f"\n  {row}" for row in rows)


def _context(output: console.Output) -> Context:
    return context_for(output, "desk.act")


def _day(ctx: Context, text: str) -> date:
    return _read_day(text, "--date") if text else ctx.settings.today()


def _read_day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} wants a day like 2026-11-30.") from None
