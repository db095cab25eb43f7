"""Which journals stand, and whose doing a journal is, as conditions: a reversal may itself have been undone."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from claims.store import schema

J = schema.journals


@cache
def stands(journals: Any = J) -> sa.ColumnElement[bool]:
    """Condition: no reversal of the journal that was not itself undone."""
    later, undone = J.alias("later"), J.alias("undone")
    taken_back = ~sa.select(sa.literal(1)).where(undone.c.reverses_journal_id == later.c.journal_id).exists()
    return ~sa.select(sa.literal(1)).where(later.c.reverses_journal_id == journals.c.journal_id, taken_back).exists()


class Origin:
    """Where a journal began: what it reverses, or what that reverses (the undo of a reversal). Join it as `joined`."""

    def __init__(self) -> None:
        self.first, self.root = J.alias("origin"), J.alias("root")
        self.source = sa.func.coalesce(self.root.c.source, self.first.c.source, J.c.source)
        self.journal_id = sa.func.coalesce(self.root.c.journal_id, self.first.c.journal_id, J.c.journal_id)

    def joined(self, select: sa.Select[Any]) -> sa.Select[Any]:
        """Add the joins to a select that has journals."""
        select = select.outerjoin(self.first, self.first.c.journal_id == J.c.reverses_journal_id)
        return select.outerjoin(self.root, self.root.c.journal_id == self.first.c.reverses_journal_id)
