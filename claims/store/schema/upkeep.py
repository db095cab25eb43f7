"""Tables of upkeep: key blocks, runs, the audit chain, reasons, and the seals of rows that change."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text

from claims.store.schema.base import Code, Id, Instant, key, metadata

id_blocks = Table(
    "id_blocks",
    metadata,
    Column("table_name", String(60), primary_key=True),
    Column("next_id", BigInteger, nullable=False),
)

# state: running, done, failed. A running row is a lease: it is taken over when the process is gone.
runs = Table(
    "runs",
    metadata,
    key("run_id"),
    Column("kind", Code, nullable=False),  # ingest, charges, reconcile, report, nightly, undo, replay
    Column("posting_date", Date, nullable=False),
    Column("state", Code, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("host", String(120), nullable=False),
    Column("process_id", BigInteger, nullable=False),
    Column("process_started", String(40), nullable=False),  # tells a reused process number from the owner
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("counts", Text, nullable=False, server_default="{}"),  # JSON, numbers and our own ids only
)

# Tamper-evident: each row's mac covers the row and the mac before it.
audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", Code, nullable=False),
    Column("subject", String(120), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous_mac", String(64), nullable=False),
    Column("mac", String(64), nullable=False, unique=True),
)

# Append-only: a trigger keeps it so. Why a person did what no row of its own tells of; the event of the audit chain
# names this row and keeps a mac of the words.
act_reasons = Table(
    "act_reasons",
    metadata,
    key("act_reason_id"),
    Column("action", Code, nullable=False),
    Column("reason", Text, nullable=False),  # a person's words: may name a patient
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

# Append-only: a trigger keeps it so. What the program has written in one transaction of rows that change without an
# event: seals holds the key of each row and a hash of it (store.seals), befores the hash of each as it stood before;
# empty where all are new. hash covers this row and the hash before it.
row_seals = Table(
    "row_seals",
    metadata,
    key("row_seal_id"),
    Column("table_name", String(60), nullable=False),
    Column("seals", Text, nullable=False),
    Column("befores", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_row_seals_table_name", "table_name", "row_seal_id"),
)
