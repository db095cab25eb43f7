"""What the last night changed in the queue, told by its runs and never by the clock; and what falls due."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

from claims.service.context import Context
from claims.store.engine import read
from claims.store.queries import desk_news

# What is told -> the events that mean it.
KINDS = {
    "new": ("opened",),
    "changed": ("repeated", "upheld", "matched", "attached", "deadline", "next_step"),
    "paid": ("overturned", "partly_overturned"),
    "replaced": ("superseded",),
    "reopened": ("reopened",),
    "back": ("woken", "no_answer"),
}
DUE_DAYS = 7
SHOWN = 20


class News(NamedTuple):
    """What happened since the night before.

    `counts` has a row for each of KINDS and for due: news, cases, at_risk_cents, event_cents (of paid: recovered).
    `cases`: the most valuable cases of each, with news. `first_run` is what the filter changed_since_run wants.
    """

    posting_date: date | None
    first_run: int
    counts: pd.DataFrame
    cases: pd.DataFrame


def since_last_night(ctx: Context) -> News:
    """Tell the news of the last accounting day that was reconciled: all its runs together, none of them twice."""
    with read(ctx.engine) as conn:
        day, runs = desk_news.last_night(conn)
        counts = [(news, *desk_news.counted(conn, runs, kinds)) for news, kinds in KINDS.items()]
        cases = [desk_news.happened(conn, runs, kinds, SHOWN).assign(news=news) for news, kinds in KINDS.items()]
        due = desk_news.due(conn, day, day + timedelta(days=DUE_DAYS)) if day else (0, 0)
    counts.append(("due", *due, 0))
    told = pd.DataFrame(counts, columns=["news", "cases", "at_risk_cents", "event_cents"])
    return News(day, min(runs, default=0), told, pd.concat(cases, ignore_index=True))
