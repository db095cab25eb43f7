"""Tables of work: exceptions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# Everything held, unmatched or odd that a person should see. exception_key makes raising it twice a no-op.
# state: open, closed.
exceptions = Table(
    "exceptions",
    metadata,
    key("exception_id"),
    Column("exception_key", String(200), nullable=False, unique=True),
    Column("type_code", Code, nullable=False),  # UNMATCHED_CLAIM, REVERSAL_ORPHAN, PLB_UNKNOWN, REMIT_HELD, ...
    Column("state", Code, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("message", Text, nullable=False),  # no patient data
    Column("release", Text, nullable=False),  # what releases it, one sentence
    ref("file_id", "files.file_id", optional=True),
    Column("seg", BigInteger, nullable=False, server_default="0"),
    ref("remit_id", "remittances.remit_id", optional=True),
    ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    ref("family_id", "families.family_id", optional=True),
    ref("claim_id", "claims.claim_id", optional=True),
    ref("bank_line_id", "bank_lines.bank_line_id", optional=True),
    Column("posting_date", Date, nullable=False),  # the day from which it is open
    Column("since_date", Date),  # the day since which the same cash waits, under another name before
    Column("opened_at", Instant, nullable=False),
    Column("closed_posting_date", Date),
    Column("closed_at", Instant),
    Column("closed_reason", Code),
    Index("ix_exceptions_state", "state", "type_code"),
    Index("ix_exceptions_claim_payment_id", "claim_payment_id"),
    Index("ix_exceptions_remit_id", "remit_id"),
    Index("ix_exceptions_bank_line_id", "bank_line_id"),
)
