"""Things that wait for somebody, several at once on the command line: named by number, or by the list they stand in.

One alone is done, and said, as ever (`cli.worked`). `Chosen` is what the options say; `key` and `called` are those of
`cli.worked`, `group` is the command that the thing belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.typed import number_of
from claims.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from claims.service.context import Context
    from claims.service.several import Done, Seen

Numbers = Annotated[list[str] | None, typer.Argument(metavar="NO...", help="The numbers that the list shows.")]
Owner = Annotated[str, typer.Option(metavar="NAME", help="Instead of numbers: all open ones of somebody.")]
Whole = Annotated[bool, typer.Option("--whole-list", help="Instead of numbers: all open ones.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
Act = Annotated[int, typer.Argument(metavar="NO", help="The number that the act gave.", min=1)]


class Chosen(NamedTuple):
    """What is meant: numbers, or a list."""

    numbers: Sequence[str]
    payer: str = ""
    owner: str = ""
    is_whole: bool = False
    is_dry: bool = False

    @property
    def one(self) -> str:
        """The number of the one thing that is meant, where something is done with it alone."""
        return self.numbers[0] if len(self.numbers) == 1 and not self.is_dry else ""

    @property
    def names_a_list(self) -> bool:
        """Whether a list is meant."""
        return bool(self.payer or self.owner or self.is_whole)


def chosen(
    numbers: list[str] | None, payer: str = "", owner: str = "", whole: bool = False, dry_run: bool = False
) -> Chosen:
    """Read what is meant; raise UsageError for nothing, and for numbers beside a list."""
    found = Chosen(numbers or [], payer.strip(), owner.strip(), whole, dry_run)
    if bool(found.numbers) == found.names_a_list:
        raise UsageError("Say which: their numbers, or a list (--owner, --whole-list and so on), and not both.")
    return found


def done(
    which: Chosen,
    listed: Callable[[Context, Chosen, int], Seen],
    act: Callable[[Context, Seen], Done],
    verb: str,
    *,
    called: str,
    undo: str = "",
) -> None:
    """Do something with what is meant, or say what it would do; `listed` gives what stands in a list, at most so many.

    `undo`: the command that takes the act back.
    """
    from claims.service import several

    output = console.current()
    ctx = context_for(output, "desk.act")
    seen: Seen = [(number_of(number), None) for number in which.numbers]
    if which.names_a_list:
        seen = listed(ctx, which, several.MOST + 1)
        if len(seen) > several.MOST:
            output.say(f"The first {several.MOST:,} only: so many are done at once. Do it again for the rest.")
        seen = seen[: several.MOST]
    told = several.preview(ctx, lambda one: act(one, seen)) if which.is_dry else act(ctx, seen)
    said(told, verb, called=called, undo=undo, is_dry=which.is_dry)


def said(told: Done, verb: str, *, called: str, undo: str = "", is_dry: bool = False) -> None:
    """Say what became of several; exit 1 where some were refused or stale."""
    output = console.current()
    refused = [{"why": why, "numbers": ids} for why, ids in told.refused.items()]
    sums = {"act": told.act, "done": len(told.done), "amount_cents": told.cents}
    output.document({**sums, "numbers": told.done, "stale": told.stale, "refused": refused})
    how = f"; back with: {undo} {told.act}" if undo and told.act else ""
    would = "would be " if is_dry else ""
    output.say(f"{len(told.done):,} {called}(s) {would}{verb}, {console.dollars(told.cents)}{how}.")
    for why, ids in told.refused.items():
        output.say(f"{len(ids):,} not: {why} ({_few(ids)}).")
    if told.stale:
        output.say(f"{len(told.stale):,} changed meanwhile and left alone: {_few(told.stale)}.")
    if told.refused or told.stale:
        raise typer.Exit(1)


def _few(ids: Sequence[int], most: int = 8) -> str:
    return ", ".join(str(one) for one in ids[:most]) + (" and more" if len(ids) > most else "")
