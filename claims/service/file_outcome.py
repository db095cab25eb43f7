"""What becomes of a file as a whole, and the exception that lists a held or refused one where a person looks."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pandas as pd

from claims.findings import NOTE
from claims.store import exceptions, filing, x12_rows
from claims.store.handles import Connection


def close_rows(
    conn: Connection,
    row: filing.FileRow,
    content: str,
    good: int,
    problems: pd.DataFrame,
    counts: dict[str, int],
    posting_date: date,
) -> None:
    """Decide a row-wise file: stored without problems, held when some rows were refused, refused when all were."""
    state = "stored" if problems.empty else "held" if good else "refused"
    x12_rows.save_sets(conn, row.file_id, NO_INTERCHANGES, NO_TRANSACTIONS, problems)
    reason = "" if state == "stored" else str(problems["code"].iloc[0])
    filing.finish(conn, row.file_id, content=content, sets="", state=state, reason_code=reason, counts=counts)
    raise_file(conn, row, state, reason, len(problems), posting_date)


def close_whole(
    conn: Connection,
    row: filing.FileRow,
    content: str,
    problems: pd.DataFrame,
    counts: dict[str, int],
    posting_date: date,
) -> None:
    """Decide a file that goes in whole or not at all: held by any finding above a note, else stored."""
    grave = problems[problems["severity"] != NOTE]
    state, reason = ("stored", "") if grave.empty else ("held", str(grave["code"].iloc[0]))
    x12_rows.save_sets(conn, row.file_id, NO_INTERCHANGES, NO_TRANSACTIONS, problems)
    filing.finish(conn, row.file_id, content=content, sets="", state=state, reason_code=reason, counts=counts)
    raise_file(conn, row, state, reason, len(grave), posting_date)


NO_INTERCHANGES = pd.DataFrame({"seg": pd.Series(dtype="int64")})
NO_TRANSACTIONS = pd.DataFrame({"seg": pd.Series(dtype="int64")})


def raise_file(
    conn: Connection, row: filing.FileRow, state: str, reason: str, problems: int, posting_date: date
) -> None:
    """List a held or refused file where a person looks."""
    if state not in ("held", "refused"):
        return
    type_code = "FILE_HELD" if state == "held" else "FILE_REFUSED"
    message = f"file {row.sha256[:12]}: {state}, {reason}; {problems} finding(s)"
    exceptions.open_all(
        conn,
        pd.DataFrame(
            {
                "exception_key": [f"{type_code}:{row.sha256}"],
                "type_code": [type_code],
                "amount_cents": [0],
                "message": [message],
                "file_id": [row.file_id],
            }
        ),
        posting_date,
    )


def _unreadable_key(name: str) -> str:
    return f"FILE_UNREADABLE:{sha256(name.encode(errors='surrogateescape')).hexdigest()}"


def raise_unreadable(conn: Connection, name: str, reason: str, posting_date: date) -> None:
    """List a file of the inbox that the machine would not let us read; its name may be a patient's and stays out."""
    row = {
        "exception_key": [_unreadable_key(name)],
        "type_code": ["FILE_UNREADABLE"],
        "amount_cents": [0],
        "message": [f"a file of the inbox could not be read ({reason.lower()}); it lies where it lay"],
    }
    exceptions.open_all(conn, pd.DataFrame(row), posting_date)


def close_unreadable(conn: Connection, name: str, posting_date: date) -> None:
    """Close that exception once a file of that name was read."""
    exceptions.close_key(conn, _unreadable_key(name), "read", posting_date)


def raise_broken(conn: Connection, row: filing.FileRow, error: str, posting_date: date) -> None:
    """List a file that broke our reader: our mistake, named by type only, since its own text may quote a patient."""
    fields = {
        "exception_key": [f"FILE_BROKEN:{row.sha256}"],
        "type_code": ["FILE_BROKEN"],
        "amount_cents": [0],
        "message": [
            f"file {row.sha256[:12]} could not be read because of a mistake of ours ({error}); nothing of it is stored"
        ],
        "file_id": [row.file_id],
    }
    exceptions.open_all(conn, pd.DataFrame(fields), posting_date)


def close_broken(conn: Connection, row: filing.FileRow, posting_date: date) -> None:
    """Close that exception once the file was read."""
    exceptions.close_key(conn, f"FILE_BROKEN:{row.sha256}", "read", posting_date)
