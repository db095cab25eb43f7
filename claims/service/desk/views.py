"""Saved views: filters that a person, or the whole team, comes back to, with how many cases they hold now."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import date
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


def save(ctx: Context, name: str, filters: Filters, sort: str = "", *, team: bool = False) -> int:
    """Keep filters under a name, one's own or the team's; what had that name is replaced. Give the view's id."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise UsageError(f"A view has a name of at most {LONGEST_NAME} characters.")
    if sort and sort not in filters.sorts:
        raise UsageError(f"This list is sorted by {' or '.join(filters.sorts)}, not by {sort}.")
    with write(ctx.engine) as conn:
        view_id = desk_news.save_view(conn, "" if team else ctx.actor, name, _written(filters), sort)
        record(ctx, conn, "view.save", f"view {view_id}", {"team": team})
    return view_id


def listed(ctx: Context, *, counts: bool = True) -> pd.DataFrame:
    """List the team's views and one's own: view_id, owner, name, filters (Filters), sort, cases, at_risk_cents."""
    with read(ctx.engine) as conn:
        rows = desk_news.views(conn, ctx.actor)
    rows["filters"] = pd.Series([_read(text) for text in rows["filters"]], index=rows.index, dtype=object)
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


def _written(filters: Filters) -> str:
    usual = Filters()
    values: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(filters).items()
        if value != getattr(usual, name)
    }
    return json.dumps(values, sort_keys=True)


def _read(text: str) -> Filters:
    """Read filters; a name that a later version no longer has is left out."""
    known = {one.name for one in fields(Filters)}
    values = {name: value for name, value in json.loads(text).items() if name in known}
    if values.get("due_by"):
        values["due_by"] = date.fromisoformat(values["due_by"])
    return Filters(**values)
