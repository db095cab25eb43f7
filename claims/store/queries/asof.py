"""The day and the instant of a report, as conditions: what was posted by then, what was known by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from claims.store import schema

J, FILE, RUN = schema.journals, schema.files, schema.runs


@dataclass(frozen=True)
class AsOf:
    """Posted on or before ``day``, recorded at or before ``known_at`` (UTC text as the database keeps it).

    ``came_later``: files of a later accounting day that are counted all the same (`posted_then.came_later`).
    """

    day: date
    known_at: str
    came_later: tuple[int, ...] = ()

    def journals(self, journals: sa.FromClause = J) -> sa.ColumnElement[bool]:
        """Condition on journals, or an alias."""
        return sa.and_(journals.c.posting_date <= self.day, journals.c.recorded_at <= self.known_at)

    def files(self) -> sa.ColumnElement[bool]:
        """Condition on files: received by a run of a day up to then."""
        runs = sa.select(RUN.c.run_id).where(RUN.c.posting_date <= self.day)
        by_then = sa.or_(FILE.c.run_id.is_(None), FILE.c.run_id.in_(runs))
        if self.came_later:
            by_then = sa.or_(by_then, FILE.c.file_id.in_(self.came_later))
        return sa.and_(FILE.c.recorded_at <= self.known_at, by_then)

    def file_ids(self) -> sa.Select[tuple[int]]:
        """Select the ids of these files."""
        return sa.select(FILE.c.file_id).where(self.files())


def total(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Sum cents to a whole number on both engines; 0 for no rows."""
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def count() -> sa.ColumnElement[int]:
    """Count rows as a whole number on both engines."""
    return sa.cast(sa.func.count(), sa.BigInteger)
