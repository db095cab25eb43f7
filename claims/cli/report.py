"""``claims report NAME``: a report as of a day, and ``claims report verify DIR``: is it still what was written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.days import read_day
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.service.report import Making

FOUND_WRONG = 1
AsOf = Annotated[str, typer.Option("--as-of", metavar="YYYY-MM-DD", help="Accounting day; default: today.")]
KnownAt = Annotated[
    str,
    typer.Option("--known-at", metavar="INSTANT", help="Known by then, like 2026-11-30T18:00Z; default: now."),
]
Format = Annotated[str, typer.Option("--format", help="csv, xlsx, json or parquet.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder; default: reports/DAY/NAME in the data folder.")]

ABOUT = """Write a report as of a day, or check one that was written.

A report is a folder: its tables as files, and manifest.json with sums, checks and hashes. The same day gives the same
bytes whenever it is made; it ends with 1 where a check does not hold. Every column: docs/reports.md

Start with: claims report tieout --as-of 2026-11-30
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=ABOUT)
    group.command("tieout")(tieout)
    group.command("denials")(denials)
    group.command("aging")(aging)
    group.command("journals")(journals)
    group.command("matches")(matches)
    group.command("verify")(verify)
    app.add_typer(group, name="report")


def tieout(as_of: AsOf = "", known_at: KnownAt = "", format: Format = "csv", out: Out = None) -> None:
    """Tie bank, remittances and ledger to the cent; roll the receivable forward; list what is open.

    Example: claims report tieout --as-of 2026-11-30 --out month-end/tieout
    """
    _write("tieout", as_of, known_at, format, out)


def denials(as_of: AsOf = "", known_at: KnownAt = "", format: Format = "csv", out: Out = None) -> None:
    """List the denial cases as they stood: what, why, worth, by when, next action. Holds claim numbers.

    Example: claims report denials --as-of 2026-11-30 --format xlsx --out month-end/denials
    """
    _write("denials", as_of, known_at, format, out)


def aging(as_of: AsOf = "", known_at: KnownAt = "", format: Format = "csv", out: Out = None) -> None:
    """Age the open receivable by service date; adds up to the control accounts. Holds claim numbers.

    Example: claims report aging --as-of 2026-11-30 --out month-end/aging
    """
    _write("aging", as_of, known_at, format, out)


def journals(
    start: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM-DD", help="Default: first of the month of --to.")
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Default: the day of --as-of.")] = "",
    account: Annotated[str, typer.Option("--account", metavar="NUMBER", help="One account; default: all.")] = "",
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of", metavar="YYYY-MM-DD", help="What was taken back by then is told; default: --to, or today."
        ),
    ] = "",
    known_at: KnownAt = "",
    format: Format = "csv",
    out: Out = None,
) -> None:
    """List every ledger line of a stretch of days, and each account from start to end. Holds claim numbers.

    Example: claims report journals --from 2026-11-01 --to 2026-11-30 --out month-end/journals
    """
    from claims.service import journal_report
    from claims.store.queries.journals import Stretch

    first, last = day_of(start, "--from"), day_of(end, "--to")

    def of(day: date) -> Making:
        until = last or day
        return journal_report.of(Stretch(first or until.replace(day=1), until, account))

    _write(journal_report.NAME, as_of or end, known_at, format, out, of)


def matches(as_of: AsOf = "", known_at: KnownAt = "", format: Format = "csv", out: Out = None) -> None:
    """List why each claim payment is of its claim, and which claims were not taken. Holds claim numbers.

    Example: claims report matches --as-of 2026-11-30 --out month-end/matches
    """
    _write("matches", as_of, known_at, format, out)


def verify(folder: Annotated[Path, typer.Argument(help="The folder of one or more reports.")]) -> None:
    """Check written reports against their manifests: hashes, rows, sums, checks. Needs no database.

    Ends with 1 when something differs.

    Example: claims report verify month-end
    """
    from claims.service.report import verify_reports

    found = verify_reports(folder)
    output = console.current()
    output.document({"reports": found, "holds": not any(one["problems"] for one in found)})
    for one in found:
        if not one["problems"]:
            output.say(
                f"{one['folder']}: report {one['report']} is what was written; manifest {one['manifest_sha256']}."
            )
        for problem in one["problems"]:
            output.warn(f"{one['folder']}: {problem}")
    if any(one["problems"] for one in found):
        raise typer.Exit(FOUND_WRONG)


def _write(
    name: str,
    as_of: str,
    known_at: str,
    format_name: str,
    out: Path | None,
    making: Callable[[date], Making] | None = None,
) -> None:
    from claims.reports import manifest
    from claims.service.report import first_posting_day, write_report

    output = console.current()
    asked_day, known_by = day_of(as_of), instant(known_at) if known_at else None
    ctx = context_for(output, "desk.export")
    day = asked_day or ctx.settings.today()
    folder = out or ctx.settings.reports_folder / day.isoformat() / name
    path = write_report(ctx, name, day, known_by, format_name, folder, making(day) if making else None)
    content = manifest.load(path.parent)
    output.document(content | {"manifest": path})
    say(output, content, path)
    first = first_posting_day(ctx, content["parameters"]["known_at"])
    if first is None or first > day:
        then = f"the first posting day is {first}" if first else "nothing is posted at all"
        output.say(f"Nothing was posted on or before {day}; {then}.")
    if manifest.broken(content):
        raise typer.Exit(FOUND_WRONG)


def say(output: console.Output, content: dict[str, Any], path: Path) -> None:
    """Print a report's sums and checks, and where it lies."""
    from claims.reports import manifest

    parameters = content["parameters"]
    output.say(f"Report {content['report']} as of {parameters['as_of']}, known at {parameters['known_at']}.")
    output.table("", ("Table", ">Rows"), [(table["name"], f"{table['rows']:,}") for table in content["tables"]])
    totals = [(name, console.dollars(cents)) for name, cents in content["control_totals_cents"].items()]
    output.table("Control totals", ("Total", ">Amount"), totals)
    for sentence in manifest.broken(content):
        output.warn(sentence)
    held = sum(check["holds"] for check in content["checks"])
    output.say(f"{held} of {len(content['checks'])} checks hold.")
    output.say(f"{path.parent}: {', '.join(file['name'] for file in content['files'])}, {path.name}")
    output.say(f"Check it any time: claims report verify {path.parent}")
    output.say(f"Manifest sha256, to be noted elsewhere: {content['manifest_sha256']}")


def instant(text: str) -> str:
    """Read an ISO instant (without an offset: UTC) and write it as the tables keep theirs; refuse one to come.

    What will be known at an instant to come is open: a report of it would not be the same tomorrow.
    """
    from claims.store import clock

    try:
        if not re.match(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}", text.strip()):
            raise ValueError
        read = datetime.fromisoformat(text.strip())
        read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError("--known-at wants an instant like 2026-11-30T18:00:00Z.") from None
    known_at = read.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if known_at > clock.now():
        raise UsageError("--known-at lies in the future; leave it out for what is known now.")
    return known_at


def day_of(text: str, option: str = "--as-of") -> date | None:
    """Read an accounting day; None for an empty text."""
    try:
        return read_day(text) if text else None
    except ValueError:
        raise UsageError(f"{option} wants a day like 2026-11-30.") from None
