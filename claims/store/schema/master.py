"""Tables of master data: payers, providers, partners and rules as their CSV files said them, with their history."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, String, Table, Text

from claims.store.schema.base import Code, Instant, address, key, metadata, ref

# One row of a master CSV (kinds and columns: claims/master/columns.csv). The row without ended_at is what we know now;
# effective_from and effective_to say for which days it holds. seg is the number of the data row.
master_rows = Table(
    "master_rows",
    metadata,
    key("master_row_id"),
    Column("kind", Code, nullable=False),
    Column("row_key", String(400), nullable=False),  # JSON of the key columns
    Column("effective_from_date", Date, nullable=False),
    Column("effective_to_date", Date, nullable=False),
    Column("body", Text, nullable=False),  # JSON of all columns, as text
    ref("file_id", "files.file_id"),
    *address(),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_master_rows_kind", "kind", "ended_at"),
    Index("ix_master_rows_row_key", "kind", "row_key"),
)
