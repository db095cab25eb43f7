"""``claims check``: X12 files come in, what is wrong with them by their guides and their sums goes out; no database."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from claims.cli import console
from claims.errors import DatabaseNotReadyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from claims.x12 import X12File


class Severity(StrEnum):
    """How bad a finding is."""

    reject = "reject"
    hold = "hold"
    note = "note"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    files: Annotated[list[Path], typer.Argument(help="X12 files: 835, 837, 999, 997, 277CA, TA1.", metavar="FILE...")],
    acknowledge: Annotated[
        Path | None, typer.Option("--ack", help="Write the TA1 and 999 that answer each file into this folder.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List every finding and every set, not groups.")] = False,
    severity: Annotated[Severity, typer.Option(help="Show only findings that are at least so bad.")] = Severity.note,
    code: Annotated[list[str] | None, typer.Option(help="Show only findings with this code; may be repeated.")] = None,
    show_phi: Annotated[
        bool, typer.Option("--show-phi", help="Show segments with names and numbers of people; this is audited.")
    ] = False,
) -> None:
    """Check X12 files by their guides and their sums, and say what to do about each kind of fault. No database.

    Shown segments are masked: [9] stands for nine characters. Exit code 1 when a file or a transaction set is held or
    refused. Of an answer (999, TA1, 277CA) claims read says what it answers.

    Example: claims check claims.837 --ack outbox
    """
    output, documents, is_clean = console.current(), [], True
    codes = _known(code or [])
    if problem := missing(files):
        raise UsageError(problem)
    if acknowledge and acknowledge.exists() and not acknowledge.is_dir():
        raise UsageError(f"{acknowledge} is a file; name a folder.")
    if show_phi and not output.json:
        _record_shown(output, files)
    for number, path in enumerate(files):
        if output.json:
            document = _document(path)
            is_clean &= all(finding["severity"] == "note" for finding in document["findings"])
            document["findings"] = [row for row in document["findings"] if _is_wanted(row, severity, codes)]
            documents.append(document)
        elif output.quiet:
            is_clean &= _is_clean(path)
        else:
            from claims.cli.checked import show

            if number:
                output.say()
            is_clean &= show(
                output, path, parts(path), least=severity, codes=codes, every=every, is_masked=not show_phi
            )
        if acknowledge:
            answers = [str(written) for written in _acknowledge(path, acknowledge)]
            if output.json:
                documents[-1]["written"] = answers
            for answer in answers:
                output.say(f"Written: {answer}")
    output.document({"files": documents})
    if not is_clean:
        raise typer.Exit(1)


def missing(files: list[Path]) -> str:
    """Say which of these is no file, "" when all are."""
    for path in files:
        if not path.is_file():
            return f"{path} is a folder; name files." if path.is_dir() else f"There is no file {path}."
    return ""


def parts(path: Path) -> Iterator[X12File]:
    """Read and check a file in parts, by the rules and with the code lists of the settings."""
    from claims import config, x12

    settings = config.load()
    yield from x12.scan_checked(path, rules=settings.check, code_lists=settings.code_list_folder)


def _document(path: Path) -> dict[str, Any]:
    from claims.x12.summary import FileSummary

    whole = FileSummary(str(path), is_checked=True)
    for part in parts(path):
        whole.add(part)
    return whole.document()


def _is_clean(path: Path) -> bool:
    severities = {severity for part in parts(path) for severity in part.findings["severity"].unique()}
    return severities <= {Severity.note.value}


def _is_wanted(finding: dict[str, Any], least: Severity, codes: frozenset[str]) -> bool:
    order = list(Severity)
    is_so_bad = order.index(Severity(finding["severity"])) <= order.index(least)
    return is_so_bad and (not codes or finding["code"] in codes)


def _known(asked: list[str]) -> frozenset[str]:
    """Return the codes asked for; one that no finding can have is wrong use."""
    if asked:
        from claims.x12.advice import known

        for code in asked:
            if code not in known():
                raise UsageError(f"No finding has the code {code}; docs/x12.md lists them.")
    return frozenset(asked)


def _acknowledge(path: Path, folder: Path) -> Sequence[Path]:
    """Write the answers to a file; return where they are."""
    from claims.x12 import acknowledgement_files

    return acknowledgement_files(path, folder)


def _record_shown(output: console.Output, files: list[Path]) -> None:
    """Write into the audit chain that patient data was shown; without a database, say that nobody records it."""
    import hashlib

    from claims.service.audited import record_shown
    from claims.service.context import open_context

    try:
        ctx = open_context(actor=output.actor)
    except DatabaseNotReadyError:
        output.warn("Patient data is shown; there is no database here in which that could be recorded.")
        return
    for path in files:
        with path.open("rb") as file:
            record_shown(ctx, f"file {hashlib.file_digest(file, 'sha256').hexdigest()}")
