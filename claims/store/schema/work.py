"""Tables of work: exceptions, and what people said of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Computed, Date, Index, String, Table, Text

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
    Column("closed_reason", Code),  # accepted, booked, stands: by a person; each other word is of what closed it
    Column("owner", String(120), nullable=False, server_default=""),  # who works on it, by its last such event
    Column("sort_cents", BigInteger, Computed("-abs(amount_cents)", persisted=True)),  # lists: the largest first
    Index("ix_exceptions_type_by_amount", "state", "type_code", "sort_cents", "exception_id"),
    Index("ix_exceptions_owner_by_amount", "state", "owner", "type_code", "sort_cents", "exception_id"),
    Index("ix_exceptions_claim_payment_id", "claim_payment_id"),
    Index("ix_exceptions_remit_id", "remit_id"),
    Index("ix_exceptions_bank_line_id", "bank_line_id"),
)

# What people said of an exception. Append-only: a trigger keeps it so. body: JSON; `owner` of what was assigned, `note`
# of what was noted, `reason` of what was accepted, booked (with its `account`), taken back, or stands.
exception_events = Table(
    "exception_events",
    metadata,
    key("exception_event_id"),
    ref("exception_id", "exceptions.exception_id"),
    # kind: assigned, unassigned, noted, accepted, taken_up_again, booked, unbooked, stands
    Column("kind", Code, nullable=False),
    Column("amount_cents", Cents, nullable=False),  # what the exception was worth then
    Column("body", Text, nullable=False),  # a person's words: may name a patient
    Column("posting_date", Date, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("case_hash", String(64), nullable=False),  # of the exception, after it (store.sealed)
    Column("hash", String(64), nullable=False),  # of this event and of the hash before it
    Index("ix_exception_events_exception_id", "exception_id", "kind"),
)
