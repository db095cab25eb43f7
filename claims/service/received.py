"""What came in, by our own numbers: files and remittances, as undo, replay and ties by hand name them."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.service.context import Context
from claims.store import undo
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import received as rows

FILE_STATES = ("registered", "stored", "held", "refused")
REMIT_STATES = ("new", "ready", "posted", "held", "replaced", "duplicate", "informational", "undone")
_HASH = re.compile(r"[0-9a-f]{6,64}")


def remittances(ctx: Context, state: str = "") -> pd.DataFrame:
    """List remittances, the newest first, with the bank lines that brought their money (`deposits`)."""
    _known(state, REMIT_STATES)
    with read(ctx.engine) as conn:
        return _with_deposits(rows.remittances(conn, *rows.with_state("remittances", state)), rows.deposits_of(conn))


def remittance(ctx: Context, number: int) -> dict[str, Any]:
    """Tell one remittance: its facts, its ties (`ties`), who issued it again (`issued_again_by`, numbers).

    Raises NotFoundError.
    """
    with read(ctx.engine) as conn:
        found = rows.remittances(conn, rows.numbered("remittances", number))
        ties = rows.deposits_of(conn, [number])
        again = sorted(set(undo.issued_again(conn, [number])["remit_id"].tolist()))
    if found.empty:
        raise NotFoundError("remittance", number)
    return {str(name): value for name, value in _with_deposits(found, ties).iloc[0].items()} | {
        "ties": ties,
        "issued_again_by": again,
    }


def files(ctx: Context, state: str = "") -> pd.DataFrame:
    """List files, the newest first."""
    _known(state, FILE_STATES)
    with read(ctx.engine) as conn:
        return rows.files(conn, *rows.with_state("files", state))


def file(ctx: Context, named: str) -> dict[str, Any]:
    """Tell one file by its number or the beginning of its hash, with its remittances."""
    with read(ctx.engine) as conn:
        is_number = named.isascii() and named.isdigit() and len(named) <= 18
        number = int(named) if is_number else file_number(conn, named.lower())
        found = rows.files(conn, rows.numbered("files", number))
        if found.empty:
            raise NotFoundError("file", number)
        remits = _with_deposits(rows.remittances(conn, rows.in_file(number)), rows.deposits_of(conn))
    return {str(name): value for name, value in found.iloc[0].items()} | {"in_it": remits}


def file_number(conn: Connection, beginning: str) -> int:
    """Give the number of the one file whose hash begins so. Raises UsageError, NotFoundError."""
    if not _HASH.fullmatch(beginning):
        raise UsageError("A file is named by its number or by at least six digits of its hash: claims files list.")
    found = rows.files_hashed(conn, beginning)
    if not found:
        raise NotFoundError("file with the hash", beginning[:12])
    if len(found) > 1:
        raise UsageError(f"{len(found)} files have a hash that begins with {beginning}: give more of it.")
    return found[0]


def _with_deposits(remits: pd.DataFrame, ties: pd.DataFrame) -> pd.DataFrame:
    texts = ties.assign(text=ties["bank_line_id"].astype("str")).groupby("remit_id")["text"].agg(" ".join)
    return remits.assign(deposits=texts.reindex(remits["remit_id"]).fillna("").astype("str").to_numpy())


def _known(state: str, states: tuple[str, ...]) -> None:
    if state and state not in states:
        raise UsageError(f"There is no state {state}; there are: {', '.join(states)}, any.")
