"""Pages of the list of bank lines, each by one index, and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import keyset, schema
from claims.store.banking import OUT
from claims.store.load import frame
from claims.store.queries.asof import count, total

B = schema.bank_lines
KEYS = ["bank_date", "bank_line_id"]
STATES = ("open", "tied", *OUT)
SHOWN = ("bank_date", "amount_cents", "kind", "trace_number", "payer_name", "reference", "rest_cents", "state")


def page(conn: sa.Connection, state: str, after: Sequence[Any] | None, limit: int, back: bool) -> pd.DataFrame:
    """Read bank lines of a state (`STATES`; empty: any) in the order of their days, with rest_cents."""
    place = None if after is None else (date.fromisoformat(after[0]), after[1])
    chosen = page_select(state, place, limit, back=back).subquery()
    select = sa.select(chosen.c.bank_line_id, *(B.c[name] for name in SHOWN))
    select = select.join(chosen, chosen.c.bank_line_id == B.c.bank_line_id)
    return frame(conn, select.order_by(*keyset.ordered([chosen.c[name] for name in KEYS], back=back)))


def page_select(state: str, place: Sequence[Any] | None, limit: int, *, back: bool = False) -> sa.Select[Any]:
    """Give the statement of a page: the first rows of one list for each state, merged."""
    columns = [B.c[name] for name in KEYS]
    lists = [sa.select(*columns).where(B.c.state == one) for one in ((state,) if state else STATES)]
    return keyset.merged([keyset.page(one, columns, place, limit, back=back) for one in lists], KEYS, limit, back=back)


def totals(conn: sa.Connection, state: str) -> tuple[int, int]:
    """Count the bank lines of a state and add up what nothing explains of them, in cents (of `OUT`: nothing)."""
    found = {one: conn.execute(totals_select(one)).one() for one in ((state,) if state else STATES)}
    left = sum(int(row[1]) for one, row in found.items() if one not in OUT)
    return sum(int(row[0]) for row in found.values()), left


def totals_select(state: str) -> sa.Select[int, int]:
    """Give the statement of the sums of one state."""
    return sa.select(count(), total(B.c.rest_cents)).where(B.c.state == state)
