"""What people said of exceptions: all of one, and owner and last note of each as they were at the end of a day."""

from __future__ import annotations

import json

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.exceptions import ACCEPTED, STANDS
from claims.store.load import frame
from claims.store.queries.asof import AsOf

EVENT, RUN = schema.exception_events, schema.runs
OWNING, NOTING = ("assigned", "unassigned"), ("noted",)


def of(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Read the events of an exception, oldest first, with `owner` and `words` (an account, too) of the body."""
    names = ("posting_date", "kind", "amount_cents", "actor", "recorded_at", "body")
    select = sa.select(*(EVENT.c[name] for name in names)).where(EVENT.c.exception_id == exception_id)
    rows = frame(conn, select.order_by(EVENT.c.exception_event_id))
    said = [json.loads(body) for body in rows["body"].tolist()]
    words = [" ".join(filter(None, map(one.get, ("account", "note", "reason")))) for one in said]
    owners = [one.get("owner", "") for one in said]
    return rows.drop(columns="body").assign(
        owner=pd.Series(owners, rows.index, dtype="str"), words=pd.Series(words, rows.index, dtype="str")
    )


def owners(conn: sa.Connection, as_of: AsOf | None = None) -> pd.Series[str]:
    """Give who works on exceptions by the events up to a day (none: all), by exception_id; empty: nobody any more."""
    return _last(conn, OWNING, "owner", as_of)


def last_notes(conn: sa.Connection, as_of: AsOf) -> pd.Series[str]:
    """Give the last note on exceptions up to a day, by exception_id."""
    return _last(conn, NOTING, "note", as_of)


def _last(conn: sa.Connection, kinds: tuple[str, ...], name: str, as_of: AsOf | None) -> pd.Series[str]:
    last = sa.select(sa.func.max(EVENT.c.exception_event_id)).where(EVENT.c.kind.in_(kinds))
    if as_of is not None:
        last = last.where(EVENT.c.posting_date <= as_of.day, EVENT.c.recorded_at <= as_of.known_at)
    chosen = EVENT.c.exception_event_id.in_(last.group_by(EVENT.c.exception_id))
    rows = frame(conn, sa.select(EVENT.c.exception_id, EVENT.c.body).where(chosen))
    said = [json.loads(body).get(name, "") for body in rows["body"].tolist()]
    return pd.Series(said, index=rows["exception_id"], dtype="str")


def acceptances(conn: sa.Connection) -> pd.DataFrame:
    """Read who accepted exceptions, or said that a claim stands: exception_id, closed_at, actor; a row each time."""
    columns = (EVENT.c.exception_id, EVENT.c.recorded_at.label("closed_at"), EVENT.c.actor)
    return frame(conn, sa.select(*columns).where(EVENT.c.kind.in_([ACCEPTED, STANDS])))


def runs(conn: sa.Connection) -> pd.DataFrame:
    """Read who ran what and when, in order: started_at, finished_at (empty: never), actor."""
    columns = (RUN.c.started_at, RUN.c.finished_at, RUN.c.actor)
    return frame(conn, sa.select(*columns).order_by(RUN.c.started_at, RUN.c.run_id))
