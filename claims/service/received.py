"""What came in, by our own numbers: files and remittances, as undo, replay and ties by hand name them."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from claims import codes
from claims.errors import NotFoundError, UsageError
from claims.service import zone
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.named_adjustments import in_words, meaning
from claims.store import banking, undo
from claims.store.engine import read
from claims.store.handles import Connection
from claims.store.queries import named_adjustments
from claims.store.queries import received as rows

FILE_STATES = ("registered", "stored", "held", "refused")
REMIT_STATES = ("new", "ready", "posted", "held", "replaced", "duplicate", "informational", "undone")
_HASH = re.compile(r"[0-9a-f]{6,64}")
_KEY = re.compile(r"[0-9a-f]{12,64}")  # so long, no number of ours is


def remittances(ctx: Context, state: str = "") -> pd.DataFrame:
    """List remittances, the newest first, with the bank lines that brought their money (`deposits`)."""
    _known(state, REMIT_STATES)
    with read(ctx.engine) as conn:
        return _with_deposits(rows.remittances(conn, *rows.with_state("remittances", state)), rows.deposits_of(conn))


def remittance(ctx: Context, number: int, *, show_phi: bool = False) -> dict[str, Any]:
    """Tell one remittance: its facts, its ties (`ties`; `seen` names how those of the two stand), who issued it again
    (`issued_again_by`, numbers), and its provider adjustments one by one (`provider_adjustments`; references masked
    unless `show_phi`, which is audited).

    Raises NotFoundError.
    """
    with read(ctx.engine) as conn:
        found = rows.remittances(conn, rows.numbered("remittances", number))
        ties = rows.deposits_of(conn, [number])
        difference = banking.booked_differences(ties)
        pairs = ties.loc[ties["amount_cents"] > 0, ["bank_line_id", "remit_id"]].astype("int64")
        seen = banking.seen_together(conn, pairs).reindex(ties.index).fillna("").astype("str")
        ties = ties.assign(fee_cents=ties["fee_cents"] - difference, difference_cents=difference, seen=seen)
        again = sorted(set(undo.issued_again(conn, [number])["remit_id"].tolist()))
        adjustments = _with_meaning(named_adjustments.of_remittance(conn, number), show_phi=show_phi)
    if found.empty:
        raise NotFoundError("remittance", number)
    if show_phi:
        record_shown(ctx, f"remittance {number}")
    return {str(name): value for name, value in _with_deposits(found, ties).iloc[0].items()} | {
        "ties": ties,
        "issued_again_by": again,
        "provider_adjustments": adjustments,
    }


def _with_meaning(adjustments: pd.DataFrame, *, show_phi: bool) -> pd.DataFrame:
    """Add what each provider adjustment means, and the name of the account where it lies."""
    rows = zip(*(adjustments[name] for name in ("adjustment_code", "adjustment_cents", "account")), strict=True)
    means = [meaning(code, cents, account) for code, cents, account in rows]
    return in_words(adjustments, show_phi=show_phi).assign(
        adjustment_means=pd.Series(means, index=adjustments.index, dtype="str"),
        account_name=codes.account_names(adjustments["account"]),
    )


def files(ctx: Context, state: str = "") -> pd.DataFrame:
    """List files, the newest first, with the practice's day on which each came in (`came_in`)."""
    _known(state, FILE_STATES)
    with read(ctx.engine) as conn:
        return _with_days(ctx, rows.files(conn, *rows.with_state("files", state)))


def file(ctx: Context, named: str) -> dict[str, Any]:
    """Tell one file by its number or the beginning of its hash, with its remittances."""
    with read(ctx.engine) as conn:
        is_number = named.isascii() and named.isdigit() and len(named) <= 18
        number = int(named) if is_number else file_number(conn, named.lower())
        found = _with_days(ctx, rows.files(conn, rows.numbered("files", number)))
        if found.empty:
            raise NotFoundError("file", number)
        remits = _with_deposits(rows.remittances(conn, rows.in_file(number)), rows.deposits_of(conn))
    return {str(name): value for name, value in found.iloc[0].items()} | {"in_it": remits}


def _with_days(ctx: Context, files: pd.DataFrame) -> pd.DataFrame:
    days = [zone.day_of(ctx, instant) for instant in files["recorded_at"]]
    return files.assign(came_in=pd.Series(days, index=files.index, dtype="str"))


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


def number_keyed(ctx: Context, table: str, which: str) -> int:
    """Give the number of one of `remittances` or `bank_lines`, named by it or by the beginning of its key, as
    `audit verify` names it. Raises UsageError, NotFoundError."""
    what, shown_by = ("remittance", "remits") if table == "remittances" else ("bank line", "deposits")
    named = which.strip().lower()
    if not _KEY.fullmatch(named):
        if not (named.isascii() and named.isdigit() and len(named) <= 18):
            raise UsageError(f"A number is wanted, as claims {shown_by} list shows it, or twelve digits of a key.")
        return int(named)
    with read(ctx.engine) as conn:
        found = rows.keyed(conn, table, named)
    if not found:
        raise NotFoundError(f"{what} with the key", named[:12])
    if len(found) > 1:
        raise UsageError(f"Several have this key; say one of: {', '.join(map(str, found))}.")
    return found[0]


def _with_deposits(remits: pd.DataFrame, ties: pd.DataFrame) -> pd.DataFrame:
    texts = ties.assign(text=ties["bank_line_id"].astype("str")).groupby("remit_id")["text"].agg(" ".join)
    return remits.assign(deposits=texts.reindex(remits["remit_id"]).fillna("").astype("str").to_numpy())


def _known(state: str, states: tuple[str, ...]) -> None:
    if state and state not in states:
        raise UsageError(f"There is no state {state}; there are: {', '.join(states)}, any.")
