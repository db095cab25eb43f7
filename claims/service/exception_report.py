"""Exceptions in the tie-out report: those open at the end of a day, and those closed from the first of its month on."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims import codes
from claims.store.handles import Connection
from claims.store.queries import exception_events, named_adjustments
from claims.store.queries import exceptions as rows_of
from claims.store.queries.asof import AsOf


def still_open(conn: Connection, at: AsOf) -> pd.DataFrame:
    """List what was open: type, amount, days, who works on it, its last note, what releases it, which provider
    adjustment it is about, where it stands."""
    rows = rows_of.open_as_of(conn, at)
    rows = _told(conn, at, rows).assign(opened_date=rows["posting_date"], days_open=_days(rows["posting_date"], at.day))
    names = ["type_code", "own_title", "severity", "amount_cents", "opened_date", "days_open", "owner", "last_note"]
    listed = rows.sort_values(["type_code", "exception_key"], ignore_index=True)
    place = ["exception_key", "sha256", "seg", "offset", "length"]
    return listed[[*names, "message", "release", *named_adjustments.TYPES, *place]]


def closed(conn: Connection, at: AsOf, first: date) -> pd.DataFrame:
    """List what was closed from the day `first` on: as what, and by whom."""
    rows = rows_of.closed_between(conn, first, at)
    rows = rows.rename(columns={"then_cents": "amount_cents", "then_date": "opened_date"})
    rows = _told(conn, at, rows).assign(closed_by=_closed_by(conn, rows))
    names = ["type_code", "own_title", "severity", "amount_cents", "opened_date", "closed_date", "resolution"]
    listed = rows.sort_values(["type_code", "exception_key", "closed_at"], ignore_index=True)
    return listed[[*names, "closed_by", "owner", "last_note", *named_adjustments.TYPES, "exception_key"]]


def _told(conn: Connection, at: AsOf, rows: pd.DataFrame) -> pd.DataFrame:
    """Add own_title and severity of the type, the provider adjustment, owner and last_note as they were that day."""
    adjustments = named_adjustments.of_exceptions(conn, rows)
    rows = rows.assign(**{str(name): adjustments[name] for name in adjustments})
    types = codes.table("exception_types").set_index("type_code").reindex(rows["type_code"])
    said = {"owner": exception_events.owners(conn, at), "last_note": exception_events.last_notes(conn, at)}
    return rows.assign(
        own_title=pd.Series(types["own_title"].to_numpy(), dtype="str").fillna(""),
        severity=pd.Series(types["severity"].to_numpy(), dtype="str").fillna(""),
        **{name: last.reindex(rows["exception_id"]).fillna("").to_numpy() for name, last in said.items()},
    )


def _days(days: pd.Series[str], until: date) -> pd.Series[int]:
    return (pd.Timestamp(until) - pd.to_datetime(days, format="%Y-%m-%d")).dt.days.astype("int64")


def _closed_by(conn: Connection, rows: pd.DataFrame) -> pd.Series[str]:
    """Say who accepted it; else who ran what closed it. Empty: it was closed outside of a run."""
    ran = exception_events.runs(conn)
    place = np.searchsorted(ran["started_at"].to_numpy("U27"), rows["closed_at"].to_numpy("U27"), side="right") - 1
    run = ran.reindex(place).set_axis(rows.index)
    is_in = (run["finished_at"].fillna("") == "") | (run["finished_at"] >= rows["closed_at"])
    by_run = run["actor"].where(is_in, "").fillna("")
    accepted = exception_events.acceptances(conn).set_index(["exception_id", "closed_at"])["actor"]
    by_person = accepted.reindex(pd.MultiIndex.from_frame(rows[["exception_id", "closed_at"]])).set_axis(rows.index)
    return by_person.fillna(by_run).astype("str")
