"""What stops a command: our own bugs, wrong use and the machine. Problems of the data are findings, never these.

Each class builds its own sentence from the facts it is given, and says which exit code a command ends with: 2 for
wrong use, 3 when the machine or the database failed. No message carries patient data: codes, counts, our own ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


class ClaimsError(Exception):
    """Base of every error of ours; its text is one sentence for a person."""

    exit_code = 3


class UsageError(ClaimsError):
    """Somebody asked for something that cannot be: the sentence says what, and what to do instead."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is unknown or has a value that it cannot have."""

    def __init__(self, setting: str, problem: str, source: str = "") -> None:
        where = f" (from {source})" if source else ""
        super().__init__(f"Setting {setting}{where}: {problem}.")
        self.setting = setting


class CodeListError(UsageError):
    """A file of a code list cannot be used: which one, its row (0 for the whole file) and why."""

    def __init__(self, file: str, row: int, problem: str) -> None:
        where = f", row {row}" if row else ""
        super().__init__(f"Code list {file}{where}: {problem}.")
        self.file = file
        self.row = row


class DatabaseNotReadyError(UsageError):
    """The database does not exist yet, or its tables are older or newer than this program."""

    def __init__(self, url: str, found: str | None, expected: str) -> None:
        state = "has no tables of ours" if found is None else f"is at version {found}, this program needs {expected}"
        super().__init__(f"The database {url} {state}; run: claims init")


class DatabaseError(ClaimsError):
    """The database refused or failed; the transaction was rolled back. Names the rule it broke, never the row."""

    def __init__(self, kind: str, where: str = "") -> None:
        at = f" at {where}" if where else ""
        super().__init__(f"The database answered {kind}{at}; nothing of this step was stored.")
        self.kind = kind
        self.where = where


class DatabaseBusyError(DatabaseError):
    """Another process kept the database locked for longer than we wait."""

    def __init__(self, seconds: int) -> None:
        ClaimsError.__init__(
            self, f"Another process has been writing for {seconds} seconds; nothing of this step was stored. Try again."
        )
        self.kind = "busy"
        self.where = ""


class FrameError(ClaimsError):
    """A frame does not fit the table it is meant for: a bug of the step that built it."""

    def __init__(self, table: str, column: str, problem: str) -> None:
        super().__init__(f"Frame for table {table}, column {column}: {problem}.")
        self.table = table
        self.column = column


class ValueTooLongError(FrameError):
    """A text is longer than its column: the step should have held its set (see `store.bulk.overlong`)."""

    def __init__(self, table: str, column: str, rows: int, limit: int) -> None:
        super().__init__(table, column, f"{rows} text(s) longer than {limit} characters")
        self.rows = rows
        self.limit = limit


class KeyBlockError(ClaimsError):
    """Keys were asked for a table that does not exist, or a number of them that cannot be."""

    def __init__(self, table: str, n: int) -> None:
        super().__init__(f"Cannot take {n} keys for table {table}.")


class VaultError(ClaimsError):
    """A stored file is missing, altered or not where an address says it is."""

    def __init__(self, sha256: str, problem: str) -> None:
        super().__init__(f"Stored file {sha256[:12]}: {problem}.")
        self.sha256 = sha256


class AuditKeyError(ClaimsError):
    """A key file, of the audit chain or of the second factors, is missing, or others can read it."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"Key file {path}: {problem}.")


class SealsNotKeyedError(UsageError):
    """The seals of these books are those of an earlier version, or somebody has put such in place of ours."""

    def __init__(self) -> None:
        super().__init__("No seal of these books is made with the audit key; run once after an upgrade: claims init")


class AlteredBooksError(ClaimsError):
    """What is there is not what the audit chain tells of it, so it is not taken over."""

    def __init__(self, found: str) -> None:
        super().__init__(f"The seals of these books are not taken over: {found}. Look at: claims audit verify")


class UnbalancedPostingError(ClaimsError):
    """A journal whose lines do not sum to zero was about to be written."""

    def __init__(self, idempotency_keys: Sequence[str], off_cents: int) -> None:
        shown = ", ".join(idempotency_keys[:3]) + (", ..." if len(idempotency_keys) > 3 else "")
        super().__init__(
            f"{len(idempotency_keys)} journal(s) do not sum to zero (first off by {off_cents} cents): {shown}; "
            "nothing was posted."
        )
        self.off_cents = off_cents


class NotFoundError(UsageError):
    """The thing asked for by number or name is not there."""

    def __init__(self, what: str, which: str | int, hint: str = "") -> None:
        super().__init__(f"There is no {what} {which}." + (f" {hint}" if hint else ""))


class RunBusyError(ClaimsError):
    """Another process is working on the books."""

    def __init__(self, kind: str, run_id: int) -> None:
        super().__init__(f"Cannot start {kind}: run {run_id} is still working on the books. Try again when it is done.")
        self.run_id = run_id


class PeriodClosedError(UsageError):
    """Something was to be posted on a day that is closed."""

    def __init__(self, day: date, through: date, first_open: date) -> None:
        super().__init__(
            f"{day} is closed: the books are closed through {through}. Post on {first_open} or later; what happened "
            "before keeps its own date."
        )


class PostingRefusedError(UsageError):
    """A person asked for a posting that the rules do not allow."""
