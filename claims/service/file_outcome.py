"""What becomes of a file as a whole, and the exception that lists a held or refused one where a person looks."""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims import findings
from claims.findings import REJECT, Finding
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
    """Decide a row-wise file: stored, held when some rows were refused, refused when none was good."""
    state = "stored" if problems.empty else "held" if good else "refused"
    if problems.empty and not good:
        problems = findings.frame(
            [Finding("no-rows", REJECT, "the file holds no rows; it is refused", expected="rows")]
        )
        state = "refused"
    x12_rows.save_sets(conn, row.file_id, NO_INTERCHANGES, NO_TRANSACTIONS, problems)
    reason = "" if state == "stored" else str(problems["code"].iloc[0])
    filing.finish(conn, row.file_id, content=content, sets="", state=state, reason_code=reason, counts=counts)
    raise_file(conn, row, state, reason, len(problems), posting_date)


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
