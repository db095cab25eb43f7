"""Holds rows that change without an event against their last seal (`store.seals`): what was changed, put in or deleted
beside the program is named by its table and our number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import chain, schema
from claims.store.load import frame
from claims.store.seals import HELD, OWN, ROWS_AT_ONCE, SEAL, Head, hashed

SEALS = schema.row_seals
_SEALS_AT_ONCE = 500
# What a row of a table is called, before its number.
_CALLED = {
    "claims": "claim",
    "claim_work": "work on a blocked claim",
    "denial_actions": "action",
    "denial_cases": "denial case",
    "deposit_matches": "tie",
    "exceptions": "exception",
    "expected_allowed": "expected amount",
    "master_rows": "master row",
    "rejections": "rejection",
    "users": "person",
}


def rows_held(conn: sa.Connection) -> int:
    """Count the rows that are held by seals."""
    tables = (schema.metadata.tables[name] for name in HELD)
    return sum(int(conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0) for table in tables)


def unlike(conn: sa.Connection, known: Head | None = None) -> list[str]:
    """Name rows that are not as the program wrote them last, and seals that are not as they were written.

    `known`: a head that was noted elsewhere; only it shows seals that were cut at the end or all written anew.
    """
    found = _broken(conn)
    if known is not None and known.row_seal_id:
        told = conn.scalar(sa.select(SEALS.c.hash).where(SEALS.c.row_seal_id == known.row_seal_id))
        if told != known.hash:
            found.append(f"the seals do not lead to the head that was noted: {known.row_seal_id} is gone or another")
    for name in HELD:
        found += [f"{_CALLED[name]} {key} {why}" for key, why in _differing(conn, schema.metadata.tables[name])]
    return found


def _differing(conn: sa.Connection, table: sa.Table) -> Iterator[tuple[int, str]]:
    told, key, after = _last_seals(conn, table), next(iter(table.primary_key.columns)), 0
    while True:
        rows = frame(conn, sa.select(*HELD[table.name]).where(key > after).order_by(key).limit(ROWS_AT_ONCE))
        last = int(rows[key.name].max()) if len(rows) else np.iinfo(np.int64).max
        wanted = told[(told["key"] > after) & (told["key"] <= last)]
        stored = pd.Series(list(hashed(table, rows)), index=rows[key.name], dtype="object")
        sealed = pd.Series(wanted["hash"].tolist(), index=wanted["key"].astype("int64"), dtype="object")
        yield from ((int(one), "was deleted") for one in sealed.index.difference(stored.index))
        yield from ((int(one), "was put in beside the program") for one in stored.index.difference(sealed.index))
        both = stored.index.intersection(sealed.index)
        changed = stored.loc[both].to_numpy() != sealed.loc[both].to_numpy()
        yield from ((int(one), "is not as it was last written") for one in both[changed])
        if rows.empty:
            return
        after = last


def _last_seals(conn: sa.Connection, table: sa.Table) -> np.ndarray[Any, np.dtype[Any]]:
    """Give the last seal of each row of a table, by key: 24 bytes for each."""
    select = sa.select(SEALS.c.seals).where(SEALS.c.table_name == table.name).order_by(SEALS.c.row_seal_id)
    parts = [np.empty(0, dtype=SEAL)]
    with conn.execute(select.execution_options(yield_per=_SEALS_AT_ONCE)) as told:
        parts += [_read(str(text)) for text in told.scalars()]
    every = np.concatenate(parts)
    order = np.argsort(every["key"], kind="stable")  # of one row, as they were written
    every = every[order]
    is_last = np.append(every["key"][1:] != every["key"][:-1], True) if len(every) else np.empty(0, dtype="bool")
    last: np.ndarray[Any, np.dtype[Any]] = every[is_last]
    return last


def _read(text: str) -> np.ndarray[Any, np.dtype[Any]]:
    """Read seals that somebody may have spoiled: the chain names those."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    return np.frombuffer(data[: len(data) // SEAL.itemsize * SEAL.itemsize], dtype=SEAL)


def _broken(conn: sa.Connection) -> list[str]:
    """Name seals that are not as they were written, and say when some are missing at the end."""
    found, previous, after = [], chain.START, 0
    while True:
        select = sa.select(*SEALS.columns).where(SEALS.c.row_seal_id > after).order_by(SEALS.c.row_seal_id)
        rows = frame(conn, select.limit(_SEALS_AT_ONCE))
        if rows.empty:
            break
        told, keys = rows["hash"].tolist(), rows["row_seal_id"].tolist()
        own = chain.followed([previous, *told[:-1]], OWN, rows)
        found += [
            f"seal {key} or the one before it was altered, removed or put in between"
            for key, one, other in zip(keys, own, told, strict=True)
            if one != other
        ]
        previous, after = told[-1], keys[-1]
    given = conn.scalar(sa.select(schema.id_blocks.c.next_id).where(schema.id_blocks.c.table_name == SEALS.name))
    if int(given or 1) != after + 1:
        found.append(f"the seals were cut: {int(given or 1) - 1} were written, the last one here is {after}")
    return found
