"""Saved views: filters that a person, or the whole team, comes back to, with how many cases they hold now."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import date, timedelta
from typing import Any

import pandas as pd

from claims.errors import NotFoundError, UsageError
from claims.service.audited import record
from claims.service.context import Context
from claims.service.desk import queue
from claims.service.desk.queue import Filters
from claims.store.engine import read, write
from claims.store.queries import desk_news

LONGEST_NAME = 80
_DUE_IN = "due_in"


def save(
    ctx: Context, name: str, filters: Filters, sort: str = "", *, team: bool = False, due_in: int | None = None
) -> int:
    """Keep filters under a name, one's own or the team's; what had that name is replaced. Give the view's id.

    ``due_in``: days from whatever day it is looked at, in place of the day in the filters.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"A view has a name of at most {LONGEST_NAME} characters.")
    if sort and sort not in filters.sorts:
        raise UsageError(f"This list is sorted by {' or '.join(filters.sorts)}, not by {sort}.")
    with write(ctx.engine) as conn:
        view_id = desk_news.save_view(conn, "" if team else ctx.actor, name, _written(filters, due_in), sort)
        record(ctx, conn, "view.save", f"view {view_id}", {"team": team})
    return view_id


def listed(ctx: Context, *, counts: bool = True) -> pd.DataFrame:
    """List the team's views and one's own: view_id, owner, name, filters (Filters), due_in (-1: none), sort, totals.

    Totals are cases and at_risk_cents. What is due in so many days is so from today.
    """
    with read(ctx.engine) as conn:
        rows = desk_news.views(conn, ctx.actor)
    today = ctx.settings.today()
    rows["due_in"] = pd.Series([_due_in(text) for text in rows["filters"]], index=rows.index, dtype="int64")
    rows["filters"] = pd.Series([_read(text, today) for text in rows["filters"]], index=rows.index, dtype=object)
    found = [queue.totals(ctx, one) for one in rows["filters"]] if counts else []
    return rows.assign(
        cases=pd.Series([one.cases for one in found], dtype="int64") if counts else 0,
        at_risk_cents=pd.Series([one.at_risk_cents for one in found], dtype="int64") if counts else 0,
    )


def delete(ctx: Context, view_id: int) -> None:
    """Delete one's own view, or one of the team; raise NotFoundError when there is none."""
    with write(ctx.engine) as conn:
        if not desk_news.delete_view(conn, view_id, ctx.actor):
            raise NotFoundError("view", view_id)
        record(ctx, conn, "view.delete", f"view {view_id}", {})


def _written(filters: Filters, due_in: int | None) -> str:
    usual = Filters()
    values: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(filters).items()
        if value != getattr(usual, name)
    }
    if due_in is not None:
        values = {name: value for name, value in values.items() if name != "due_by"} | {_DUE_IN: due_in}
    return json.dumps(values, sort_keys=True)


def _due_in(text: str) -> int:
    return int(json.loads(text).get(_DUE_IN, -1))


def _read(text: str, today: date) -> Filters:
    """Read filters; a name that a later version no longer has is left out."""
    known = {one.name for one in fields(Filters)}
    values = {name: value for name, value in json.loads(text).items() if name in known}
    if _due_in(text) >= 0:
        return Filters(**values, due_by=today + timedelta(days=_due_in(text)))
    if values.get("due_by"):
        values["due_by"] = date.fromisoformat(values["due_by"])
    return Filters(**values)
