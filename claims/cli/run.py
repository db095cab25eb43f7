"""``claims run``: the whole night over an inbox, and what a biller and an auditor want to know about it."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.ingest import say_known_rows
from claims.days import read_day
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.config import Settings
    from claims.service.overview import Amount, Overview
    from flows.nightly import Night

SOMETHING_HELD = 1
DOING = {  # what the person sees while a step runs
    "open_books": "opening the books",
    "start_prefect": "starting Prefect",
    "open_run": "opening the run",
    "register_files": "registering files",
    "load_file": "reading files",
    "resolve_identities": "telling new from repeated",
    "post_charges": "charging claims",
    "apply_answers": "following the claims sent",
    "match_again": "moving payments to later versions",
    "match_claims": "matching payments to claims",
    "post_remittances": "posting remittances",
    "post_voids": "taking back voided charges",
    "match_deposits": "tying to the bank",
    "price_decisions": "holding payments against contracts",
    "open_denials": "opening denials",
    "record_decisions": "telling each claim what was decided",
    "watch_answers": "asking for missing answers",
    "propose_edits": "learning from rejections",
    "prepare_claims": "looking at claims to send",
    "submit_claims": "sending claims",
    "write_report": "writing reports",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    inbox: Annotated[Path | None, typer.Option(help="Folder of new files; default: inbox in the data folder.")] = None,
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Accounting day; default: today.")] = "",
) -> None:
    """Run the whole night: read, post, tie to the bank, open denials, send ready claims, write reports.

    Safe to repeat. Claims that no edit stops leave as files in the outbox (claims submit --dry-run shows them).

    Example: claims run --inbox edi_samples/day/inbox --date 2026-11-20
    """
    from claims import config
    from flows.launch import run_night

    began = time.monotonic()
    settings = config.load()
    posting_date = posting_day(day)
    folder = _inbox(inbox, settings)
    output = console.current()
    with spinner(output) as show:
        night, overview = run_night(
            settings, folder, posting_date, actor=output.actor, watch=lambda step: show(DOING.get(step, step))
        )
    seconds = time.monotonic() - began
    output.document(document(night, overview, settings.reports_folder, seconds))
    say(output, night, overview, settings.reports_folder, seconds)
    broken = broken_checks(settings.reports_folder, night.manifests)
    for sentence in broken:
        output.warn(sentence)
    if stopped(night, overview) or broken:
        raise typer.Exit(SOMETHING_HELD)


def broken_checks(reports: Path, manifests: Sequence[str]) -> list[str]:
    """Say which checks of the night's reports do not hold."""
    from claims.reports import manifest

    return [
        f"Report {Path(one).parts[-2]}: {sentence}"
        for one in manifests
        for sentence in manifest.broken(manifest.load((reports / one).parent))
    ]


def stopped(night: Night, overview: Overview) -> bool:
    """Tell whether this night held or refused something."""
    counts = night.intake.counts
    return bool(counts["held"] or counts["refused"] or overview.new_stops)


def document(night: Night, overview: Overview, reports: Path, seconds: float) -> dict[str, Any]:
    """Give the night as one JSON document; files by our own id and hash, never by name."""
    return {
        "run_id": night.run_id,
        "posting_date": night.posting_date,
        "state": "done",
        "counts": night.intake.counts,
        "files": [
            {key: getattr(outcome, key) for key in ("file_id", "sha256", "state", "reason_code", "sets", "counts")}
            for outcome in night.intake.outcomes
        ],
        "reconciled": night.reconciled,
        "submitted": night.submitted,
        "books": dataclasses.asdict(overview),
        "reports": [str(reports / manifest) for manifest in night.manifests],
        "milliseconds": round(seconds * 1000),
    }


def say(output: console.Output, night: Night, overview: Overview, reports: Path, seconds: float) -> None:
    """Print what happened, what is open, and what to type next."""
    counts = night.intake.counts
    done = night.reconciled
    output.say(f"Night of {night.posting_date} (run {night.run_id}) done in {seconds:.0f} s.")
    if not any(counts.values()):
        output.say("No files in the inbox; the books were brought up to date.")
    elif not any(number for state, number in counts.items() if state != "duplicate") and not work_done(done):
        output.say("Nothing new: every file was here before, and the books are as they were.")
    output.table("", ("What", "Tonight", "Now"), _rows(counts, done, night.submitted, overview))
    stops = [outcome for outcome in night.intake.outcomes if outcome.state != "stored"]
    if stops:
        columns = (">File", "Sha256", "State", "Sets", "Because of")
        output.table(
            "Not stored whole",
            columns,
            [(one.file_id, one.sha256[:12], one.state, one.sets, one.reason_code) for one in stops],
        )
    say_known_rows(output, night.intake.outcomes)
    if overview.open_exceptions:
        rows = [(code, one.count, console.dollars(one.cents)) for code, one in overview.open_exceptions.items()]
        output.table("Open exceptions", ("Type", ">Count", ">Amount"), rows)
    for folder in sorted({(reports / manifest).parents[1] for manifest in night.manifests}):
        names = [Path(one).parts[-2] for one in night.manifests if (reports / one).parents[1] == folder]
        output.say(f"Reports in {folder}: {', '.join(names)}")
    output.say("")
    output.say("Next:")
    if overview.open_denials.count:
        output.say("  claims denials list       the queue, most urgent first")
    if overview.open_exceptions:
        output.say("  claims exceptions list    what is held or does not match, and what releases it")
    output.say("  claims audit verify       that every cent is where its file says")


def _rows(
    counts: dict[str, int], done: dict[str, int], submitted: dict[str, int], overview: Overview
) -> list[tuple[str, str, str]]:
    files = ", ".join(f"{number} {state}" for state, number in counts.items() if number) or "none"
    charged = f"{done.get('claims_charged', 0)} charged, {console.dollars(done.get('charged_cents', 0))}"
    sent = (
        f"{submitted['claims_sent']} claims in {submitted['batches']} files, {console.dollars(submitted['sent_cents'])}"
    )
    posted = f"{done.get('remittances_posted', 0)} posted, {console.dollars(done.get('posted_cents', 0))}"
    waiting = overview.bank_lines.cents - overview.tied_deposits.cents
    cash = f"{_worth(overview.tied_deposits)} tied to remittances, {console.dollars(waiting)} not"
    return [
        ("Files", files, ""),
        ("Claims", charged, ""),
        ("Sent", sent, ""),
        ("Remittances", posted, f"{_worth(overview.held_remittances)} held"),
        ("Bank", "", cash),
        ("Denials", f"{_worth(overview.new_denials)} at risk", f"{_worth(overview.open_denials)} at risk, open"),
    ]


def _worth(amount: Amount) -> str:
    return f"{amount.count}, {console.dollars(amount.cents)}"


# A posting cannot be moved to another day later: a mistyped year is stopped here.
FURTHEST_DAYS = 31

# What a reconcile may find standing and leave as it is; everything else in its counts is work done.
STANDING = (
    "answers_unknown",
    "payments_unmatched",
    "deposits_unexplained",
    "remittances_without_deposit",
    "at_risk_cents",
)


def work_done(counts: Mapping[str, int]) -> bool:
    """Tell whether a reconcile changed anything."""
    return any(value for name, value in counts.items() if name not in STANDING)


def posting_day(text: str) -> date | None:
    """Read the option --date; None when it was not given."""
    try:
        day = read_day(text) if text else None
    except ValueError:
        raise UsageError("--date wants a day like 2026-11-20.") from None
    if day and (day - date.today()).days > FURTHEST_DAYS:
        raise UsageError(f"--date {day} is more than {FURTHEST_DAYS} days ahead; is the year right?")
    return day


def _inbox(given: Path | None, settings: Settings) -> Path:
    folder = given or settings.inbox_folder
    if given is None and settings.home.is_dir():
        folder.mkdir(exist_ok=True)
    if not folder.exists():
        raise UsageError(f"There is no folder {folder}. Name one: claims run --inbox DIR")
    return folder


@contextlib.contextmanager
def spinner(output: console.Output) -> Iterator[Any]:
    """Show what the night is doing, on a terminal only."""
    if output.quiet or output.json or not sys.stderr.isatty():
        yield lambda words: None
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status("starting") as status:
        yield lambda words: status.update(f"{words} ...")
