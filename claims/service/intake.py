"""Intake: files in an inbox become stored rows, each file in one database transaction, whatever is in it.

A file is first put into the vault and registered under its hash; only then is it read. A process that dies in between
leaves a registered file, which the next run takes up.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from claims.charges import is_charges_file
from claims.errors import ConfigError, DatabaseError
from claims.ledger.bank_bai2 import is_bai2, read_bai2
from claims.ledger.bank_columns import BankColumns
from claims.ledger.bank_file import is_bank_file, read_bank_file
from claims.ledger.patient_file import is_patient_file
from claims.service import bank_files, undone_statements
from claims.service.bank_files import bank_columns
from claims.service.charges_intake import load_charges
from claims.service.context import Context
from claims.service.file_outcome import (
    close_broken,
    close_rows,
    close_unreadable,
    close_whole,
    raise_broken,
    raise_unreadable,
)
from claims.service.patient_intake import load_patient_payments
from claims.service.runs import running
from claims.service.x12_intake import load_x12
from claims.store import filing, undo_bank, x12_rows
from claims.store.engine import read, write
from claims.store.handles import Connection

_HEAD = 4096

CHARGES_RUN = "charges"  # the kind of run in which claims to send come in
OTHER_WAY = {"to_send": "sent-elsewhere", "sent": "charges-to-send"}

# What a single file may do to us; anything else (a full disk, say) is the machine's and ends the run.
UNREADABLE = (PermissionError, FileNotFoundError, IsADirectoryError)

# Threads of one process take turns here instead of waiting for the database's own lock, which gives up after a while.
_ONE_WRITER = threading.Lock()


@dataclass(frozen=True)
class Receipt:
    """One arrival of a file; file_id 0: the machine would not let us read it, so it lies where it lay."""

    path: Path
    file_id: int
    receipt_id: int
    is_duplicate: bool


@dataclass(frozen=True)
class Outcome:
    """What became of a file: state is stored, held or refused."""

    file_id: int
    sha256: str
    state: str
    reason_code: str
    sets: str
    counts: dict[str, int]


@dataclass
class IngestReport:
    """What became of the files given; counts are stored, held, refused, duplicate and add up to the files."""

    run_id: int
    counts: dict[str, int]
    receipts: list[Receipt] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


def find_files(inbox: Path) -> list[Path]:
    """Files of a folder and the folders below it, sorted; hidden ones and those still being written stay out."""
    if inbox.is_file():
        return [inbox]
    found = (path for path in inbox.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(inbox).parts) and path.suffix != ".tmp"
    )


def register(ctx: Context, run_id: int, paths: Sequence[Path]) -> list[Receipt]:
    """Put files into the vault and register each arrival; the same bytes again are a duplicate.

    A file that cannot be read is listed as an exception and left; the next run tries it again.
    """
    receipts = []
    for path in paths:
        try:
            sha256 = ctx.vault.put(path)
        except UNREADABLE as error:
            with _ONE_WRITER, write(ctx.engine) as conn:
                raise_unreadable(conn, path.name, error.strerror or "unreadable", ctx.settings.today())
            receipts.append(Receipt(path, 0, 0, False))
            continue
        with _ONE_WRITER, write(ctx.engine) as conn:
            size = ctx.vault.path(sha256).stat().st_size
            file_id, receipt_id, is_duplicate = filing.register(conn, sha256, size, path.name, run_id)
            close_unreadable(conn, path.name, ctx.settings.today())
        receipts.append(Receipt(path, file_id, receipt_id, is_duplicate))
    return receipts


def pending(ctx: Context) -> list[int]:
    """Files that are registered and were never finished."""
    with read(ctx.engine) as conn:
        return filing.registered(conn)


def load_file(ctx: Context, run_id: int, file_id: int, posting_date: date | None = None) -> Outcome:
    """Read one registered file and store what it holds, all or nothing; a file that is finished is left alone."""
    with _ONE_WRITER, write(ctx.engine) as conn:
        row = filing.get(conn, file_id)
        if row.state == "registered":
            _load(conn, ctx, row, posting_date or ctx.settings.today())
            close_broken(conn, row, posting_date or ctx.settings.today())
            row = filing.get(conn, file_id)
    return Outcome(row.file_id, row.sha256, row.state, row.reason_code, row.sets, row.counts)


def _load(conn: Connection, ctx: Context, row: filing.FileRow, posting_date: date) -> None:
    path = ctx.vault.path(row.sha256)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    columns = bank_columns(ctx)
    if is_patient_file(head):
        load_patient_payments(conn, row, path, posting_date, ctx.actor)
    elif is_bank_file(head, columns):
        _load_bank(conn, ctx, row, path, columns, posting_date)
    elif is_bai2(head):
        _load_bai2(conn, ctx, row, path, posting_date)
    elif is_charges_file(head):
        load_charges(conn, row, path, posting_date)
    else:
        load_x12(conn, ctx, row, path, posting_date, origin=origin_of(filing.registered_by(conn, row.file_id)))


def origin_of(run_kind: str) -> str:
    """Tell what the claims of an 837 are that came in a run of this kind: to be sent by us, or sent elsewhere."""
    return "to_send" if run_kind == CHARGES_RUN else "sent"


def _load_bank(
    conn: Connection, ctx: Context, row: filing.FileRow, path: Path, columns: BankColumns, posting_date: date
) -> None:
    rows, problems = read_bank_file(path.read_bytes(), columns)
    lines, _ = bank_files.said(ctx, conn, rows, row.file_id)
    stored = x12_rows.save_bank_lines(conn, row.file_id, bank_files.placed(conn, lines))
    counts = {"rows": len(lines) + len(problems), "refused": len(problems)} | stored
    close_rows(conn, row, "bank", len(lines), problems, counts, posting_date)
    undone_statements.name(conn, ctx, posting_date, undo_bank.REPLACED)


def _load_bai2(conn: Connection, ctx: Context, row: filing.FileRow, path: Path, posting_date: date) -> None:
    rows, problems = read_bai2(path.read_bytes())
    lines, told = bank_files.said(ctx, conn, rows, row.file_id)
    problems = pd.concat([problems, told], ignore_index=True)
    stored = x12_rows.save_bank_lines(conn, row.file_id, bank_files.placed(conn, lines))
    counts = {"rows": len(lines), "findings": len(problems)} | stored
    close_whole(conn, row, "bank", problems, counts, posting_date)
    undone_statements.name(conn, ctx, posting_date, undo_bank.REPLACED)


def _outcome(ctx: Context, run_id: int, file_id: int, posting_date: date) -> Outcome:
    """Load one file; one that breaks us is listed, stays registered and is tried again by the next run."""
    if not file_id:
        return Outcome(0, "", "refused", "file-unreadable", "", {})
    try:
        return load_file(ctx, run_id, file_id, posting_date)
    except (DatabaseError, OSError, ConfigError):
        raise  # the machine's or the practice's, not the file's
    except Exception as error:
        with _ONE_WRITER, write(ctx.engine) as conn:
            row = filing.get(conn, file_id)
            raise_broken(conn, row, type(error).__name__, posting_date)
        return Outcome(file_id, row.sha256, "held", "file-broke-the-reader", row.sets, {})


def take_in(
    ctx: Context,
    run_id: int,
    kind: str,
    paths: Sequence[Path],
    posting_date: date,
    advance: Callable[[], None] = lambda: None,
) -> IngestReport:
    """Register and load files, and what an earlier run left registered; one bad file never stops the others.

    A file of claims that came in the other way before (sent elsewhere, or to be sent by us) is refused as such.
    """
    receipts = register(ctx, run_id, paths)
    ours = {receipt.file_id for receipt in receipts}
    report = IngestReport(run_id, {"stored": 0, "held": 0, "refused": 0, "duplicate": 0})
    for file_id in [one for one in pending(ctx) if one not in ours]:
        _outcome(ctx, run_id, file_id, posting_date)
    for receipt in receipts:
        outcome = _outcome(ctx, run_id, receipt.file_id, posting_date)
        is_duplicate = receipt.is_duplicate
        if is_duplicate and _came_otherwise(ctx, outcome, origin_of(kind)):
            is_duplicate, reason = False, OTHER_WAY[origin_of(kind)]
            outcome = dataclasses.replace(outcome, state="refused", reason_code=reason)
        report.receipts.append(dataclasses.replace(receipt, is_duplicate=is_duplicate))
        report.outcomes.append(outcome)
        advance()
        report.counts["duplicate" if is_duplicate else outcome.state] += 1
    return report


def _came_otherwise(ctx: Context, outcome: Outcome, origin: str) -> bool:
    if "837" not in outcome.sets:
        return False
    with read(ctx.engine) as conn:
        return origin_of(filing.registered_by(conn, outcome.file_id)) != origin


def ingest(
    ctx: Context, paths: Sequence[Path], posting_date: date, advance: Callable[[], None] = lambda: None
) -> IngestReport:
    """Register and load files, and what an earlier run left registered; one bad file never stops the others."""
    with running(ctx, "ingest", posting_date) as (run_id, counts):
        report = take_in(ctx, run_id, "ingest", paths, posting_date, advance)
        counts.update(report.counts)
    return report
