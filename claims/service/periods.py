"""Periods that close: from then on every posting falls into the open period, with its effective date kept."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from claims.errors import PeriodClosedError, UsageError
from claims.service.audited import record
from claims.service.context import Context
from claims.store import periods
from claims.store.engine import read, write
from claims.store.handles import Connection


def require_open(conn: Connection, posting_date: date) -> None:
    """Raise PeriodClosedError when the accounting day is closed."""
    through = periods.closed_through(conn)
    if through is not None and posting_date <= through:
        raise PeriodClosedError(posting_date, through, through + timedelta(days=1))


def require_come(ctx: Context, posting_date: date) -> None:
    """Raise UsageError for a day ahead of today: what a person does with money happens today, or is typed later."""
    if posting_date > ctx.settings.today():
        raise UsageError("The accounting day lies ahead of today: money is moved today, or on a day that is over.")


def require_not_before(last: date | None, posting_date: date) -> None:
    """Raise UsageError for a day before that of what an act takes back, or builds on: the days between, as they were
    reported, would not add up any more."""
    if last is not None and posting_date < last:
        raise UsageError(
            f"What it is about was booked on {last}: it is dated on that day or later, not {posting_date}."
        )


def close_period(ctx: Context, through: date) -> None:
    """Close all accounting days up to `through`, for good."""
    if through >= ctx.settings.today():
        raise UsageError("Only days that are over can be closed.")
    with write(ctx.engine) as conn:
        last = periods.closed_through(conn)
        if last is not None and through <= last:
            raise UsageError(f"Everything up to {last} is closed already.")
        told = periods.close(conn, through, ctx.actor)
        record(ctx, conn, "period.close", f"through {through}", told)


def closings(ctx: Context) -> pd.DataFrame:
    """List the closings, the newest first."""
    with read(ctx.engine) as conn:
        return periods.listed(conn)
