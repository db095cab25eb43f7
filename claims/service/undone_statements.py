"""What became of the lines of statements that a person undid: brought again, left out by a later statement, or neither.

A statement that came later and says lines of the same account and day, or the same money on another day, stands in the
place of one that was undone. Its exception is closed then; each line that nobody brings again has one of its own.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.ledger import left_out
from claims.service.bank_files import lines_of
from claims.service.context import Context
from claims.store import exceptions
from claims.store import undo_bank as rows
from claims.store import undone_statements as statements
from claims.store.handles import Connection

LINE = ["of", "line_key", "bank_date", *left_out.FACTS]


def name(conn: Connection, ctx: Context, day: date, done: str) -> None:
    """Keep the exceptions of undone statements and of the lines that are left out; `done`: why one of a line closes."""
    marked = statements.marked(conn)
    if marked.empty:
        exceptions.close(conn, done, day, exceptions.is_of([rows.LEFT_OUT]))
        return
    gone = statements.undone_lines(conn)
    key = rows.LEFT_OUT + ":" + gone["line_key"]
    gone = gone.assign(is_left=_is_left(conn, ctx, marked, gone), type_code=rows.LEFT_OUT, exception_key=key)
    named = gone[gone["is_left"]].rename(columns={"row_number": "seg"})
    columns = ["exception_key", "type_code", "amount_cents", "bank_line_id", "file_id", "seg"]
    exceptions.keep(conn, "bank_line_id", named[columns], [rows.LEFT_OUT], day, done)
    waiting = gone[~gone["is_left"]]
    is_open, waits = marked["state"] == "open", marked["file_id"].isin(waiting["file_id"])
    exceptions.close_keys(conn, marked.loc[is_open & ~waits, "exception_key"].tolist(), rows.REPLACED, day)
    exceptions.reopen(conn, marked.loc[~is_open & waits, "exception_id"].tolist(), day, is_as_old=True)
    cents = waiting.groupby("file_id")["amount_cents"].sum().reindex(marked["file_id"], fill_value=0)
    exceptions.restate(conn, marked[["exception_key"]].assign(amount_cents=cents.to_numpy("int64")))


def _is_left(conn: Connection, ctx: Context, marked: pd.DataFrame, gone: pd.DataFrame) -> pd.Series[bool]:
    later = statements.that_may_replace(conn, gone)
    if gone.empty or later.empty:
        return pd.Series(False, index=gone.index, dtype="bool")
    undone_at = statements.undone_at(conn, marked["file_id"].tolist())
    told = {int(file): lines_of(ctx, conn, int(file), sha256) for file, sha256 in _files(later)}
    own = {int(file): lines_of(ctx, conn, int(file), sha256) for file, sha256 in _files(marked)}
    said = []
    for undone, lines in own.items():
        for file, recorded_at in later[["file_id", "recorded_at"]].itertuples(index=False):
            shares = told[file]["line_key"].isin(lines["line_key"]).any()
            if file > undone and (shares or recorded_at > undone_at.get(undone, "")):
                said.append(told[file].assign(of=undone))
    if not said:
        return pd.Series(False, index=gone.index, dtype="bool")
    facts = pd.concat([lines.assign(of=file) for file, lines in own.items()], ignore_index=True)
    mine = gone[["file_id", "line_key"]].rename(columns={"file_id": "of"}).merge(facts[LINE], on=["of", "line_key"])
    is_left = left_out.spoken_for(mine, pd.concat(said, ignore_index=True)[LINE])
    return gone["line_key"].isin(mine.loc[is_left, "line_key"])


def _files(files: pd.DataFrame) -> list[tuple[int, str]]:
    return list(files[["file_id", "sha256"]].itertuples(index=False, name=None))
