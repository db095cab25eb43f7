"""The list of bank lines by pages, each with what it is tied to, and the sums of the whole list."""

from __future__ import annotations

from claims.service import paged
from claims.service.audited import record_shown
from claims.service.context import Context
from claims.service.deposits import with_ties
from claims.store import banking
from claims.store.engine import read
from claims.store.queries import deposit_pages as rows_of


def page(ctx: Context, state: str, after: paged.Place | None) -> paged.Page:
    """Give a page of the bank lines of a state (empty: any), as `deposits.listed` has them.

    What the bank says of payers is shown, which is recorded.
    """
    with read(ctx.engine) as conn:
        found = paged.page(
            lambda place, limit, back: rows_of.page(conn, state, place, limit, back), rows_of.KEYS, after
        )
        ties = banking.matches(conn, found.rows["bank_line_id"])
    if len(found.rows):
        record_shown(ctx, "deposits", {"bank lines": found.rows["bank_line_id"].tolist()})
    return found._replace(rows=with_ties(found.rows, ties))


def totals(ctx: Context, state: str) -> tuple[int, int]:
    """Count the bank lines of a state (empty: any) and add up what nothing explains of them, in cents."""
    with read(ctx.engine) as conn:
        return rows_of.totals(conn, state)
