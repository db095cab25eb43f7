"""``claims demo``: a practice's month, end to end, in a folder of its own; then what to look at and what to type."""

from __future__ import annotations

import dataclasses
import os
import shlex
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from claims.cli import console

if TYPE_CHECKING:
    from claims.service.demo import Cause, Held, Prepared, TieOut
    from claims.service.overview import Overview
    from flows.nightly import Night


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    folder: Annotated[
        Path, typer.Option(help="Data folder of the demo; made anew each time, another demo's is emptied.")
    ] = Path("claims-data/demo"),
) -> None:
    """Run the night over a month of an invented practice: 300 claims, three payers, a bank, and what goes wrong.

    Needs no database and no network; your own data folder is not touched.

    Example: claims demo
    """
    from claims.cli.run import DOING, spinner
    from claims.service import blocked_queue, variances
    from claims.service.demo import prepare, tie_out, top_causes, waiting
    from flows.launch import run_night

    began = time.monotonic()
    output = console.current()
    output.say("A month of an invented practice: nobody in it exists. The night is run over its inbox; please wait.")
    prepared = prepare(folder, output.actor)
    with spinner(output) as show:
        night, overview = run_night(
            prepared.settings,
            prepared.inbox,
            prepared.posting_date,
            actor=output.actor,
            watch=lambda step: show(DOING.get(step, step)),
        )
    from claims.service.context import open_context

    ctx = open_context(prepared.settings, actor=output.actor)
    causes, key = top_causes(ctx)
    held = waiting(ctx)
    stopped = blocked_queue.totals(ctx)
    differs = variances.open_totals(ctx)
    tied = tie_out(night.manifests, prepared.settings.reports_folder)
    seconds = time.monotonic() - began
    output.document(
        {
            "home": prepared.settings.home,
            "posting_date": night.posting_date,
            "counts": night.intake.counts,
            "reconciled": night.reconciled,
            "submitted": night.submitted,
            "blocked": dict(zip(("claims", "charge_cents"), stopped, strict=True)),
            "books": dataclasses.asdict(overview),
            "variances": {kind: dict(zip(("cases", "open_cents"), of, strict=True)) for kind, of in differs.items()},
            "top_causes": [dataclasses.asdict(cause) for cause in causes],
            "waiting": [dataclasses.asdict(one) for one in held],
            "tie_out": dataclasses.asdict(tied) | {"to_come_cents": tied.to_come_cents, "agrees": tied.agrees},
            "milliseconds": round(seconds * 1000),
        }
    )
    _say(output, night, overview, causes, held, tied, stopped, differs)
    _say_next(output, prepared, key, seconds)


def _say(
    output: console.Output,
    night: Night,
    overview: Overview,
    causes: list[Cause],
    held: list[Held],
    tied: TieOut,
    stopped: tuple[int, int],
    differs: dict[str, tuple[int, int]],
) -> None:
    dollars, counts, done, sent = console.dollars, night.intake.counts, night.reconciled, night.submitted
    output.say("")
    output.say(
        f"Came in   {sum(counts.values())} files: "
        + ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    )
    output.say(f"Charged   {done.get('claims_charged', 0)} claims, {dollars(done.get('charged_cents', 0))}")
    output.say(
        f"Posted    {done.get('remittances_posted', 0)} remittances, {dollars(done.get('posted_cents', 0))}; "
        f"{done.get('remittances_duplicate', 0)} came twice and counts once"
    )
    left = f"{sent['claims_sent']} claims, {dollars(sent['sent_cents'])}, in {sent['batches']} files"
    output.say(
        f"Sent      {left if sent['claims_sent'] else 'nothing'}; "
        f"{stopped[0]} claims, {dollars(stopped[1])}, wait for a correction: claims blocked list"
    )
    denied = f"{overview.open_denials.count} open cases, {dollars(overview.open_denials.cents)} at risk"
    output.say(f"Denied    {denied}{'; most of it:' if causes else ''}")
    rows = [(dollars(one.at_risk_cents), one.cases, one.category, one.cause, one.next_action) for one in causes]
    if rows:
        output.table("", (">At risk", ">Cases", "Kind", "Why", "What to do"), rows)
    for kind, (cases, cents) in differs.items():
        against = "below" if kind == "underpaid" else "above"
        output.say(f"Contract  {cases} lines allowed {dollars(abs(cents))} {against} it: claims variances list")
    output.say(f"Waiting   {len(held)} things need a person:" if held else "Waiting   nothing")
    kinds = Counter((one.title, one.release) for one in held)
    worth = {kind: sum(one.amount_cents for one in held if (one.title, one.release) == kind) for kind in kinds}
    if kinds:
        waiting = [(dollars(worth[kind]), number, *kind) for kind, number in kinds.items()]
        output.table("", (">Amount", ">Things", "What", "What releases it"), waiting)
    output.say(
        f"Tie-out   posted {dollars(tied.posted_cents)} = in the bank {dollars(tied.bank_cents)} + still to come "
        f"{dollars(tied.to_come_cents)}; ledger {dollars(tied.ledger_cents)}, "
        f"{'equal to the cent' if tied.agrees else 'NOT equal'}"
    )
    output.say(
        f"          besides: {dollars(tied.held_cents)} of remittances held, "
        f"{dollars(tied.unexplained_bank_cents)} in the bank without a posted remittance"
    )


def _say_next(output: console.Output, prepared: Prepared, key: str, seconds: float) -> None:
    """Print commands that work as they stand, in this folder."""
    program, home, day = _program(), shlex.quote(str(prepared.settings.home)), prepared.posting_date
    elsewhere = " CLAIMS_DATABASE_URL=" if os.environ.get("CLAIMS_DATABASE_URL") else ""
    lines = [
        (f"export CLAIMS_HOME={home}{elsewhere}", "work in the demo's folder from now on"),
        (f"{program} denials list", "the queue, most urgent first"),
        (f"{program} denials show {key}", "the story of the first case, down to the payer's own segments"),
        (f"{program} variances list", "what a payer allowed below its contract, with the sum of each"),
        (f"{program} exceptions list", "what is held or does not match, and what releases it"),
        (f"{program} audit verify", "that every cent is where its file says"),
        (f"{program} report tieout --as-of {day}", "bank = remittances = ledger, as files"),
        (f"{program} run --inbox {home}/inbox --date {day}", "the same night again: nothing changes"),
    ]
    lines = [line for line in lines if key or " show " not in line[0]]
    width = max(len(command) for command, _ in lines)
    output.say("")
    output.say(f"Done in {seconds:.0f} s. Each of these lines can be typed as it stands:")
    for command, why in lines:
        output.say(f"  {command:{width}}  # {why}")


def _program() -> str:
    """Give what to type for this program: its name when the shell finds it, else the way it was called."""
    called = Path(sys.argv[0])
    found = shutil.which("claims")
    if found and called.exists() and Path(found).resolve() == called.resolve():
        return "claims"
    return shlex.quote(str(called)) if called.name == "claims" and called.exists() else "claims"
