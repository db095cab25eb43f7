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
        Path | None, typer.Option("--frames", help="Write every frame into this folder; they hold patient data.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How frames are written.")] = Format.parquet,
) -> None:
    """Read X12 files and say what is in them: a line per transaction set, and what is wrong. No database.

    Exit code 1 when a file or a transaction set is held or refused.

    Example: claims read remit.835 --frames out --format csv
    """
    from claims.x12.summary import FileSummary

    output, documents = console.current(), []
    if frames and frames.exists() and not frames.is_dir():
        raise UsageError(f"{frames} is a file; name a folder.")
    for number, path in enumerate(files, 1):
        if not path.is_file():
            raise UsageError(f"{path} is a folder; name files." if path.is_dir() else f"There is no file {path}.")
        whole = FileSummary(str(path))
        for part_number, part in enumerate(_parts(path), 1):
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


def _parts(path: Path) -> Iterator[X12File]:
    from claims import x12

    yield from x12.scan(path)


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


def _money(cents: int | None) -> str:
    from claims.money import amount

    return "" if cents is None else amount(cents)


def _balance(row: dict[str, Any]) -> str:
    if not any(good is not None for good in row["balanced"].values()):
        return ""
    off = [level for level, good in row["balanced"].items() if good is False]
    return "off: " + ", ".join(off) if off else "yes"


def _show(output: console.Output, document: dict[str, Any]) -> None:
    from claims.x12 import advice

    output.say(f"{document['file']}: {document['bytes']} bytes, {len(document['interchanges'])} interchange(s)")
    columns = [
        ">seg",
        "set",
        "guide",
        ">claims",
        ">lines",
        ">charged",
        ">paid",
        ">provider adj.",
        ">payment",
        "balances",
    ]
    rows = [
        (
            row["seg"], row["set"], row["guide"], row["claims"], row["service_lines"], _money(row["charge_cents"]),
            _money(row["paid_cents"]), _money(row["plb_cents"]), _money(row["payment_cents"]), _balance(row),
        )
        for row in document["transactions"]
    ]  # fmt: skip
    output.table("Transaction sets", columns, rows)
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
