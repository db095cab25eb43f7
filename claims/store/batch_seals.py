"""Rows that are only ever put in, many at once, are sealed together: one row of the chain of seals for each insert.

It says which keys were put in and one SHA-256 over the rows: a hundredth of the cost of a seal per row. What is named
when something was changed is the batch of keys, not the row.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
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
# How `unlike` names rows that stand side by side; a key that somebody chose may be below zero.
NAMED = re.compile(r"(.+) (-?\d{1,18}) to (-?\d{1,18})", re.ASCII)


def append(conn: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> None:
    """Seal rows that were put in under keys side by side; tables of other kinds are left alone."""
    if table.name not in CALLED or rows.empty:
        return
    keys = rows[_key(table).name]
    told = f"{int(keys.min())} {int(keys.max())} {_hashed(table, rows)}"
    seals.write(conn, [{"table_name": table.name, "seals": told, "befores": ""}])


def unlike(conn: sa.Connection) -> list[str]:
    """Name batches of rows that are not as they were put in, and stretches of rows that no seal tells of.

    Not those that stand as somebody has acknowledged that they do: what is changed after that is named again.
    """
    found, seen = [], _acknowledged(conn)
    for name in CALLED:
        table = schema.metadata.tables[name]
        batches = _batches(conn, table)
        beside = _seen_beside(table, batches, seen)
        told = [(*one, "put in") for one in batches] + [(*one, "", "acknowledged") for one in beside]
        there = 0
        for first, last, sealed, how in told:
            rows, name_of = _rows(conn, table, first, last), subject(table, first, last)
            there += len(rows)
            if _hashed(table, rows) not in (sealed, seen.get(name_of)):
                found.append(f"{name_of} are not as they were {how}")
        if int(conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0) != there:
            strays = _strays(conn, table, [(first, last) for first, last, *_ in told])
            found += [f"{subject(table, first, last)} were put in beside the program" for first, last in strays]
    return found


def _batches(conn: sa.Connection, table: sa.Table) -> list[tuple[int, int, str]]:
    """Give first and last key of each insert that was sealed, with its hash."""
    select = sa.select(SEALS.c.seals).where(SEALS.c.table_name == table.name).order_by(SEALS.c.row_seal_id)
    told = [(*str(text).split(" "), "", "")[:3] for text in conn.scalars(select)]
    # Not what somebody spoiled: the chain of seals names it.
    return [(int(first), int(last), sealed) for first, last, sealed in told if first.isdigit() and last.isdigit()]


def _seen_beside(
    table: sa.Table, batches: list[tuple[int, int, str]], seen: Mapping[str, str]
) -> list[tuple[int, int]]:
    """Give the stretches of rows that no seal tells of and somebody has acknowledged, also where they are gone."""
    named = (NAMED.fullmatch(name) for name in seen)
    known = [(int(one[2]), int(one[3])) for one in named if one and one[1] == CALLED[table.name]]
    return [
        (first, last)
        for first, last in sorted(known)
        if not any(first <= their_last and last >= their_first for their_first, their_last, _ in batches)
    ]


def _strays(conn: sa.Connection, table: sa.Table, known: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give first and last of the keys, side by side, of rows that stand in none of the stretches that are known."""
    gaps, after = list[list[sa.ColumnElement[bool]]](), None
    key = _key(table)
    for first, last in sorted(known):
        if after is None or first > after + 1:
            gaps.append([key < first] if after is None else [key > after, key < first])
        after = last if after is None else max(after, last)
    gaps.append([] if after is None else [key > after])
    found = list[tuple[int, int]]()
    for gap in gaps:
        for one in conn.scalars(sa.select(key).where(*gap).order_by(key)):
            is_next = bool(found) and found[-1][1] == one - 1
            found[-1:] = [(found[-1][0], int(one))] if is_next else [*found[-1:], (int(one), int(one))]
    return found


def subject(table: sa.Table, first: int, last: int) -> str:
    """Name a batch of rows, as `verify` does and the event that acknowledges what was found of it."""
    return f"{CALLED[table.name]} {first} to {last}"


def as_found(conn: sa.Connection, table: sa.Table, first: int, last: int) -> tuple[str, list[str]]:
    """Give the hash of a stretch of rows as it stands, and those that it was sealed with.

    None where it was not put in by the program as one; "" where no seal tells of it, and `unlike` names it so.
    """
    batches, stretch = _batches(conn, table), (first, last)
    told = [sealed for *own, sealed in batches if tuple(own) == stretch]
    if not told:
        beside = _seen_beside(table, batches, _acknowledged(conn))
        beside += _strays(conn, table, [own[:2] for own in batches] + beside)
        told = [""] if stretch in beside else []
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
