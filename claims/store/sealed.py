"""Events are sealed twice: each keeps a hash of its case after it, and a hash of itself and of the event before it.

A case is worked on, so its row changes; its events do not. Each writer of events appends them here, and `unlike` holds
every row against its last event, `broken` every event against the chain. An exception is treated as a case is, once a
person has said something of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from claims.store import chain, ids, schema, seals
from claims.store.bulk import bulk_insert
from claims.store.load import frame
from claims.store.rows import frame_of

CASES_AT_ONCE = 20_000
# Columns that change without an event: the points of the night, what lists are sorted and filtered by, the day to ask
# for an answer, the pattern; and the instant of writing, which nobody has before.
MOVING = {
    schema.denial_cases.name: {
        *("recorded_at", "queue", "score", "recovery_percent", "expected_value_cents", "value_points"),
        *("urgency_points", "touch_points", "effort_points", "priority_rank", "deadline_sort_date"),
        *("remit_sort_date", "changed_run_id", "pattern_id", "snoozed_until_date"),
    },
    schema.variance_cases.name: {"recorded_at"},
    # The nights open and close an exception, say what it is worth and whether what it waits for is here and held.
    schema.exceptions.name: {
        *("state", "amount_cents", "sort_cents", "release", "posting_date", "since_date", "opened_at"),
        *("closed_posting_date", "closed_at", "closed_reason"),
    },
}


def hashes(conn: sa.Connection, cases: sa.Table, case_ids: Sequence[int]) -> pd.Series[str]:
    """Give the hash of each of these cases as it stands now, by its id."""
    key = _key(cases)
    rows = frame_of(conn, _select(cases), key, sorted({int(one) for one in case_ids}))
    return pd.Series(list(_hashed(rows)), index=rows[key.name], dtype="str")


def append(conn: sa.Connection, events: sa.Table, cases: sa.Table, rows: pd.DataFrame) -> pd.DataFrame:
    """Insert events of cases that are written already, and give them back with their keys."""
    key, number = _key(cases).name, _key(events).name
    if rows.empty:
        return rows.assign(**{number: pd.Series(dtype="int64")})
    after = hashes(conn, cases, rows[key].tolist()).reindex(rows[key]).to_numpy()
    told = rows.assign(case_hash=after)
    for column in events.columns:  # what the database would fill in is sealed, too
        if column.server_default is not None and column.name not in told:
            told[column.name] = int(str(column.server_default.arg))  # type: ignore[attr-defined]
    chained = chain.chained(chain.end(conn, events)[1], _own(events), told)
    first = ids.take(conn, events, len(told))
    seals.stretch(conn, events, first, chained)
    numbers = np.arange(first, first + len(told), dtype="int64")
    told = told.assign(hash=pd.Series(chained, index=told.index, dtype="str")).assign(**{number: numbers})
    bulk_insert(conn, events, told[[column.name for column in events.columns if column.name in told]])
    return told


def broken(conn: sa.Connection, events: sa.Table) -> pd.DataFrame:
    """Name events that are not as they were written, and say when some are missing at the end (name, why)."""
    number = next(iter(events.primary_key.columns))
    found: list[str] = []
    previous, start, last = chain.START, chain.LEAST, 0
    while True:
        rows = frame(conn, sa.select(*events.columns).where(number >= start).order_by(number).limit(CASES_AT_ONCE))
        if rows.empty:
            break
        told, keys = rows["hash"].tolist(), rows[number.name].tolist()
        # Each is held against the hash that is told of the one before it: one event that was changed names itself.
        own = chain.followed([previous, *told[:-1]], _own(events), rows, [b""] * len(rows))
        found += [str(key) for key, one, other in zip(keys, own, told, strict=True) if one != other]
        previous, last = told[-1], keys[-1]
        start = last + 1
    names = pd.DataFrame({"name": pd.Series([f"event {one}" for one in found], dtype="str")})
    names = names.assign(why="or the one before it was altered, removed or put in between")
    given = conn.scalar(sa.select(schema.id_blocks.c.next_id).where(schema.id_blocks.c.table_name == events.name))
    if given is not None and int(given) != last + 1:
        cut = {"name": [f"event {int(given) - 1}"], "why": [f"was the last that was written; the last here is {last}"]}
        names = pd.concat([names, pd.DataFrame(cut).astype("str")], ignore_index=True)
    return names


def _own(events: sa.Table) -> list[sa.Column[Any]]:
    number = next(iter(events.primary_key.columns)).name
    return [column for column in events.columns if column.name not in (number, "hash")]


def unlike(conn: sa.Connection, cases: sa.Table, events: sa.Table) -> pd.DataFrame:
    """Name cases that are not as their last event left them, or have no event (name, why)."""
    names = _differing(conn, cases, events)["case_key"].sort_values()
    return pd.DataFrame({"name": names.str[:12].to_numpy(), "why": "is not as its last event left it"})


def unlike_told(conn: sa.Connection, cases: sa.Table, events: sa.Table) -> pd.Series[int]:
    """Give the ids of those that have events and are not as the last one left them."""
    key = _key(cases)
    told = sa.select(sa.literal(1)).where(events.c[key.name] == key).correlate(cases).exists()
    return _differing(conn, cases, events, told)[key.name]


def as_left(conn: sa.Connection, cases: sa.Table, events: sa.Table, event_ids: Sequence[int]) -> pd.DataFrame:
    """Give the events after which their case has changed and is as they left it again, but for its version: event_id,
    version (as it is now)."""
    key, number = _key(cases), next(iter(events.primary_key.columns))
    select = sa.select(number, events.c[key.name], events.c.case_version, events.c.case_hash)
    told = frame_of(conn, select, number, event_ids)
    rows = frame_of(conn, _select(cases), key, told[key.name].drop_duplicates().tolist())
    now = told.merge(rows, on=key.name)
    now = now[now["version"] > now["case_version"]]
    then = now.assign(version=now["case_version"])[list(rows.columns)]
    is_same = now["case_hash"].to_numpy() == pd.Series(list(_hashed(then)), dtype="str").to_numpy()
    same: pd.DataFrame = now.loc[is_same, [number.name, "version"]].reset_index(drop=True)
    return same


def _differing(
    conn: sa.Connection, cases: sa.Table, events: sa.Table, *conditions: sa.ColumnElement[bool]
) -> pd.DataFrame:
    key, found, start = _key(cases), [], chain.LEAST
    number = next(iter(events.primary_key.columns))
    while True:
        rows = frame(conn, _select(cases).where(key >= start, *conditions).order_by(key).limit(CASES_AT_ONCE))
        found.append(rows.iloc[:0])
        if rows.empty:
            break
        first, start = start, int(rows[key.name].max()) + 1
        stretch = events.c[key.name].between(first, start - 1)
        last = sa.select(sa.func.max(number)).where(stretch).group_by(events.c[key.name])
        told = frame(conn, sa.select(events.c[key.name], events.c.case_hash).where(number.in_(last)))
        kept = told.set_index(key.name)["case_hash"].reindex(rows[key.name])
        differs = kept.to_numpy() != pd.Series(list(_hashed(rows)), dtype="str").to_numpy()
        found.append(rows[differs])
    return pd.concat(found, ignore_index=True)


def _key(cases: sa.Table) -> sa.Column[int]:
    return next(iter(cases.primary_key.columns))


def _select(cases: sa.Table) -> sa.Select[Any]:
    return sa.select(*(column for column in cases.columns if column.name not in MOVING[cases.name]))


def _hashed(rows: pd.DataFrame) -> Iterator[str]:
    """One hash per row, of its values as they are read back; ASCII, so that it is the same in every Python."""
    for row in zip(*(rows[name].tolist() for name in rows.columns), strict=True):
        yield sha256(ascii(row).encode()).hexdigest()
