"""Appeals of denial cases: each packet that was made, from which template, and whether it was sent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text

from claims.store.schema.base import Code, Instant, key, metadata, ref

# One packet. state: prepared, sent. A packet of the same level made later, with other bytes, is a row of its own.
appeals = Table(
    "appeals",
    metadata,
    key("appeal_id"),
    ref("case_id", "denial_cases.case_id"),
    Column("level", BigInteger, nullable=False),  # 1 first level or redetermination, 2 ...
    Column("kind", Code, nullable=False),  # codes/appeal_letters.csv
    Column("template", String(120), nullable=False),
    Column("template_sha256", String(64), nullable=False),
    Column("packet_sha256", String(64), nullable=False),  # the PDF, in the vault
    Column("letter_sha256", String(64), nullable=False),  # the DOCX, in the vault
    Column("manifest_sha256", String(64), nullable=False),  # its seal: over all but when and by whom
    Column("gaps", Text, nullable=False),  # JSON list of what is to be filled in: labels, no patient data
    Column("deadline_date", Date),
    Column("state", Code, nullable=False),
    Column("prepared_date", Date, nullable=False),  # of the letter
    Column("prepared_at", Instant, nullable=False),
    Column("prepared_by", String(120), nullable=False),
    Column("sent_date", Date),
    Column("proof", Text, nullable=False, server_default=""),  # of sending, in a person's words: may name a patient
    Column("sent_at", Instant),
    Column("sent_by", String(120), nullable=False, server_default=""),
    Index("ix_appeals_case_id", "case_id", "level"),
    Index("ix_appeals_state", "state"),
)
