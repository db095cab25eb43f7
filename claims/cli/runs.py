"""``claims runs``: who worked on the books and when, by the numbers that ``claims undo run:NO`` takes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for
from claims.cli.typed import number_of

COLUMNS = [">Run", "Kind", "Posting day", "Began", "By", "State", ">Files", ">Charged", ">Posted", ">Denials"]
FILE_COLUMNS = ["File", "Content", "Became", "Why", ">Sets", ">Claims", ">Billed", ">Paid", ">Findings"]
BECAME = ("stored", "held", "refused", "duplicate")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    runs = typer.Typer(no_args_is_help=True, help="See the nights, undos and other runs, by their numbers.")
    runs.command("list")(list_runs)
    runs.command("show")(show_run)
    app.add_typer(runs, name="runs")


def list_runs(
    kind: Annotated[str, typer.Option(help="Only one kind, such as nightly, undo or replay.")] = "",
    before: Annotated[str, typer.Option(metavar="NO", help="Only runs before this one.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
) -> None:
    """List runs, the newest first: what each was, for which accounting day, who began it, and what came of it.

    Example: claims runs list --kind nightly
    """
    from claims.service import run_story

    output = console.current()
    start = number_of(before, "claims runs list") if before else 0
    ctx = context_for(output, "desk.read")
    rows = console.records(run_story.listed(ctx, before=start, limit=limit, kind=kind))
    output.document({"runs": rows})
    output.table("Runs", COLUMNS, [_run(row) for row in rows])
    output.say(f"{len(rows)} run(s)." + (f" Older ones: --before {rows[-1]['run_id']}" if len(rows) == limit else ""))
    if rows:
        output.say("More about one: claims runs show NO")


def show_run(number: Annotated[str, typer.Argument(metavar="NO", help="The number that the list shows.")]) -> None:
    """Tell one run: its counts, and what became of each file that came in with it.

    Example: claims runs show 12
    """
    from claims.service import run_story

    output = console.current()
    told, found = run_story.told(context_for(output, "desk.read"), number_of(number, "claims runs list"))
    files = console.records(found)
    output.document(told | {"files": files})
    output.say(f"Run {told['run_id']}: {told['kind']} for {told['posting_date']}, {told['state']}")
    output.say(f"  By         {told['actor']}")
    output.say(f"  Time       {told['began']} to {told['ended'] or 'now'}")
    counts = {name: value for name, value in told["counts"].items() if value}
    output.table("Counts", ["What", ">Number"], [(_heading(name), _worth(name, counts[name])) for name in counts])
    output.table("File by file", FILE_COLUMNS, [_file(row) for row in files])
    if told["kind"] in run_story.NIGHTS:
        output.say(f"What an undo of it would write: claims undo run:{told['run_id']} --dry-run")


def _run(row: dict[str, Any]) -> tuple[Any, ...]:
    counts = row["counts"]
    charged, posted = counts.get("charged_cents", 0), counts.get("posted_cents", 0)
    return (
        *(row["run_id"], row["kind"], row["posting_date"], row["began"], row["actor"], row["state"]),
        sum(counts.get(name, 0) for name in BECAME) or "",
        *(console.dollars(cents) if cents else "" for cents in (charged, posted)),
        counts.get("denials_opened", 0) or "",
    )


def _file(row: dict[str, Any]) -> tuple[Any, ...]:
    became, why = ("duplicate", "seen before") if row["is_duplicate"] else (row["state"], row["reason_code"])
    return (
        *(row["sha256"][:12], row["sets"] or row["content"], became, why),
        *(row["sets_in_it"] or "", row["claims"] or ""),
        *(console.dollars(row[name]) if row[name] else "" for name in ("charge_cents", "payment_cents")),
        row["findings"] or "",
    )


def _heading(name: str) -> str:
    return name.removesuffix("_cents").replace("_", " ").capitalize()


def _worth(name: str, value: int) -> str:
    return console.dollars(value) if name.endswith("_cents") else f"{value:,}"
