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
    "changed": ("repeated", "upheld", "matched", "attached", "deadline", "next_step", "recovery_reversed"),
    "paid": ("overturned", "partly_overturned"),
    "replaced": ("superseded",),
    "reopened": ("reopened",),
    "back": ("woken", "no_answer", "correction_rejected"),
}
DUE_DAYS = 7
QUEUES = ("open", "waiting", "snoozed", "expired")
SHOWN = 20


class Night(NamedTuple):
    """The accounting day of the last night, and how many days ago it was: points and queues are as of then."""

    day: date
    days_ago: int

    @property
    def is_old(self) -> bool:
        """Whether a night is missing: the last one is older than yesterday."""
        return self.days_ago > 1


class News(NamedTuple):
    """What happened since the night before.

    `counts` has a row for each of KINDS and for due: news, cases, at_risk_cents, event_cents (of paid: recovered).
    `cases`: with news, the most urgent of the open ones first, in the order of the queue; one stands once.
    `first_run` is what the filter changed_since_run wants.
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
    rows = pd.concat(cases, ignore_index=True).drop_duplicates("case_id")
    rows = rows.assign(is_done=rows["queue"] != "open")
    rows = rows.sort_values(["is_done", "priority_rank", "case_id"], ignore_index=True)
    return News(day, min(runs, default=0), told, rows.drop(columns="is_done"))


def queues(ctx: Context) -> dict[str, tuple[int, int]]:
    """Give (cases, cents at risk) of each queue that is not closed; a list of everybody's has just these cases."""
    with read(ctx.engine) as conn:
        rows = desk_news.by_queue(conn)
    found = dict(zip(rows["queue"], zip(rows["cases"], rows["at_risk_cents"], strict=True), strict=True))
    return {name: (int(cases), int(cents)) for name in QUEUES for cases, cents in [found.get(name, (0, 0))]}


def last_night(ctx: Context) -> Night | None:
    """Give the last accounting day that was reconciled, and how long ago that is; None before the first."""
    with read(ctx.engine) as conn:
        day, _ = desk_news.last_night(conn)
    return Night(day, (ctx.settings.today() - day).days) if day else None
