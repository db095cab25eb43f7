"""Pages of a list that begin after a row, not at a number of rows: the same anywhere in it, and no row twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa


def page(
    select: sa.Select[Any], keys: Sequence[sa.ColumnElement[Any]], after: Sequence[Any] | None, rows: int, *, back: bool
) -> sa.Select[Any]:
    """Give the statement of so many rows after a row (the values of its `keys`), or `back` from it; nearest first.

    The list is in the ascending order of `keys`; the last of them tells two rows apart.
    """
    if after is not None:
        key, place = (
            sa.tuple_(*keys),
            sa.tuple_(*(sa.literal(one, key.type) for one, key in zip(after, keys, strict=True))),
        )
        select = select.where(key < place if back else key > place)
    return select.order_by(*ordered(keys, back=back)).limit(rows)


def merged(parts: Sequence[sa.Select[Any]], names: Sequence[str], rows: int, *, back: bool) -> sa.Select[Any]:
    """Give the statement of the first so many rows of lists that are each cut to so many, in the order of `names`."""
    if len(parts) == 1:
        return parts[0]
    both = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    return sa.select(both).order_by(*ordered([both.c[name] for name in names], back=back)).limit(rows)


def ordered(keys: Sequence[sa.ColumnElement[Any]], *, back: bool) -> list[sa.ColumnElement[Any]]:
    """Give the order of a list, or of it backwards."""
    return [key.desc() if back else key.asc() for key in keys]
