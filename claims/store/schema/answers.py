"""Tables of answers to what was sent (TA1, 999, 997, 277CA)."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, String, Table

from claims.store.schema.base import Cents, Code, address, key, metadata, ref

# One verdict on something that was sent: an interchange, a group, a set or a claim.
# state: new (not tied yet), applied (what it names was sent), unknown (nothing that was sent has this name).
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
    Column("group_reference", String(40), nullable=False, server_default=""),  # GS06, of a group or a set
    Column("batch_reference", String(80), nullable=False, server_default=""),  # BHT03, of all in a 277CA
    Column(
        "source_code", Code, nullable=False, server_default=""
    ),  # who says it in a 277CA: PR payer, AY clearing house
    Column("source_identifier", String(80), nullable=False, server_default=""),
    Column("provider_npi", String(40), nullable=False, server_default=""),  # billing provider of a provider or claim
    Column("entity_code", Code, nullable=False, server_default=""),  # STC01-3
    Column("action_code", Code, nullable=False, server_default=""),  # STC03
    Column("charge_cents", Cents),  # STC04
    Column("status_date", Date),
    Column("state", Code, nullable=False, server_default="new"),
    Index("ix_acknowledgements_reference", "reference"),
    Index("ix_acknowledgements_state", "state"),
    Index("ix_acknowledgements_batch_reference", "batch_reference"),
    Index("ix_acknowledgements_file_id", "file_id", "seg"),
)
