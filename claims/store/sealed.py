"""What a case said after an event: a hash of its columns, kept with the event, so that a change without one is found.

A case is worked on, so its row changes; its events do not. Each writer of events asks for the hash of the rows as they
stand by then, and `unlike` holds every row against its last event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
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
}


def hashes(conn: sa.Connection, cases: sa.Table, case_ids: Sequence[int]) -> pd.Series[str]:
    """Give the hash of each of these cases as it stands now, by its id."""
    key = _key(cases)
    rows = frame_of(conn, _select(cases), key, sorted({int(one) for one in case_ids}))
    return pd.Series(list(_hashed(rows)), index=rows[key.name], dtype="str")


def unlike(conn: sa.Connection, cases: sa.Table, events: sa.Table) -> pd.DataFrame:
    """Name cases that are not as their last event left them, or have no event (name, why)."""
    key, found, after = _key(cases), [], 0
    number = next(iter(events.primary_key.columns))
    while True:
        rows = frame(conn, _select(cases).where(key > after).order_by(key).limit(CASES_AT_ONCE))
        if rows.empty:
            break
        first, after = after, int(rows[key.name].max())
        stretch = sa.and_(events.c[key.name] > first, events.c[key.name] <= after)
        last = sa.select(sa.func.max(number)).where(stretch).group_by(events.c[key.name])
        told = frame(conn, sa.select(events.c[key.name], events.c.case_hash).where(number.in_(last)))
        kept = told.set_index(key.name)["case_hash"].reindex(rows[key.name])
        differs = kept.to_numpy() != pd.Series(list(_hashed(rows)), dtype="str").to_numpy()
        found.append(rows.loc[differs, ["case_key"]])
    names = pd.concat(found)["case_key"].sort_values() if found else pd.Series(dtype="str")
    return pd.DataFrame({"name": names.str[:12].to_numpy(), "why": "is not as its last event left it"})


def _key(cases: sa.Table) -> sa.Column[int]:
    return next(iter(cases.primary_key.columns))


def _select(cases: sa.Table) -> sa.Select[Any]:
    return sa.select(*(column for column in cases.columns if column.name not in MOVING[cases.name]))


def _hashed(rows: pd.DataFrame) -> Iterator[str]:
    """One hash per row, of its values as they are read back; ASCII, so that it is the same in every Python."""
    for row in zip(*(rows[name].tolist() for name in rows.columns), strict=True):
        yield sha256(ascii(row).encode()).hexdigest()
