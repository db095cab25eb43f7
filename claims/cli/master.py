"""``claims master``: payers, providers, partners and rules, imported, shown and checked as a whole."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.cli.acting import context_for

if TYPE_CHECKING:
    import pandas as pd

    from claims.service.master import Imported

SHOWN_ROWS = 200
COLUMNS_ABREAST = 8  # of a table; wider kinds are shown row by row
PRIVATE = ("member_id",)
Kind = Annotated[str, typer.Argument(help="A kind of master data, like payers; claims master columns lists them.")]
At = Annotated[str, typer.Option("--at", metavar="YYYY-MM-DD", help="The day that rows are in force; default: today.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Payers, providers, partners and rules of the practice.")
    group.command("import")(import_files)
    group.command("show")(show)
    group.command("check")(check)
    group.command("columns")(list_columns)
    group.command("template")(template)
    app.add_typer(group, name="master")


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="CSV files, or folders of them.", exists=True)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Each file is the whole truth of its kind: what it lacks is ended.")
    ] = False,
) -> None:
    """Import master data and code lists; which file is which is told from its header. Safe to repeat.

    Rows are added, or changed when a row of the same key and first day is known. Ends with 1 when a row was refused.

    Example: claims master import edi_samples/master
    """
    from claims.service.master import find_master_files
    from claims.service.master import import_files as import_all

    output = console.current()
    ctx = context_for(output, "master.change")
    done = import_all(ctx, find_master_files(paths), replace=replace)
    output.document({"files": [_as_document(one) for one in done]})
    names = ("rows", "added", "changed", "unchanged", "ended", "refused")
    rows = [(one.path.name, one.kind or "?", one.state, *(one.counts.get(name, 0) for name in names)) for one in done]
    output.table("", ("File", "Kind", "State", *(f">{name.capitalize()}" for name in names)), rows)
    told = [(one.path.name, row["message"]) for one in done for row in console.records(one.findings)]
    if told:
        output.table("Findings", ("File", "What"), told)
    for note in dict.fromkeys(note for one in done for note in one.notes):
        output.say(f"Note: {note}.")
    if not any(one.is_changed for one in done):
        output.say("Nothing changed: all of it was known.")
    output.say("Next: claims master check")
    if any(one.state != "stored" for one in done):
        raise typer.Exit(1)


_TOLD = ["code", "severity", "seg", "element", "offset", "expected", "message"]


def _as_document(one: Imported) -> dict[str, Any]:
    return {
        "file": one.path.name,
        "kind": one.kind,
        "state": one.state,
        "changed": one.is_changed,
        "counts": one.counts,
        "notes": one.notes,
        "findings": console.records(
            one.findings[["code", "severity", "seg", "element", "offset", "expected", "message"]]
        ),
    }


def show(
    kind: Kind,
    at: At = "",
    known_at: Annotated[
        str, typer.Option("--known-at", metavar="INSTANT", help="As it was known then, like 2026-11-22T00:35:11Z.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help=f"More than {SHOWN_ROWS} rows, too.")] = False,
    show_phi: Annotated[bool, typer.Option("--show-phi", help="Show member ids; this is audited.")] = False,
) -> None:
    """Show the rows of a kind that are in force on a day.

    Example: claims master show payers --at 2026-09-08
    """
    from claims.cli.report import instant
    from claims.master import keys
    from claims.service.context import open_context
    from claims.service.master import shown

    output = console.current()
    ctx = open_context(actor=output.actor)
    day = _day(at) or int(ctx.settings.today().strftime("%Y%m%d"))
    rows = shown(ctx, kind, day, instant(known_at) if known_at else None, show_phi=show_phi)
    listed = console.records(_readable(rows, kind, show_phi=show_phi))
    output.document({"kind": kind, "at": f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}", "rows": listed})
    part = listed if every else listed[:SHOWN_ROWS]
    usual = _usual(kind)
    names = [name for name in (listed[0] if listed else {}) if any(row[name] != usual.get(name) for row in listed)]
    if len(names) <= COLUMNS_ABREAST:
        output.table(kind, names, [[row[name] for name in names] for row in part])
    for row in part if len(names) > COLUMNS_ABREAST else []:
        title = " ".join(str(row[name]) for name in keys(kind))
        output.table(title, ("Column", "Value"), [(name, row[name]) for name in names if row[name] != usual.get(name)])
    if len(part) < len(listed):
        output.say(f"{len(listed) - len(part)} more rows; --all shows them.")


def _usual(kind: str) -> dict[str, Any]:
    """Give what each column that is no key says when nobody filled it."""
    from claims.master import EFFECTIVE, columns

    usual = {column.target: column.value_of_empty for column in columns()[kind] if not column.is_key}
    flags = {column.target: column.default for column in columns()[kind] if column.values == "flag"}
    days = {column.target: "" for column in (*columns()[kind], *EFFECTIVE) if column.dtype == "int32"}
    return usual | flags | {name: day for name, day in days.items() if name in usual or name.startswith("effective")}


def _readable(rows: pd.DataFrame, kind: str, *, show_phi: bool) -> pd.DataFrame:
    """Write days and amounts as people do, and hide members."""
    from claims.master import EFFECTIVE, columns
    from claims.money import amount

    shown = rows.copy()
    for column in (*columns()[kind], *EFFECTIVE):
        values = rows[column.target]
        if column.dtype == "int32":
            shown[column.target] = [_iso(day) for day in values.tolist()]
        elif column.values == "amount":
            place = shown.columns.get_loc(column.target)
            shown.insert(place, column.name, [amount(cents) for cents in values.tolist()])  # type: ignore[arg-type]
        elif column.values == "percent":
            place = shown.columns.get_loc(column.target)
            words = [f"{milli // 1000}.{milli % 1000:03d}".rstrip("0").rstrip(".") for milli in values.tolist()]
            shown.insert(place, column.name, words)  # type: ignore[arg-type]
        elif column.values == "flag":
            shown[column.target] = values.map({True: "Y", False: "N"})
        elif column.name in PRIVATE:
            shown[column.target] = [console.mask(text, show=show_phi) for text in values.tolist()]
    return shown


def _iso(day: int) -> str:
    always = day in (0, 101_01, 9999_12_31)
    return "" if always else f"{day // 10_000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def _day(text: str) -> int:
    from claims.errors import UsageError
    from claims.master.kinds import KINDS

    day = KINDS["bound"].read(text) if text else 0
    if day is None:
        raise UsageError("A day is written like 2026-01-31.")
    return int(day)


def check(at: At = "") -> None:
    """Look for gaps: references that lead nowhere, a partner in test mode, a provider who is enrolled nowhere.

    Ends with 1 when there is one.

    Example: claims master check
    """
    from claims.service.context import open_context
    from claims.service.master import gaps

    output = console.current()
    ctx = open_context(actor=output.actor)
    rows = console.records(gaps(ctx, _day(at) or int(ctx.settings.today().strftime("%Y%m%d"))))
    output.document({"gaps": rows})
    if rows:
        output.table(
            "Gaps",
            ("Kind", "Which", "What", "Next"),
            [(r["kind"], r["key"], r["message"], r["next_step"]) for r in rows],
        )
        raise typer.Exit(1)
    output.say("Nothing is missing.")


def list_columns(
    kind: Annotated[str, typer.Argument(help="A kind of master data; default: the kinds themselves.")] = "",
) -> None:
    """List the kinds of master data, or the columns of one: what they hold, and what an empty cell means.

    Example: claims master columns payers
    """
    from claims.master import EFFECTIVE, columns

    output = console.current()
    if not kind:
        kinds = {name: [column.name for column in own if column.is_key] for name, own in columns().items()}
        output.document({"kinds": [{"kind": name, "key": key} for name, key in kinds.items()]})
        output.table("", ("Kind", "A row is known by"), [(name, ", ".join(key)) for name, key in kinds.items()])
        return
    own = [*_columns_of(kind), *EFFECTIVE]
    output.document({"kind": kind, "columns": [column._asdict() for column in own]})
    rows = [
        (
            column.name,
            "key" if column.is_key else "",
            "yes" if column.is_required else column.default,
            f"{column.values}, {column.longest}",
            column.example,
            column.says or " ".join(column.one_of),
        )
        for column in own
    ]
    output.table(kind, ("Column", "", "Needed", "Holds", "Example", "What it says"), rows)


def template(kind: Kind) -> None:
    """Print a CSV to begin with: the header row, and an invented row as an example.

    Example: claims master template payers > payers.csv
    """
    from claims.master import EFFECTIVE

    output = console.current()
    own = [*_columns_of(kind), *EFFECTIVE]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in own])
    writer.writerow([*(column.example for column in own[: -len(EFFECTIVE)]), "", ""])
    output.document({"kind": kind, "csv": text.getvalue()})
    output.say(text.getvalue().rstrip("\n"))


def _columns_of(kind: str) -> Any:
    from claims.errors import NotFoundError
    from claims.master import columns

    if kind not in columns():
        raise NotFoundError("kind of master data", f"{kind}; there are: {', '.join(columns())}")
    return columns()[kind]
