"""Periods that close: from then on every posting falls into the open period, with its effective date kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from claims import codes
from claims.errors import PeriodClosedError, UsageError
from claims.service.audited import record
from claims.service.context import Context
from claims.store import periods
from claims.store.engine import read, rehearsal, write
from claims.store.handles import Connection
from claims.store.queries import journals
from claims.store.queries.asof import AsOf
from claims.store.queries.exceptions import open_as_of


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


@dataclass(frozen=True)
class Closing:
    """What is closed for good: balances (account, name, amount_cents: debit positive) and open exceptions (type_code,
    count, amount_cents) at the end of its last day, the journals so far and the head of their chain."""

    through: date
    journals: int
    head_hash: str
    balances: pd.DataFrame
    exceptions: pd.DataFrame


def close_period(ctx: Context, through: date) -> Closing:
    """Close all accounting days up to `through`, for good."""
    if through >= ctx.settings.today():
        raise UsageError("Only days that are over can be closed.")
    with write(ctx.engine) as conn:
        last = periods.closed_through(conn)
        if last is not None and through <= last:
            raise UsageError(f"Everything up to {last} is closed already.")
        told = periods.close(conn, through, ctx.actor)
        record(ctx, conn, "period.close", f"through {through}", told)
        return _closing(conn, through, told)


def rehearse_closing(ctx: Context, through: date) -> Closing:
    """Close and take it back: what would be closed."""
    with rehearsal(ctx.engine):
        return close_period(ctx, through)


def _closing(conn: Connection, through: date, told: dict[str, Any]) -> Closing:
    at = AsOf(through, told["closed_at"])
    stand = pd.Series(journals.balances(conn, at), dtype="int64").sort_index()
    accounts = pd.Series(stand.index, dtype="str")
    balances = pd.DataFrame(
        {"account": accounts, "name": codes.account_names(accounts), "amount_cents": stand.to_numpy()}
    )
    found = open_as_of(conn, at).groupby("type_code", as_index=False)
    exceptions = found.agg(count=("exception_id", "size"), amount_cents=("amount_cents", "sum"))
    return Closing(through, told["journals"], told["head_hash"], balances, exceptions)


def closings(ctx: Context) -> pd.DataFrame:
    """List the closings, the newest first."""
    with read(ctx.engine) as conn:
        return periods.listed(conn)
