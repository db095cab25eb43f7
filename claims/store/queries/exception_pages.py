"""Pages of the list of exceptions, each by one index, and how many there are of each type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from claims.store import keyset, schema
from claims.store.load import frame
from claims.store.queries import loose
from claims.store.queries.asof import count
from claims.store.queries.exceptions import rows as described

E = schema.exceptions
KEYS = ["rank", "lower", "exception_id"]
STATES = ("open", "closed")
MOST_TYPES = 200


class Asked(NamedTuple):
    """What of the exceptions is asked for: a state and a type (empty: any), an owner (none: any; empty: nobody's)."""

    state: str
    type_code: str
    owner: str | None

    @property
    def states(self) -> Sequence[str]:
        """The states that are looked into, one by one: each index begins with it."""
        return (self.state,) if self.state else STATES

    def conditions(self, state: str) -> list[sa.ColumnElement[bool]]:
        """Give it as conditions on the exceptions of one state."""
        wanted = ((E.c.type_code, self.type_code or None), (E.c.owner, self.owner))
        return [E.c.state == state, *(column == value for column, value in wanted if value is not None)]


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
    types = [asked.type_code] if asked.type_code else _types(conn, asked.states)
    chosen = page_select(asked, types, notes, after, limit, back=back).subquery()
    # What they hang on is looked up for the rows of the page alone.
    order = keyset.ordered([chosen.c[name] for name in KEYS], back=back)
    joined = described().add_columns(chosen.c["rank"], chosen.c["lower"])
    return frame(conn, joined.join(chosen, chosen.c.exception_id == E.c.exception_id).order_by(*order))


def page_select(
    asked: Asked, types: Sequence[str], notes: Sequence[str], after: Sequence[Any] | None, limit: int, *,
    back: bool = False,
) -> sa.Select[Any]:  # fmt: skip
    """Give the statement of a page: the first rows of one list for each state and type, merged."""
    keys = (E.c.sort_cents, E.c.exception_id)
    parts = []
    for type_code in types or [""]:
        rank = int(type_code in notes)
        if after is not None and (rank > after[0] if back else rank < after[0]):
            continue  # the whole of it stands on the other side of the place
        place = None if after is None or rank != after[0] else after[1:]
        columns = (
            E.c.exception_id,
            sa.cast(sa.literal(rank), sa.BigInteger).label("rank"),
            E.c.sort_cents.label("lower"),
        )
        for state in asked.states:
            own = sa.select(*columns).where(*asked._replace(type_code=type_code).conditions(state))
            parts.append(keyset.page(own.where(E.c.type_code == type_code), keys, place, limit, back=back))
    nothing = sa.select(E.c.exception_id, E.c.seg.label("rank"), E.c.sort_cents.label("lower")).where(sa.false())
    return keyset.merged(parts or [nothing], KEYS, limit, back=back)


def _types(conn: sa.Connection, states: Sequence[str]) -> list[str]:
    """Give the types that there are exceptions of."""
    return [code for code, _ in loose.named(conn, E.c.type_code, E.c.type_code, E.c.state, states, MOST_TYPES)]


def counts(conn: sa.Connection, asked: Asked) -> pd.DataFrame:
    """Count the exceptions asked for by type: type_code, exceptions."""
    found = [frame(conn, counts_select(asked, state)) for state in asked.states]
    sums = pd.concat(found, ignore_index=True).groupby("type_code")["exceptions"].sum().reset_index()
    return sums.sort_values("type_code", ignore_index=True).astype({"exceptions": "int64"})


def counts_select(asked: Asked, state: str) -> sa.Select[Any]:
    """Give the statement that counts those of one state."""
    select = sa.select(E.c.type_code, count().label("exceptions")).where(*asked.conditions(state))
    return select.group_by(E.c.type_code)
