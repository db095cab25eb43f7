"""The bank lines that a statement says, whichever kind of file it is, by what the books have of other statements."""

from __future__ import annotations

import pandas as pd

from claims import findings
from claims.findings import NOTE, Finding
from claims.ledger import lockbox
from claims.ledger.bank_bai2 import is_bai2, read_bai2
from claims.ledger.bank_columns import STRICT, BankColumns, read_columns
from claims.ledger.bank_file import read_bank_file
from claims.ledger.same_money import money_keys, places
from claims.service.context import Context
from claims.store import banking, same_money, statements_of_banks
from claims.store.handles import Connection

_HEAD = 65_536
_BY_ITEMS = "the items of this deposit came in another statement: they are the lines"
_BY_SUM = "the deposit of this item came in another statement without items: that is the line, to be tied by hand"
_TWICE = "this item and its deposit came in two statements, and both are lines: claims undo one of the files"


def bank_columns(ctx: Context) -> BankColumns:
    """How the practice's bank names its columns, where a file says so."""
    try:
        data = ctx.settings.bank_columns_file.read_bytes()
    except FileNotFoundError:
        return STRICT
    return read_columns(data, ctx.settings.bank_columns_file.name)


def lines_of(ctx: Context, conn: Connection, file_id: int, sha256: str) -> pd.DataFrame:
    """Give the lines that a stored CSV or BAI2 file says, as they are stored (`ledger.bank_lines`).

    A BAI2 file that was held says none, whatever could be read of it today.
    """
    rows = _rows(ctx, sha256)
    if rows["account"].ne("").any() and statements_of_banks.is_held(conn, file_id):
        return rows.iloc[:0]
    return said(ctx, conn, rows, file_id)[0]


def said(ctx: Context, conn: Connection, rows: pd.DataFrame, file_id: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the lines of what a file says (`ledger.lockbox.said`), and name (notes) what other lines stand for."""
    former = rows.loc[rows["former_key"] != "", "former_key"].tolist()
    stored = banking.known_lines(conn, [*rows["line_key"].tolist(), *former])
    is_new = ~rows["line_key"].isin(stored) & (rows["account"] != "")
    new = rows[is_new & ((rows["kind"] == lockbox.ITEM) | (rows["type_code"] == lockbox.SUM))]
    chosen = lockbox.said(rows, stored, _elsewhere(ctx, conn, sorted(set(new["bank_date"])), file_id))
    told = [(row, _BY_ITEMS) for row in chosen.by_items.to_dict("records")]
    told += [(row, _BY_SUM) for row in chosen.by_sum.to_dict("records")]
    told += [(row, _TWICE) for row in chosen.twice.to_dict("records")]
    notes = [
        Finding(
            *("bank-lockbox", NOTE, f"record {row['row_number']}, amount: {sentence}; read on"),
            seg=int(row["row_number"]),
            element="amount",
            offset=int(row["offset"]),
        )
        for row, sentence in told
    ]
    return chosen.lines.assign(money_key=money_keys(chosen.lines)), findings.frame(notes)


def placed(conn: Connection, lines: pd.DataFrame) -> pd.DataFrame:
    """Add to the lines of a new file the place (money_place) of each among equal money of the file."""
    return lines.assign(money_place=places(lines, same_money.of_keys(conn, lines["money_key"])))


def _rows(ctx: Context, sha256: str) -> pd.DataFrame:
    data = ctx.vault.read(sha256)
    return (read_bai2(data) if is_bai2(data[:_HEAD]) else read_bank_file(data, bank_columns(ctx)))[0]


def _elsewhere(ctx: Context, conn: Connection, days: list[str], file_id: int) -> pd.DataFrame:
    """What other statements say of lockboxes of these days, of which something is stored (`ledger.lockbox.said`)."""
    found = []
    for other, sha256 in statements_of_banks.of_lockboxes(conn, days, lockbox.ITEM, lockbox.SUM, file_id):
        rows = _rows(ctx, sha256)
        rows = rows[(rows["kind"] == lockbox.ITEM) | (rows["type_code"] == lockbox.SUM)]
        rows = rows[rows["bank_date"].isin(days) & (rows["account"] != "")]
        is_stored = rows["line_key"].isin(banking.known_lines(conn, rows["line_key"].tolist()))
        found.append(rows.assign(file=other, is_stored=is_stored))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({"line_key": pd.Series(dtype="str")})
