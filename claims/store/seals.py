"""Rows that change without an event of their own are sealed: whenever the program has written some of them, it appends
one hash of each, as they stand at the end of the transaction, to a chain.

Writers say which rows they touched (`note`; the shared inserts and updates of `store.rows` do so by themselves), and
`store.engine` lets the seals be written before it commits. What somebody changes, adds or deletes beside the program is
found against the last seal of each row (`store.checking_seals`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import chain, clock, ids, schema
from claims.store.bulk import bulk_insert
from claims.store.engine import BEFORE_COMMIT
from claims.store.load import frame

Keys = np.ndarray[Any, np.dtype[np.int64]]

ROWS_AT_ONCE = 20_000
_IN_LIST = 900
# A seal of one row: its key, and the beginning of a SHA-256 over it (128 bits), as hex digits.
SEAL = np.dtype([("key", ">u8"), ("hash", "V16")])
SEALS = schema.row_seals

# Tables whose rows are sealed, and of which columns: None is all. What a file says of a claim is held against the file,
# what an event leaves of a case against the event; here is what else moves.
_CLAIM = ("claim_id", "family_id", "origin", "state", "reason_code", "purpose", "life", "follows_claim_id", "version")
_LEFT_OUT = {schema.users.name: ("last_step",)}  # moves with each sign-in
_CHOSEN: dict[sa.Table, tuple[str, ...] | None] = {
    schema.claims: _CLAIM,
    schema.claim_work: None,
    schema.denial_actions: None,
    schema.denial_cases: ("case_id", "queue", "snoozed_until_date"),
    schema.deposit_matches: None,
    schema.exceptions: None,
    schema.expected_allowed: None,
    schema.master_rows: None,
    schema.rejections: None,
    schema.users: None,
}
HELD: dict[str, list[sa.Column[Any]]] = {
    table.name: [
        column
        for column in table.columns
        if (chosen is None or column.name in chosen) and column.name not in _LEFT_OUT.get(table.name, ())
    ]
    for table, chosen in _CHOSEN.items()
}


class Head(NamedTuple):
    """The last seals that were written."""

    row_seal_id: int
    hash: str


def head(conn: sa.Connection) -> Head:
    """Give the last row of the chain of seals; 0 and the start of a chain where there is none."""
    last = conn.execute(sa.select(SEALS.c.row_seal_id, SEALS.c.hash).order_by(SEALS.c.row_seal_id.desc()).limit(1))
    row = last.first()
    return Head(int(row.row_seal_id), str(row.hash)) if row else Head(0, chain.START)


def note(
    conn: sa.Connection, table: sa.Table, row_ids: Iterable[int] | pd.Series, changed: Iterable[str] | None = None
) -> None:
    """Say that rows were written, so that they are sealed at the end; `changed`: only these columns of them."""
    held = HELD.get(table.name)
    if held is None or (changed is not None and not {column.name for column in held} & set(changed)):
        return
    given = np.asarray(list(row_ids), dtype="int64")
    if len(given):
        conn.info.setdefault(BEFORE_COMMIT, _Noted()).keys.setdefault(table.name, []).append(given)


class _Noted:
    """The rows that one transaction has written so far, by table; called before it commits."""

    def __init__(self) -> None:
        self.keys: dict[str, list[Keys]] = {}

    def __call__(self, conn: sa.Connection) -> None:
        for name in sorted(self.keys):
            keys = np.unique(np.concatenate(self.keys[name]))
            for start in range(0, len(keys), ROWS_AT_ONCE):
                _append(conn, schema.metadata.tables[name], keys[start : start + ROWS_AT_ONCE])


def _append(conn: sa.Connection, table: sa.Table, keys: Keys) -> None:
    rows = _rows(conn, table, keys)
    seals = np.empty(len(rows), dtype=SEAL)
    seals["key"], seals["hash"] = rows[_key(table).name].to_numpy(), list(hashed(table, rows))
    told = {"table_name": table.name, "seals": seals.tobytes().hex(), "recorded_at": clock.now()}
    row = pd.DataFrame([told]).astype("str")
    hashes = chain.chained(head(conn).hash, OWN, row)
    keyed = row.assign(hash=pd.Series(hashes, dtype="str"), row_seal_id=ids.take(conn, SEALS, 1))
    bulk_insert(conn, SEALS, keyed)


def _rows(conn: sa.Connection, table: sa.Table, keys: Keys) -> pd.DataFrame:
    """Read what is held of these rows: by a range where they stand side by side, as new ones do."""
    select, key = sa.select(*HELD[table.name]), _key(table)
    if keys[-1] - keys[0] < 2 * len(keys):
        rows = frame(conn, select.where(key.between(int(keys[0]), int(keys[-1]))))
        return rows[rows[key.name].isin(keys)]
    parts = [keys[start : start + _IN_LIST].tolist() for start in range(0, len(keys), _IN_LIST)]
    return pd.concat([frame(conn, select.where(key.in_(part))) for part in parts], ignore_index=True)


def hashed(table: sa.Table, rows: pd.DataFrame) -> Iterator[bytes]:
    """One hash per row, of its table and its values as they are read back; ASCII, so the same in every Python."""
    for row in zip(*(rows[column.name].tolist() for column in HELD[table.name]), strict=True):
        yield sha256(f"{table.name}{row!a}".encode()).digest()[: SEAL["hash"].itemsize]


def _key(table: sa.Table) -> sa.Column[int]:
    return next(iter(table.primary_key.columns))


# What a seal says, in the order of the table: its own hash covers it and the hash of the seal before it.
OWN = [column for column in SEALS.columns if column.name not in ("row_seal_id", "hash")]
