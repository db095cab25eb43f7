"""Tables of files: what arrived or was produced, and what its envelopes and findings say."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Table, Text, UniqueConstraint

from claims.store.schema.base import Cents, Code, Instant, address, key, metadata, ref

# state: registered (hash known, not read yet), stored, held, refused.
files = Table(
    "files",
    metadata,
    key("file_id"),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("bytes", BigInteger, nullable=False),
    Column("direction", Code, nullable=False),  # received, produced
    Column("content", Code, nullable=False),  # x12, bank, charges, payments, snapshot, unknown
    Column("sets", String(120), nullable=False, server_default=""),  # "835", "837P 837I"
    Column("state", Code, nullable=False),
    Column("reason_code", Code),  # the finding that decided a hold or refusal
    Column("counts", Text, nullable=False, server_default="{}"),  # JSON control totals
    Column("recorded_at", Instant, nullable=False),
    ref("run_id", "runs.run_id", optional=True),
    Index("ix_files_stopped", "state", "file_id"),  # what is held or refused is listed as it came
)

# One row per arrival; the second arrival of the same bytes is a duplicate of the first.
receipts = Table(
    "receipts",
    metadata,
    key("receipt_id"),
    ref("file_id", "files.file_id"),
    ref("run_id", "runs.run_id", optional=True),
    Column("source_name", Text, nullable=False),  # as it lay in the inbox: may name a patient, never printed
    Column("is_duplicate", Integer, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_receipts_file_id", "file_id"),
)

interchanges = Table(
    "interchanges",
    metadata,
    key("interchange_id"),
    ref("file_id", "files.file_id"),
    *address(),
    Column("control_number", String(40), nullable=False),
    Column("sender_id", String(40), nullable=False),
    Column("receiver_id", String(40), nullable=False),
    Column("usage_code", String(4), nullable=False),
    Column("interchange_date", Date),
    UniqueConstraint("file_id", "seg"),
    Index("ix_interchanges_control_number", "control_number"),
)

# state: stored, held, refused, duplicate (same business identity seen before).
# length spans ST..SE.
transactions = Table(
    "transactions",
    metadata,
    key("transaction_id"),
    ref("file_id", "files.file_id"),
    *address(),
    Column("interchange_seg", BigInteger, nullable=False, server_default="0"),
    Column("group_control_number", String(40), nullable=False, server_default=""),  # GS06
    Column("batch_reference", String(80), nullable=False, server_default=""),  # BHT03 of an 837
    Column("set_code", Code, nullable=False),  # 835, 837P, 837I, 837D, 999, 997, 277CA, TA1, ...
    Column("guide", Code, nullable=False),
    Column("control_number", String(40), nullable=False),
    Column("usage_code", String(4), nullable=False),
    Column("state", Code, nullable=False),
    Column("reason_code", Code),
    Column("body_hash", String(64), nullable=False),
    Column("segments", BigInteger, nullable=False),
    Column("claims", BigInteger, nullable=False),
    Column("service_lines", BigInteger, nullable=False),
    Column("charge_cents", Cents),
    Column("paid_cents", Cents),
    Column("plb_cents", Cents),
    Column("payment_cents", Cents),
    UniqueConstraint("file_id", "seg"),
    Index("ix_transactions_group_control_number", "group_control_number"),
    Index("ix_transactions_stopped", "state", "file_id", "seg"),  # what is held or refused is listed as it came
    Index("ix_transactions_batch_reference", "batch_reference"),
)

# found and message never hold patient data: codes, counts, dates and amounts only.
findings = Table(
    "findings",
    metadata,
    key("finding_id"),
    ref("file_id", "files.file_id"),
    ref("transaction_id", "transactions.transaction_id", optional=True),
    Column("code", Code, nullable=False),
    Column("severity", Code, nullable=False),  # reject, hold, note
    Column("seg", BigInteger, nullable=False),
    Column("element", String(40), nullable=False),  # CLP04, or the column of a CSV
    Column("offset", BigInteger, nullable=False),
    Column("found", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("ack_code", String(20), nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_findings_file_id", "file_id"),
)
