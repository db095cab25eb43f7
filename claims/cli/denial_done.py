"""An action on denials from the command line: cases meant by keys or a pattern in, what became of each out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import typer

from claims import days
from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.typed import asked_for
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.service.context import Context
    from claims.service.desk.acting import Done

REFUSED = 1  # exit code: done, with something left out


def act(
    keys: list[str] | None,
    pattern: int,
    day: str,
    dry_run: bool,
    action: Callable[..., Done],
    *,
    own_limit: bool = False,
    more: Mapping[str, Any] = MappingProxyType({}),
    **named: Any,
) -> None:
    """Do an action with the cases that are meant, or rehearse it, and say what became of it; `more` of the document."""
    from claims.service.desk import actions
    from claims.service.desk.keys import meant
    from claims.service.people import write_off_limit

    output = console.current()
    ctx = context(output)
    if own_limit:
        named["limit_cents"] = write_off_limit(ctx, ctx.actor)
    named |= {"cases": meant(ctx, keys or [], pattern), "posting_date": day_of(ctx, day)}
    done = actions.preview(ctx, action, **named) if dry_run else action(ctx, **named)
    say(ctx, output, done, dry_run=dry_run, more=more)


def say(
    ctx: Context, output: console.Output, done: Done, *, dry_run: bool = False,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:  # fmt: skip
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
            "at_risk_cents": done.at_risk_cents,
            "limit_cents": done.limit_cents,
            "used_cents": done.used_cents,
            "new_claims": done.new_claims,
            "lowered_cents": done.lowered_cents,
            "request": done.request,
            "dry_run": dry_run,
            **more,
        }
    )
    worth = f", {console.dollars(done.amount_cents)}" if done.amount_cents else ""
    word = "would be done" if dry_run else "refused" if done.state == "refused" else "done"
    if done.state == "waiting_approval":
        word = "would wait for a second person" if dry_run else "wait for a second person"
    number = f" (action {done.action_id})" if done.action_id else ""
    output.say(f"{len(done.done)} case(s) {word}{worth}{number}.")
    if dry_run and done.done and done.at_risk_cents != done.amount_cents:
        output.say(f"At risk: {console.dollars(done.at_risk_cents)}.")
    if dry_run and done.limit_cents is not None:
        used = f", of which {console.dollars(done.used_cents)} is used" if done.used_cents else ""
        output.say(f"Your own limit for a day and a claim: {console.dollars(done.limit_cents)}{used}.")
    if done.request:
        output.say(asked_for(done.request, done.lowered_cents))
    elif done.lowered_cents:
        less = "would be charged less" if dry_run else "is charged less"
        output.say(f"{console.dollars(done.lowered_cents)} {less}: it counts as a write-off of the day.")
    if done.new_claims:
        goes = "would go" if dry_run else "go"
        output.say(f"{done.new_claims} {goes} as a new claim (frequency 1), not as a replacement.")
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


def context(output: console.Output) -> Context:
    """Open the practice for somebody who may work on denials."""
    return context_for(output, "desk.act")


def day_of(ctx: Context, text: str) -> date:
    """Give the accounting day that was typed, else today."""
    return read_day(text, "--date") if text else ctx.settings.today()


def read_day(text: str, option: str) -> date:
    """Read a day; UsageError names the option that it was typed for."""
    try:
        return days.read_day(text)
    except ValueError:
        raise UsageError(f"{option} wants a day like 2026-11-30.") from None
