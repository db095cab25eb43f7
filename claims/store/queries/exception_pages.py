"""Pages of the list of exceptions, how many there are of each type, and how many rows are held now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from claims.store import keyset, schema
from claims.store.load import frame
from claims.store.queries.asof import count, total
from claims.store.queries.exceptions import rows as described

E = schema.exceptions
KEYS = ["rank", "lower", "exception_id"]


class Asked(NamedTuple):
    """What of the exceptions is asked for: a state and a type (empty: any), an owner (none: any; empty: nobody's)."""

    state: str
    type_code: str
    owner: str | None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Give it as conditions on exceptions."""
        wanted = ((E.c.state, self.state or None), (E.c.type_code, self.type_code or None), (E.c.owner, self.owner))
        return [column == value for column, value in wanted if value is not None]


def page(
    conn: sa.Connection,
    asked: Asked,
    notes: Sequence[str],
    after: Sequence[Any] | None,
    limit: int,
    back: bool,
) -> pd.DataFrame:
    """Read the exceptions asked for: types that only inform (`notes`) last, then by amount.

    With rank and lower (less than nothing: the amount), by which and the id they are in order.
    """
    rank = sa.case((E.c.type_code.in_(list(notes)), 1), else_=0)
    lower = -sa.func.abs(E.c.amount_cents)
    select = sa.select(
        E.c.exception_id, sa.cast(rank, sa.BigInteger).label("rank"), sa.cast(lower, sa.BigInteger).label("lower")
    )
    keys = (rank, sa.type_coerce(lower, sa.BigInteger), E.c.exception_id)
    chosen = keyset.page(select.where(*asked.conditions()), keys, after, limit, back=back).subquery()
    # What they hang on is looked up for the rows of the page alone.
    order = [chosen.c[name].desc() if back else chosen.c[name] for name in KEYS]
    joined = described().add_columns(chosen.c["rank"], chosen.c["lower"])
    return frame(conn, joined.join(chosen, chosen.c.exception_id == E.c.exception_id).order_by(*order))


def counts(conn: sa.Connection, asked: Asked) -> pd.DataFrame:
    """Count the exceptions asked for by type: type_code, exceptions, amount_cents."""
    select = sa.select(E.c.type_code, count().label("exceptions"), total(E.c.amount_cents).label("amount_cents"))
    return frame(conn, select.where(*asked.conditions()).group_by(E.c.type_code).order_by(E.c.type_code))
