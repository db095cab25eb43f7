"""``claims read``: X12 files come in, a summary per transaction set goes out; no database."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.errors import UsageError

if TYPE_CHECKING:
    from claims.x12 import X12File

_SHOWN_FINDINGS = 50


class Format(StrEnum):
    """How frames are written."""

    parquet = "parquet"
    csv = "csv"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read")(read)


def read(
    files: Annotated[list[Path], typer.Argument(help="X12 files: 835, 837, 999, 997, 277CA, TA1.", metavar="FILE...")],
    frames: Annotated[
        Path | None,
        typer.Option(
            "--frames",
            help="Write every frame into this folder, of several files into 001, 002 ... in it; they hold patients.",
        ),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How frames are written.")] = Format.parquet,
    complete: Annotated[
        bool, typer.Option("--complete", help="Read all of each claim (837), so that claims write loses nothing of it.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the frames in a folder that is not empty; other files in it stay.")
    ] = False,
) -> None:
    """Read X12 files and say what is in them: a line per set, what an answer (999, TA1, 277CA) says, what is wrong.

    No database. Exit code 1 when a file or a transaction set is held or refused.

    Example: claims read remit.835 --frames out --format csv
    """
    from claims.x12.summary import FileSummary

    output, documents = console.current(), []
    for path in files:
        if not path.is_file():
            raise UsageError(f"{path} is a folder; name files." if path.is_dir() else f"There is no file {path}.")
    if frames:
        _make_room(frames, force=force)
    for number, path in enumerate(files, 1):
        whole = FileSummary(str(path))
        for part_number, part in enumerate(_parts(path, complete=complete), 1):
            whole.add(part)
            if frames:
                folder = frames if len(files) == 1 else frames / f"{number:03d}"
                _write(part, folder, format, part_number)
        documents.append(whole.document())
        if not output.json and not output.quiet:
            _show(output, documents[-1])
    output.document({"files": documents})
    if any(finding["severity"] != "note" for document in documents for finding in document["findings"]):
        raise typer.Exit(1)


def _make_room(folder: Path, *, force: bool) -> None:
    """Refuse a folder in which frames of another reading could stay beside the new ones; with `force` remove those."""
    from claims.x12.frame_files import frame_paths

    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not force:
        raise UsageError(f"{folder} is not empty; name another folder, or --force to replace the frames in it.")
    for path in frame_paths(folder):
        path.unlink()


def _parts(path: Path, *, complete: bool) -> Iterator[X12File]:
    from claims import x12

    yield from x12.scan(path, complete=complete)


def _write(part: X12File, folder: Path, format: Format, number: int) -> None:
    """Write the frames of a part: one CSV each for the whole file, or one Parquet file each per part."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in part.frames.items():
        if format is Format.csv:
            first = number == 1
            frame.to_csv(folder / f"{name}.csv", index=False, mode="w" if first else "a", header=first)
        else:
            suffix = "" if number == 1 else f"-{number:04d}"
            frame.to_parquet(folder / f"{name}{suffix}.parquet", index=False)


def _balance(row: dict[str, Any]) -> str:
    if not any(good is not None for good in row["balanced"].values()):
        return ""
    off = [level for level, good in row["balanced"].items() if good is False]
    return "off: " + ", ".join(off) if off else "yes"


def _show(output: console.Output, document: dict[str, Any]) -> None:
    from claims.x12 import advice

    counts = [
        console.counted(document["bytes"], "byte"),
        console.counted(len(document["interchanges"]), "interchange"),
        console.counted(len(document["transactions"]), "transaction set"),
    ]
    output.say(f"{document['file']}: {', '.join(counts)}")
    columns = [
        ">seg",
        "set",
        "guide",
        ">claims",
        ">lines",
        ">charged",
        ">paid",
        ">PLB",
        ">payment",
        "balances",
    ]
    money = ("charge_cents", "paid_cents", "plb_cents", "payment_cents")
    rows = [
        (
            row["seg"], row["set"], row["guide"], row["claims"], row["service_lines"],
            *(console.dollars(row[name]) for name in money), _balance(row),
        )
        for row in document["transactions"]
    ]  # fmt: skip
    output.table("Transaction sets", columns, rows)
    _show_answers(output, document["answers"])
    findings = document["findings"]
    shown = [
        (row["severity"], row["code"], row["seg"], row["element"], row["message"])
        for row in sorted(findings, key=lambda row: ("reject", "hold", "note").index(row["severity"]))
    ]
    output.table("Findings", ["severity", "code", ">seg", "element", "what, and what happens"], shown[:_SHOWN_FINDINGS])
    for code in dict.fromkeys(row[1] for row in shown[:_SHOWN_FINDINGS] if row[0] != "note"):
        output.say(f"What to do about {code}: {advice(code)}.")
    if len(shown) > _SHOWN_FINDINGS:
        output.say(f"{len(shown) - _SHOWN_FINDINGS} more findings: claims read --json lists all.")


def _show_answers(output: console.Output, answers: list[dict[str, Any]]) -> None:
    """Say what a file that answers another says of it: of a 999 also which sets, of a 277CA why."""
    for one in answers[:_SHOWN_FINDINGS]:
        output.say(f"{one['says']}.")
        for own in one.get("rejected_sets", ())[:_SHOWN_FINDINGS]:
            output.say(f"  set {own['control']}: {own['meaning']} ({' '.join(own['codes'])})")
        for reason in one.get("reasons", ()):
            often = "once" if reason["count"] == 1 else f"{reason['count']:,} times"
            output.say(f"  {reason['level']} {reason['code']}, {often}: {reason['meaning']}")
    if len(answers) > _SHOWN_FINDINGS:
        output.say(f"{len(answers) - _SHOWN_FINDINGS} more answers: claims read --json lists all.")
