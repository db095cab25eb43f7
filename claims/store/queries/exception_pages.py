"""Pages of the list of exceptions, how many there are of each type, and how many rows are held now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import keyset, schema
from claims.store.load import frame
from claims.store.queries.asof import count, total
from claims.store.queries.exceptions import rows as described

E = schema.exceptions
KEYS = ["rank", "lower", "exception_id"]


def page(
    conn: sa.Connection,
    state: str,
    type_code: str,
    notes: Sequence[str],
    after: Sequence[Any] | None,
    limit: int,
    back: bool,
) -> pd.DataFrame:
    """Read exceptions of a state and type (empty: any): types that only inform (`notes`) last, then by amount.

    With rank and lower (less than nothing: the amount), by which and the id they are in order.
    """
    rank = sa.case((E.c.type_code.in_(list(notes)), 1), else_=0)
    lower = -sa.func.abs(E.c.amount_cents)
    select = sa.select(
        E.c.exception_id, sa.cast(rank, sa.BigInteger).label("rank"), sa.cast(lower, sa.BigInteger).label("lower")
    )
    keys = (rank, sa.type_coerce(lower, sa.BigInteger), E.c.exception_id)
    chosen = keyset.page(select.where(*_asked(state, type_code)), keys, after, limit, back=back).subquery()
    # What they hang on is looked up for the rows of the page alone.
    order = [chosen.c[name].desc() if back else chosen.c[name] for name in KEYS]
    joined = described().add_columns(chosen.c["rank"], chosen.c["lower"])
    return frame(conn, joined.join(chosen, chosen.c.exception_id == E.c.exception_id).order_by(*order))


def counts(conn: sa.Connection, state: str) -> pd.DataFrame:
    """Count the exceptions of a state (empty: any) by type: type_code, exceptions, amount_cents."""
    select = sa.select(E.c.type_code, count().label("exceptions"), total(E.c.amount_cents).label("amount_cents"))
    return frame(conn, select.where(*_asked(state, "")).group_by(E.c.type_code).order_by(E.c.type_code))


def _asked(state: str, type_code: str) -> list[sa.ColumnElement[bool]]:
    wanted = ((E.c.state, state), (E.c.type_code, type_code))
    return [column == value for column, value in wanted if value]
