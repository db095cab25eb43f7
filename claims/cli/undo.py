"""``claims undo`` and ``claims replay``: take back what was posted, with what stands on it; post it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.run import posting_day

if TYPE_CHECKING:
    from claims.service.undo import Outcome

REFUSED = 1
Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="remit:NO or remit:TRACE (claims remits list), file:NO or file:HASH (claims files list), "
        "claim:NO (claims claim show) or run:NO (claims runs list).",
    ),
]
Day = Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List every journal that would be written; change nothing.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("undo")(undo)
    app.command("replay")(replay)


def undo(target: Target, day: Day = "", dry_run: DryRun = False) -> None:
    """Take back what a remittance, a file (of a bank, too), a claim or a night's run posted, with what stands on it.

    Reversing journals are written, nothing is erased; what is undone is posted again by claims replay only. What a
    person built on it (a write-off, a patient's payment, a match or tie by hand) refuses, and so does a later payment
    that issued it again: each is named, with the command that takes it away. Look first, with --dry-run.

    Example: claims undo remit:40 --dry-run
    """
    from claims import config
    from claims.service import undo as verbs

    output = console.current()
    settings = config.load()
    ctx = context_for(output, "money.post", settings)
    verb = verbs.rehearse_undo if dry_run else verbs.undo
    done = verb(ctx, target, posting_day(day) or settings.today())
    _show(output, done, "undo", dry_run)
    if len(done.refused):
        raise typer.Exit(REFUSED)
    if others := done.counts.get("moved_of_other_runs", 0):
        output.say(f"Provider adjustments of {others} remittance(s) of other runs that it moved stay with those.")
    if done.says:
        output.say(done.says)
    if not dry_run:
        output.say(f"Undone. Post it again: claims replay {done.target}")


def replay(target: Target, day: Day = "", dry_run: DryRun = False) -> None:
    """Post again what claims undo took back, from the stored file, with what stood on it.

    Where it takes back a decision of a remittance that is undone itself, that is named and comes first.

    Example: claims replay remit:40
    """
    from claims import config
    from claims.service import replay as verbs

    output = console.current()
    settings = config.load()
    ctx = context_for(output, "money.post", settings)
    verb = verbs.rehearse_replay if dry_run else verbs.replay
    done = verb(ctx, target, posting_day(day) or settings.today())
    _show(output, done, "replay", dry_run)
    if len(done.refused):
        raise typer.Exit(REFUSED)
    if not dry_run:
        output.say("Posted again, as the next generation.")


def _show(output: console.Output, done: Outcome, verb: str, dry_run: bool) -> None:
    """Say what was or would be written, by our own ids only."""
    from claims.service.undo import by_account

    journals, refused = console.records(done.journals), console.records(done.refused)
    postings = console.records(done.postings[[name for name in POSTING if name in done.postings]])
    accounts = console.records(by_account(done.journals))
    output.document(
        {"target": done.target, "verb": verb, "dry_run": dry_run, "run_id": done.run_id, "refused": refused,
         "counts": done.counts, "says": done.says, "postings": postings, "journals": journals,
         "accounts": accounts}
    )  # fmt: skip
    if refused:
        output.table(
            f"{'Something was built on it' if verb == 'undo' else 'Something comes before it'}: nothing was changed",
            ["What, the newest first" if verb == "undo" else "What", "Goes by" if verb == "undo" else "Comes by"],
            [(row["says"], row["command"]) for row in refused],
        )
        first = next((row["command"] for row in refused if row["command"]), "")
        if first:
            output.say(f"First: {first}")
        return
    later = [row for row in postings if not row.get("is_target", True)]
    if verb == "undo" and later:
        output.table(
            "Stands on it, goes with it, and waits to be posted again",
            [">Claim payment", ">Remittance", ">Family", "Was"],
            [(row["claim_payment_id"], row["remit_id"], row["family_id"] or "", row["outcome"]) for row in later],
        )
    output.table(
        "Would be written" if dry_run else "Written",
        [">Debit or credit", "Account", ">Remittance", ">Claim payment", "Source", "Reason", "Journal"],
        [
            (
                *(console.dollars(row["amount_cents"]), row["account"], row["remit_id"] or ""),
                *(row["claim_payment_id"] or "", row["source"], row["reason_code"], row["idempotency_key"]),
            )
            for row in journals
        ],
    )
    output.table(
        "By account",
        ["Account", "", ">Debits", ">Credits", ">Changes by"],
        [(row["account"], row["name"], *(console.dollars(row[f"{name}_cents"]) for name in SUMS)) for row in accounts],
    )
    number = len({row["idempotency_key"] for row in journals})
    output.say(f"{number} journal(s) for {done.target}." + (" Nothing was changed (--dry-run)." if dry_run else ""))


SUMS = ("debit", "credit", "amount")
POSTING = ("claim_payment_id", "remit_id", "family_id", "outcome", "is_target", "is_whole")
