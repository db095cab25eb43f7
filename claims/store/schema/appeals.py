"""Packets that were made for appeals of denial cases: from which template, with which bytes, when and by whom."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text

from claims.store.schema.base import Code, Instant, key, metadata, ref

# One packet; append-only. One of the same level with other bytes is a row of its own. Whether it was sent is told by
# the case: its appeal_level, and its events `appealed` with their day and proof, which undo takes back.
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
    Column("prepared_date", Date, nullable=False),  # of the letter
    Column("prepared_at", Instant, nullable=False),
    Column("prepared_by", String(120), nullable=False),
    Index("ix_appeals_case_id", "case_id", "level"),
    Index("ix_appeals_prepared_at", "prepared_at"),
)
