"""Tables of answers to what was sent (TA1, 999, 997, 277CA)."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from claims.store.schema.base import Code, address, key, metadata, ref

# One verdict on something that was sent: an interchange, a group, a set or a claim.
acknowledgements = Table(
    "acknowledgements",
    metadata,
    key("acknowledgement_id"),
    ref("file_id", "files.file_id"),
    ref("transaction_id", "transactions.transaction_id", optional=True),
    *address(),
    Column("scope", Code, nullable=False),  # interchange, group, set, batch, provider, claim, line
    Column("reference", String(80), nullable=False),  # ISA13, GS06, ST02, BHT03 or CLM01 of what was sent
    Column("status_code", String(20), nullable=False),  # A, R, E, P or an STC category
    Column("verdict", Code, nullable=False),  # accepted, partial, rejected, in_transit, unknown
    Column("payer_claim_number", String(80), nullable=False),
    Column("detail_code", String(40), nullable=False),
    Index("ix_acknowledgements_reference", "reference"),
)
