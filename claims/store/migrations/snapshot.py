"""Writes the SQL of the first version from schema, one file per engine: ``make schema``.

Only until the first release: after it, version 0001 stands as it is, and a change of schema needs a version of its
own.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from claims.store.schema import metadata

FOLDER = Path(__file__).parent / "versions"
ADDRESSES = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}


def main() -> None:
    """Write both files."""
    for name, address in ADDRESSES.items():
        dialect = sa.make_url(address).get_dialect()()
        path(name).write_text(statements(dialect), encoding="utf-8")


def path(engine_name: str) -> Path:
    """Where the SQL of the first version lies."""
    return FOLDER / f"0001_first_tables.{engine_name}.sql"


def statements(dialect: sa.Dialect) -> str:
    """Give all tables, parents first, and their indexes as SQL."""
    parts = []
    for table in metadata.sorted_tables:
        parts.append(str(CreateTable(table).compile(dialect=dialect)))
        parts += [str(CreateIndex(index).compile(dialect=dialect)) for index in sorted(table.indexes, key=_name)]
    lines = [line.rstrip().replace("\t", "    ") for part in parts for line in [*part.strip().splitlines(), ";"]]
    return "\n".join(lines).replace("\n;", ";\n").strip() + "\n"


def _name(index: sa.Index) -> str:
    return str(index.name)


if __name__ == "__main__":
    main()
