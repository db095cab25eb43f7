"""The values of a column as an index has them: one statement, that looks once for each value and reads no row twice."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa


def named(
    conn: sa.Connection, column: sa.Column[str], words: sa.Column[str], within: sa.Column[str], parts: Sequence[str],
    most: int,
) -> list[tuple[str, str]]:  # fmt: skip
    """Give (value, words of one row that has it), by words; `most` of them.

    An index has to begin with `within` and then `column`; `parts` are the values of `within` that are looked into.
    """
    rows = conn.execute(named_select(column, words, within, parts, most)).all()
    found: dict[str, str] = {}
    for value, name in rows:
        found.setdefault(str(value), str(name or value))
    chosen = list(found.items())[:most]
    return sorted(chosen, key=lambda one: (one[1].upper(), one[0]))


def named_select(
    column: sa.Column[str], words: sa.Column[str], within: sa.Column[str], parts: Sequence[str], most: int
) -> sa.Select[str, str]:
    """Give the statement: from each value to the next one of its part, by the index."""
    own, text = column.table, sa.Text()
    begin = [sa.select(_text(one).label("part"), _text("").label("value")) for one in parts]
    first = sa.union_all(*begin).subquery("first")
    found = sa.select(first.c.part, first.c.value).cte("found", recursive=True)
    following = own.alias("following")
    after = (
        sa.select(sa.cast(following.c[column.name], text))
        .where(following.c[within.name] == found.c.part, following.c[column.name] > found.c.value)
        .order_by(following.c[column.name])
        .limit(1)
    )
    found = found.union_all(
        sa.select(found.c.part, after.correlate(found).scalar_subquery()).where(found.c.value.is_not(None))
    )
    one = own.alias("one")
    name = (
        sa.select(one.c[words.name])
        .where(one.c[within.name] == found.c.part, one.c[column.name] == found.c.value)
        .limit(1)
        .correlate(found)
        .scalar_subquery()
    )
    return sa.select(found.c.value, name).where(found.c.value != "").limit(most * len(parts))


def _text(value: str) -> sa.ColumnElement[str]:
    return sa.cast(sa.literal(value), sa.Text())
