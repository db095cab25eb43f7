"""Pages of the list of bank lines, with what is left of each, and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import keyset, schema
from claims.store.load import frame
from claims.store.queries.asof import count, total

B, D = schema.bank_lines, schema.deposit_matches
KEYS = ["bank_date", "bank_line_id"]
_SETTLED = (
    sa.select(D.c.bank_line_id, total(D.c.amount_cents - D.c.fee_cents).label("cents"))
    .where(D.c.ended_at.is_(None))
    .group_by(D.c.bank_line_id)
    .subquery()
)
_REST = B.c.amount_cents - sa.func.coalesce(_SETTLED.c.cents, 0)


def page(conn: sa.Connection, state: str, after: Sequence[Any] | None, limit: int, back: bool) -> pd.DataFrame:
    """Read bank lines of a state (open, tied; empty: any) in the order of their days, with rest_cents."""
    names = ("bank_line_id", "bank_date", "amount_cents", "kind", "trace_number", "payer_name", "reference")
    select = sa.select(*(B.c[name] for name in names), sa.cast(_REST, sa.BigInteger).label("rest_cents"))
    place = None if after is None else (date.fromisoformat(after[0]), after[1])
    keys = (B.c.bank_date, B.c.bank_line_id)
    return frame(conn, keyset.page(_of(select, state), keys, place, limit, back=back))


def totals(conn: sa.Connection, state: str) -> tuple[int, int]:
    """Count the bank lines of a state and add up what nothing explains of them, in cents."""
    row = conn.execute(_of(sa.select(*(count(), total(_REST))), state)).one()
    return int(row[0]), int(row[1])


def _of(select: sa.Select[*tuple[Any, ...]], state: str) -> sa.Select[*tuple[Any, ...]]:
    select = select.select_from(B).outerjoin(_SETTLED, _SETTLED.c.bank_line_id == B.c.bank_line_id)
    return select if not state else select.where(_REST == 0 if state == "tied" else _REST != 0)
