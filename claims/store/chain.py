"""The hash chain over journals: each journal's hash covers all its columns, its lines and the hash before it.

`seal` gives the hashes of new journals; `breaks` walks the stored chain and names what does not fit. A chain that was
cut at its end shows against the numbers that were handed out. These hashes need no key; that of a row of seals is made
with the audit key, and each stretch of another chain has one that tells of it (`store.seals.stretch`).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame

J, L = schema.journals, schema.ledger_lines
START = "0" * 64
LEAST = -(1 << 63)  # no key is smaller: who puts a row in may choose one below zero
JOURNALS_AT_ONCE = 20_000

_WHOLE = np.dtype("int64")
_HEAD = [column for column in J.columns if column.name != "hash"]
_LINE = list(L.columns)


def end(conn: sa.Connection, table: sa.Table) -> tuple[int, str]:
    """Give number and hash of the last row of a chain; 0 and zeros when there is none."""
    number = next(iter(table.primary_key.columns))
    last = conn.execute(sa.select(number, table.c.hash).order_by(number.desc()).limit(1)).first()
    return (int(last[0]), str(last[1])) if last is not None else (0, START)


def head(conn: sa.Connection) -> str:
    """Give the hash of the last journal; zeros when there is none."""
    return end(conn, J)[1]


def seal(previous: str, journals: pd.DataFrame, lines: pd.DataFrame) -> list[str]:
    """Give the hash of each journal; both frames carry their keys, lines in the order of their journals."""
    found = []
    for text in _texts(journals, lines):
        previous = _hashed(previous, text)
        found.append(previous)
    return found


def breaks(conn: sa.Connection) -> list[str]:
    """Name the journals that are not as they were written, and say when some are missing at the end."""
    found: list[str] = []
    previous, start, last, known = START, LEAST, 0, 0
    while True:
        select = sa.select(*J.columns).where(J.c.journal_id >= start)
        journals = frame(conn, select.order_by(J.c.journal_id).limit(JOURNALS_AT_ONCE))
        if journals.empty:
            break
        last = int(journals["journal_id"].max())
        own = sa.select(*L.columns).where(L.c.journal_id.between(start, last))
        lines = frame(conn, own.order_by(L.c.journal_id, L.c.ledger_line_id))
        lines = lines[lines["journal_id"].isin(journals["journal_id"])]
        known += len(lines)
        keys, hashes = journals["idempotency_key"].tolist(), journals["hash"].tolist()
        for key, told, text in zip(keys, hashes, _texts(journals, lines), strict=True):
            if _hashed(previous, text) != told:
                found.append(f"journal {key} or the one before it was altered, removed or put in between")
            previous = told
        start = last + 1
    if strays := int(conn.scalar(sa.select(sa.func.count()).select_from(L)) or 0) - known:
        found.append(f"{strays} ledger line(s) belong to no journal")
    blocks = schema.id_blocks
    given = conn.scalar(sa.select(blocks.c.next_id).where(blocks.c.table_name == J.name))
    if given is not None and int(given) != last + 1:
        found.append(f"the journals were cut: {int(given) - 1} were written, the last one here is {last}")
    return found


def chained(previous: str, columns: Sequence[sa.Column[Any]], rows: pd.DataFrame, key: bytes = b"") -> list[str]:
    """Give the hash of each row, of these columns and of the hash of the row before it; with a key, its mac."""
    return linked(previous, zip(*columns_of(columns, rows), strict=True), key)


def linked(previous: str, rows: Iterable[tuple[Any, ...]], key: bytes = b"") -> list[str]:
    """Give the hash of each row of values, in the order of their columns, and of the hash of the row before it."""
    found = []
    for row in rows:
        previous = _hashed(previous, ascii(row), key)
        found.append(previous)
    return found


def followed(
    before: Sequence[str], columns: Sequence[sa.Column[Any]], rows: pd.DataFrame, keys: Sequence[bytes]
) -> list[str]:
    """Give the hash of each row as it follows from the hash that is told of the row before it; `keys`: b"" for none."""
    values = zip(*columns_of(columns, rows), strict=True)
    return [_hashed(previous, ascii(row), key) for previous, row, key in zip(before, values, keys, strict=True)]


def _hashed(previous: str, text: str, key: bytes = b"") -> str:
    data = f"{previous}{text}".encode()
    return hmac.digest(key, b"seal\n" + data, "sha256").hex() if key else sha256(data).hexdigest()


def _texts(journals: pd.DataFrame, lines: pd.DataFrame) -> Iterator[str]:
    """One text per journal: ASCII, so that it never depends on what a Python version finds printable."""
    heads = zip(*columns_of(_HEAD, journals), strict=True)
    rows = list(zip(*columns_of(_LINE, lines), strict=True))
    counts = lines.groupby("journal_id").size().reindex(journals["journal_id"], fill_value=0).tolist()
    start = 0
    for own, count in zip(heads, counts, strict=True):
        yield ascii((own, rows[start : start + count]))
        start += count


def columns_of(columns: Sequence[sa.Column[Any]], rows: pd.DataFrame) -> Iterator[list[Any]]:
    """Give values column by column as they are read back: 0 or "" for what is missing."""
    for column in columns:
        is_number = isinstance(column.type, sa.Integer)
        if column.name not in rows:
            yield [0 if is_number else ""] * len(rows)
        elif is_number:
            values = rows[column.name]
            yield (values if values.dtype == _WHOLE else values.fillna(0).astype("int64")).tolist()
        else:
            texts = rows[column.name]
            texts = texts if isinstance(texts.dtype, pd.StringDtype) else texts.fillna("").astype("str")
            # A missing one is no text; one by one, for most inserts are of a few rows.
            yield [text.replace("\0", "\ufffd") if isinstance(text, str) else "" for text in texts.tolist()]
