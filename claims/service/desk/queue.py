"""The lists of the denial desk: what is asked for comes in, one page of cases and the place of the next go out.

A page begins after a row, named by its sort's value and its id, never at a number of rows: so it costs the same
anywhere in a list of any length, and no row is missed or shown twice when others come and go.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, NamedTuple, get_args

import pandas as pd

from claims.errors import UsageError
from claims.service.context import Context
from claims.service.desk import made, steps
from claims.service.payer_names import meant
from claims.store.engine import read
from claims.store.queries import desk_queue
from claims.store.queries.desk_queue import PAIRS, SORTS, Filters, Sort, State

__all__ = [
    "PAIRS",
    "SORTS",
    "Filters",
    "Page",
    "Place",
    "Sort",
    "Totals",
    "neighbours",
    "open_payers",
    "page",
    "payer",
    "payers",
    "reason",
    "selection",
    "tags",
    "totals",
]

LARGEST_PAGE = 500
BACK = "back"
_REASON = re.compile(r"(?:(?:CO|PR|OA|PI|CR)[\s-]*)?([A-Z]?[0-9]{1,3})")  # a group may stand before the code

# (value of the sort's column, case_id): the page after that row; with BACK as a third, the page before it.
Place = tuple[Any, ...]


class Page(NamedTuple):
    """Rows of a list, and the places of the pages after and before them (None: there is none)."""

    rows: pd.DataFrame
    next: Place | None
    previous: Place | None


class Totals(NamedTuple):
    """How many cases a list has, the money at risk of those not closed, and what was recovered with the closed."""

    cases: int
    at_risk_cents: int
    recovered_cents: int


def page(ctx: Context, filters: Filters, sort: str = "", after: Place | None = None, size: int = 50) -> Page:
    """Give one page of a list, sorted by one of the sorts that `filters.sorts` offers (empty: the usual one).

    Rows have the columns of a case, its points, what `steps.told` says of its next step and day, and what
    `made.with_claims` says of its claims.
    Raises UsageError for a state, sort, place or size that cannot be.
    """
    if filters.state not in get_args(State):
        raise UsageError(f"There is no queue {filters.state}; there are: {', '.join(get_args(State))}.")
    chosen = sort or filters.sorts[0]
    if chosen not in filters.sorts:
        raise UsageError(f"This list is sorted by {' or '.join(filters.sorts)}, not by {chosen}.")
    if not 0 < size <= LARGEST_PAGE:
        raise UsageError(f"A page has 1 to {LARGEST_PAGE} rows.")
    place, back = _place(chosen, after)
    with read(ctx.engine) as conn:
        found = desk_queue.page(conn, filters, ctx.actor, chosen, place, size + 1, back=back)
        rows = made.with_claims(conn, found)
    more = len(rows) > size
    rows = rows.head(size)
    rows = rows.iloc[::-1].reset_index(drop=True) if back else rows.reset_index(drop=True)
    column = SORTS[chosen].column
    first, last = (_named(rows, column, at) for at in (0, -1)) if len(rows) else (None, None)
    return Page(
        steps.told(ctx, rows, ctx.settings.today()),
        next=last if last and (back or more) else None,
        previous=(*first, BACK) if first and (more if back else after is not None) else None,
    )


def totals(ctx: Context, filters: Filters) -> Totals:
    """Count what a list has, and add up its money at risk: slower than a page, to be asked for apart from it."""
    with read(ctx.engine) as conn:
        return Totals(*desk_queue.totals(conn, filters, ctx.actor))


def selection(ctx: Context, filters: Filters) -> list[tuple[int, int]]:
    """Give (case_id, version) of all cases of a list, as actions want them."""
    with read(ctx.engine) as conn:
        rows = desk_queue.selection(conn, filters, ctx.actor)
    return list(zip(rows["case_id"].tolist(), rows["version"].tolist(), strict=True))


def payers(ctx: Context, text: str) -> list[str]:
    """Give the codes of the payers of cases that have this code, or this text in their name."""
    with read(ctx.engine) as conn:
        return desk_queue.payers(conn, text)


def payer(ctx: Context, text: str) -> str:
    """Give the code of the payer that is meant by a code or a part of a name; the text itself where none fits.

    Raises UsageError when several fit.
    """
    return meant(text, payers(ctx, text) if text else [])


def reason(text: str) -> str:
    """Give the reason code that is meant by `197`, `CO-197` or `co197`; any other text as it is."""
    text = text.strip().upper()
    found = _REASON.fullmatch(text)
    return found[1] if found else text


def open_payers(ctx: Context) -> list[tuple[str, str]]:
    """Give (code, name) of the payers that have cases which are not closed, by name."""
    with read(ctx.engine) as conn:
        return desk_queue.open_payers(conn)


def tags(ctx: Context) -> list[str]:
    """Give the tags that cases have, in order."""
    with read(ctx.engine) as conn:
        return desk_queue.tags(conn)


def neighbours(ctx: Context, filters: Filters, sort: str, case_id: int) -> tuple[str, str]:
    """Give the keys of the cases before and after a case in a list (empty: none), though it may have left the list."""
    with read(ctx.engine) as conn:
        place = desk_queue.place_of(conn, case_id, sort)
        if place is None:
            return "", ""
        before, after = (
            desk_queue.neighbour(conn, filters, ctx.actor, sort, place, back=back) for back in (True, False)
        )
    return before, after


def _place(sort: str, after: Place | None) -> tuple[tuple[Any, int] | None, bool]:
    """Read a place: `(row, whether the page before it is meant)`."""
    if after is None:
        return None, False
    is_day = SORTS[sort].column.endswith("_date")
    try:
        value, case_id, *rest = after
        row = (date.fromisoformat(value) if is_day else int(value), int(case_id))
    except (TypeError, ValueError):
        raise UsageError("This place is not one of this list; begin at its first page.") from None
    if rest not in ([], [BACK]):
        raise UsageError("This place is not one of this list; begin at its first page.")
    return row, bool(rest)


def _named(rows: pd.DataFrame, column: str, at: int) -> Place:
    value = rows[column].iloc[at]
    return (value if isinstance(value, str) else int(value), int(rows["case_id"].iloc[at]))
