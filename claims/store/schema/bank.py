"""Tables of the bank: lines of its statements and what they are tied to."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

bank_lines = Table(
    "bank_lines",
    metadata,
    key("bank_line_id"),
    ref("file_id", "files.file_id"),
    Column("row_number", BigInteger, nullable=False),  # data row in the file, from 1
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("line_key", String(64), nullable=False, unique=True),  # sha256 of all cells + ordinal among equal lines
    Column("bank_date", Date, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("trace_number", String(80), nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("type_code", Code, nullable=False),
)

deposit_matches = Table(
    "deposit_matches",
    metadata,
    key("deposit_match_id"),
    ref("bank_line_id", "bank_lines.bank_line_id"),
    ref("remit_id", "remittances.remit_id"),
    Column("amount_cents", Cents, nullable=False),
    Column("rule", Code, nullable=False),  # trace-amount, amount-date, manual
    ref("journal_id", "journals.journal_id"),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_deposit_matches_remit_id", "remit_id"),
    Index("ix_deposit_matches_current", "remit_id", "ended_at"),
    Index("ix_deposit_matches_bank_line_id", "bank_line_id"),
)
