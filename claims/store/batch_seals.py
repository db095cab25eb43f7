"""Rows that are only ever put in, many at once, are sealed together: one row of the chain of seals for each insert.

It says which keys were put in and one SHA-256 over the rows: a hundredth of the cost of a seal per row. What is named
when something was changed is the batch of keys, not the row.
"""

from __future__ import annotations

import contextlib
import json
from hashlib import sha256

import pandas as pd
import sqlalchemy as sa

from claims.store import chain, schema, seals
from claims.store.checking_seals import ACKNOWLEDGED
from claims.store.load import frame

SEALS = schema.row_seals
# The tables, and what a row of each is called.
CALLED = {
    schema.claim_events.name: "claim life events",
    schema.families.name: "claim families",
    schema.line_matches.name: "line matches",
    schema.match_candidates.name: "claims not taken",
}


def append(conn: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> None:
    """Seal rows that were put in under keys side by side; tables of other kinds are left alone."""
    if table.name not in CALLED or rows.empty:
        return
    keys = rows[_key(table).name]
    told = f"{int(keys.min())} {int(keys.max())} {_hashed(table, rows)}"
    seals.write(conn, [{"table_name": table.name, "seals": told, "befores": ""}])


def unlike(conn: sa.Connection) -> list[str]:
    """Name batches of rows that are not as they were put in, and rows that no seal tells of.

    Not a batch that stands as somebody has acknowledged that it does: what is changed after that is named again.
    """
    found, seen = [], _acknowledged(conn)
    for name, called in CALLED.items():
        table = schema.metadata.tables[name]
        sealed = 0
        select = sa.select(SEALS.c.seals).where(SEALS.c.table_name == name).order_by(SEALS.c.row_seal_id)
        for text in list(conn.scalars(select)):
            first, last, told = (*str(text).split(" "), "", "")[:3]
            if not (first.isdigit() and last.isdigit()):
                continue  # spoiled: the chain of seals names it
            rows, name_of = _rows(conn, table, int(first), int(last)), subject(table, int(first), int(last))
            sealed += len(rows)
            if (stands := _hashed(table, rows)) != told and stands != seen.get(name_of):
                found.append(f"{name_of} are not as they were put in")
        more = int(conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0) - sealed
        if more:
            found.append(f"{called}: {more} were put in beside the program")
    return found


def subject(table: sa.Table, first: int, last: int) -> str:
    """Name a batch of rows, as `verify` does and the event that acknowledges what was found of it."""
    return f"{CALLED[table.name]} {first} to {last}"


def as_found(conn: sa.Connection, table: sa.Table, first: int, last: int) -> tuple[str, list[str]]:
    """Give the hash of a batch of rows as it stands, and those that it was sealed with: none where it is no batch."""
    sealed = conn.scalars(sa.select(SEALS.c.seals).where(SEALS.c.table_name == table.name))
    told = [str(text).split(" ")[2] for text in sealed if str(text).startswith(f"{first} {last} ")]
    return _hashed(table, _rows(conn, table, first, last)), told


def acknowledged_body(stands: str) -> dict[str, str]:
    """What the event says: the hash of the batch as somebody has seen it."""
    return {"as_found": stands}


def is_acknowledged(conn: sa.Connection, name: str, stands: str) -> bool:
    """Tell whether somebody has seen a batch as it stands."""
    return _acknowledged(conn).get(name) == stands


def _acknowledged(conn: sa.Connection) -> dict[str, str]:
    """As what each batch was acknowledged last, by its name."""
    events, known = schema.audit_events, dict[str, str]()
    told = sa.select(events.c.subject, events.c.body).where(events.c.action == ACKNOWLEDGED)
    for name, body in conn.execute(told.order_by(events.c.seq)):
        with contextlib.suppress(ValueError, KeyError, TypeError):  # of a row, or spoiled: the audit chain names it
            known[str(name)] = str(json.loads(body)["as_found"])
    return known


def _rows(conn: sa.Connection, table: sa.Table, first: int, last: int) -> pd.DataFrame:
    key = _key(table)
    return frame(conn, sa.select(*table.columns).where(key.between(first, last)).order_by(key))


def _hashed(table: sa.Table, rows: pd.DataFrame) -> str:
    """One hash of all columns of the rows, as they are read back; ASCII, so the same in every Python."""
    return sha256(ascii(list(chain.columns_of(list(table.columns), rows))).encode()).hexdigest()


def _key(table: sa.Table) -> sa.Column[int]:
    return next(iter(table.primary_key.columns))
