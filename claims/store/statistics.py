"""What PostgreSQL knows of how large tables are, and of what stands in them, is told to it when they grew by much.

Its own daemon looks once a minute, and only at what was committed by then. A night writes more than that between two
of its steps, and a select of the next one would be planned as if it met one row: the time of a step would grow with the
square of its claims.
"""

from __future__ import annotations

import sqlalchemy as sa

from claims.store import schema
from claims.store.engine import is_together, write

_LEAST_BYTES = 64 * 1024  # what is smaller is read in no time, whatever was planned

# Tables that are twice as large as when they were looked at last, or never were.
_GROWN = sa.text(
    """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND pg_table_is_visible(oid) AND relname = ANY(:names)
      AND pg_relation_size(oid) >= :least
      AND (reltuples < 0 OR pg_relation_size(oid) >= 2 * relpages * current_setting('block_size')::bigint)
    ORDER BY relname
    """
)


def refresh(engine: sa.Engine) -> list[str]:
    """Let PostgreSQL look at the tables that grew by much since it did last; give their names. SQLite needs none.

    Nothing is done inside a transaction around several steps: rolled back, it would leave sizes without what stands
    there, and the tables would count as looked at.
    """
    if engine.dialect.name != "postgresql" or is_together():
        return []
    names = {"names": list(schema.metadata.tables), "least": _LEAST_BYTES}
    with write(engine) as conn:
        grown = [str(name) for name in conn.scalars(_GROWN, names)]
        for name in grown:
            conn.execute(sa.text(f"ANALYZE {name}"))
    return grown
