"""Selects that hold exceptions against what people said of them: each gives what does not fit, so none is good."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema, sealed
from claims.store.exceptions import ACCEPTED
from claims.store.load import frame
from claims.store.queries import exception_events

E, PAST, EVENT = schema.exceptions, schema.past_exceptions, schema.exception_events


def unfounded(conn: sa.Connection) -> pd.DataFrame:
    """Exceptions whose owner, acceptance or kind their events do not give (name, why); each is named once."""
    parts = [
        _because(_unowned(conn), "has an owner that its events do not give"),
        _because(_unaccepted(conn), "is closed as accepted, and no event says so"),
        _because(_not_closed(conn), "was accepted by its last event and is not closed so"),
        _because(sealed.unlike_told(conn, E, EVENT), "is not as its last event left it"),
    ]
    rows = pd.concat(parts, ignore_index=True).drop_duplicates("exception_id").sort_values("exception_id")
    named = pd.DataFrame({"name": "exception " + rows["exception_id"].astype("str"), "why": rows["why"]})
    broken = sealed.broken(conn, EVENT)
    return pd.concat([named, broken.assign(name="exception " + broken["name"])], ignore_index=True)


def _because(exception_ids: pd.Series[int], why: str) -> pd.DataFrame:
    ids = exception_ids.astype("int64").to_numpy()
    return pd.DataFrame({"exception_id": ids, "why": pd.Series(why, range(len(ids)), dtype="str")})


def _unowned(conn: sa.Connection) -> pd.Series[int]:
    told = exception_events.owners(conn)
    owned = frame(conn, sa.select(E.c.exception_id, E.c.owner).where(E.c.owner != ""))
    kept = owned.set_index("exception_id")["owner"]
    both = pd.DataFrame({"told": told, "kept": kept}).fillna("")
    return pd.Series(both.index[both["told"] != both["kept"]])


def _unaccepted(conn: sa.Connection) -> pd.Series[int]:
    """Closed as accepted, now or before, and no event of that instant, day and amount did; or it was taken up since."""
    found = []
    for table in (E, PAST):
        said = EVENT.alias("said")
        event = sa.select(sa.literal(1)).where(
            said.c.exception_id == table.c.exception_id,
            said.c.kind == "accepted",
            said.c.recorded_at == table.c.closed_at,
            said.c.posting_date == table.c.closed_posting_date,
            said.c.amount_cents == table.c.amount_cents,
        )
        if table is E:
            event = event.where(said.c.exception_event_id == _last_verdict())
        select = sa.select(table.c.exception_id).where(
            table.c.closed_reason == ACCEPTED, ~event.correlate(table).exists()
        )
        found.append(frame(conn, select)["exception_id"])
    return pd.concat(found, ignore_index=True)


def _not_closed(conn: sa.Connection) -> pd.Series[int]:
    """Accepted since they were opened last, and open or closed by something else."""
    said = sa.select(EVENT.c.exception_id).where(
        EVENT.c.exception_event_id == _last_verdict(),
        EVENT.c.kind == "accepted",
        EVENT.c.recorded_at >= E.c.opened_at,
    )
    is_closed_so = sa.and_(E.c.state == "closed", sa.func.coalesce(E.c.closed_reason, "") == ACCEPTED)
    return frame(conn, sa.select(E.c.exception_id).where(said.correlate(E).exists(), ~is_closed_so))["exception_id"]


def _last_verdict() -> sa.ScalarSelect[int]:
    one = EVENT.alias("verdict")
    last = sa.select(sa.func.max(one.c.exception_event_id)).where(
        one.c.exception_id == E.c.exception_id, one.c.kind.in_(["accepted", "taken_up_again"])
    )
    return last.correlate(E).scalar_subquery()
