"""Table of what one person asks for and another lets happen, beside denials: refunds to payers, balances given up,
charges that a correction lowers."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, String, Table, Text

from claims.store.schema.base import Cents, Code, Instant, key, metadata

# kind: payer_refund, to_collection, lowered_charge.
# state: waiting, done, refused, withdrawn, reversed (a refund that was taken back by a journal of its own).
# Who decided is empty where one person may do it alone. The ledger lines of a refund carry request_key.
money_requests = Table(
    "money_requests",
    metadata,
    key("money_request_id"),
    Column("request_key", String(64), nullable=False, unique=True),
    Column("kind", Code, nullable=False),
    Column("state", Code, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("payer_code", String(80), nullable=False, server_default=""),
    Column("reference", String(80), nullable=False, server_default=""),  # the payer's number of the claim
    Column(
        "parameters", Text, nullable=False
    ),  # JSON: days, cheque, families; cases or claims with their changes, which may be a patient's
    Column("reason", Text, nullable=False),  # a person's words: may name a patient
    Column("although", Text, nullable=False),  # why it is asked for against a rule; a person's words, too
    Column("requested_by", String(120), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("decided_by", String(120), nullable=False, server_default=""),
    Column("decided_at", Instant),
    Column("decided_posting_date", Date),
    Index("ix_money_requests_state", "state", "money_request_id"),
    Index("ix_money_requests_requested_by", "requested_by", "kind"),
)
