"""Tables of patients' money: what they paid, as a file or a person said it, and what is paid back to them."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, String, Table, Text, UniqueConstraint

from claims.store.schema.base import Cents, Code, Instant, address, key, metadata, ref

# One payment of a patient. What became of its money stands in the ledger alone: each of its lines carries payment_key
# as its reference (1000: not in the bank yet; 1200: on a claim; 2200: on none).
# state: new, held (another row says something else of the same payment), unapplied (something of it is on no claim),
# applied, void (it bounced, or was never meant).
patient_payments = Table(
    "patient_payments",
    metadata,
    key("patient_payment_id"),
    Column("payment_key", String(32), nullable=False),  # hash of the practice's number of it, else of all it says
    Column("body_hash", String(32), nullable=False),  # hash of all it says but the note
    ref("file_id", "files.file_id"),
    *address(),
    Column("state", Code, nullable=False, server_default="new"),
    Column("reason_code", Code),  # why it is on no claim: codes of service/patient_payments.py
    Column("payment_number", String(40), nullable=False),
    Column("paid_date", Date, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("method", Code, nullable=False),  # codes/payment_methods.csv
    Column("claim_number", String(60), nullable=False),
    Column("member_id", String(80), nullable=False),
    Column("paid_by", Text, nullable=False),
    Column("reference", String(60), nullable=False),
    Column("batch_reference", String(60), nullable=False),
    Column("note", Text, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("void_reason", Text),
    Column("void_date", Date),
    UniqueConstraint("payment_key", "body_hash"),
    Index("ix_patient_payments_state", "state"),
    Index("ix_patient_payments_file_id", "file_id"),
)

# Money owed back to a patient (2300), asked for by one person, then paid. Its ledger lines carry refund_key.
# state: requested, paid, withdrawn.
patient_refunds = Table(
    "patient_refunds",
    metadata,
    key("patient_refund_id"),
    Column("refund_key", String(32), nullable=False, unique=True),
    ref("family_id", "families.family_id", optional=True),  # the claim in credit
    ref("patient_payment_id", "patient_payments.patient_payment_id", optional=True),  # or the payment on no claim
    Column("state", Code, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requested_by", String(120), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("paid_by", String(120)),
    Column("paid_date", Date),
    Column("method", Code),
    Column("reference", String(60)),
    Index("ix_patient_refunds_family_id", "family_id"),
    Index("ix_patient_refunds_state", "state"),
)

# A statement that was written for a patient: of which claim, on which (real) day, over how much. Written again on the
# same day it is the same statement.
patient_statements = Table(
    "patient_statements",
    metadata,
    key("patient_statement_id"),
    ref("family_id", "families.family_id"),
    Column("written_date", Date, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("family_id", "written_date"),
)
