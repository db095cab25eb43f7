"""Tables of claims and charges (837, charges CSV): families, claims, service lines, payers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Table, Text, UniqueConstraint, text

from claims.store.schema.base import Cents, Code, address, key, metadata, ref
from claims.store.schema.folded import indexed

# All versions (original, replacement, void, for each payer) of one claim. A/R, balances and denials hang on the family.
families = Table(
    "families",
    metadata,
    key("family_id"),
    Column("billing_npi", String(40), nullable=False),
    Column("claim_number", String(60), nullable=False),  # CLM01 as first sent
    Column("claim_number_normal", String(60), nullable=False),  # upper case, letters and digits, no leading zeros
    UniqueConstraint("billing_npi", "claim_number"),
    Index("ix_families_claim_number", "claim_number"),
    Index("ix_families_claim_number_normal", "claim_number_normal"),
)

# origin: sent (an 837 that somebody else sent; never batched by us), to_send (charges).
# state: new (identity not resolved yet), stored, held (reason_code claim-conflict, ...), duplicate, informational
# (test file: never charged).
# purpose: original, correction (frequency 1 again after a rejection), replacement (7), void (8), next_payer,
# predetermination (CLM19 PB, asks what would be paid: never charged).
# life: where it is on its way to the payer and back, a word of codes/claim_life.csv.
claims = Table(
    "claims",
    metadata,
    key("claim_id"),
    ref("family_id", "families.family_id"),
    ref("file_id", "files.file_id"),
    ref("transaction_id", "transactions.transaction_id", optional=True),
    *address(),
    Column("claim_key", String(64), nullable=False),  # sha256 of billing NPI, CLM01, payer, frequency
    Column("body_hash", String(64), nullable=False),
    Column("origin", Code, nullable=False),
    Column("state", Code, nullable=False),
    Column("reason_code", Code),
    Column("purpose", Code, nullable=False, server_default="original"),
    Column("life", Code, nullable=False, server_default="sent"),
    ref("follows_claim_id", "claims.claim_id", optional=True),  # the version that this one was made from
    Column("version", Integer, nullable=False, server_default="1"),  # 1.. in the family
    Column("kind", String(2), nullable=False),  # P, I, D
    Column("claim_number", String(60), nullable=False),
    Column("claim_number_normal", String(60), nullable=False, server_default=""),  # as in families
    Column("frequency_code", String(4), nullable=False),
    Column("charge_cents", Cents, nullable=False),
    Column("billing_npi", String(40), nullable=False),
    Column("billing_tax_id", String(40), nullable=False),
    Column("rendering_npi", String(40), nullable=False),
    Column("payer_code", String(80), nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("payer_sequence", String(2), nullable=False),  # P, S, T, A..H, U
    Column("filing_indicator_code", String(4), nullable=False),
    Column("place_of_service", String(4), nullable=False),
    Column("member_id", String(80), nullable=False),
    Column("subscriber_last_name", Text, nullable=False),
    Column("subscriber_first_name", Text, nullable=False),
    Column("patient_last_name", Text, nullable=False),
    Column("patient_first_name", Text, nullable=False),
    Column("patient_birth_date", Date),
    Column("statement_from_date", Date),
    Column("statement_to_date", Date),
    Column("original_reference", String(80), nullable=False),  # REF*F8
    Column("prior_authorization", String(80), nullable=False),
    Column("diagnosis_codes", Text, nullable=False),  # blank-separated, in HI order
    UniqueConstraint("file_id", "seg"),
    Index("ix_claims_claim_key", "claim_key"),
    Index("ix_claims_family_id", "family_id"),
    Index("ix_claims_state", "state", "file_id", "seg"),  # what is held or refused is listed as it came
    Index("ix_claims_life", "life", "charge_cents", "claim_id"),  # what is blocked is listed by its money
    Index(  # and so for one payer
        "ix_claims_blocked_payer",
        "life",
        "payer_code",
        "charge_cents",
        "claim_id",
        sqlite_where=text("life = 'blocked'"),
        postgresql_where=text("life = 'blocked'"),
    ),
    Index("ix_claims_member_id", "member_id"),
    # The first version is found by its family; these have numbers of their own.
    Index(
        "ix_claims_version_number",
        "claim_number_normal",
        sqlite_where=text("version > 1"),
        postgresql_where=text("version > 1"),
    ),
)
indexed("claims", claims.c.patient_last_name, "last_name")
indexed("claims", claims.c.patient_first_name, "first_name")

service_lines = Table(
    "service_lines",
    metadata,
    key("service_line_id"),
    ref("claim_id", "claims.claim_id"),
    ref("file_id", "files.file_id"),
    *address(),
    Column("line_number", BigInteger, nullable=False),  # 1.. in the claim
    Column("procedure_qualifier", String(4), nullable=False),
    Column("procedure_code", String(60), nullable=False),
    Column("modifiers", String(20), nullable=False),  # "26 59"
    Column("revenue_code", String(10), nullable=False),
    Column("charge_cents", Cents, nullable=False),
    Column("units_milli", BigInteger, nullable=False),  # thousandths
    Column("service_date", Date),
    Column("service_to_date", Date),
    Column("line_control_number", String(80), nullable=False),  # REF*6R in capitals, as it leaves
    UniqueConstraint("claim_id", "line_number"),
    Index("ix_service_lines_line_control_number", "line_control_number"),
)

# The payers of a claim in order: the payer it was sent to and each other payer (loop 2320).
claim_payers = Table(
    "claim_payers",
    metadata,
    key("claim_payer_id"),
    ref("claim_id", "claims.claim_id"),
    ref("family_id", "families.family_id"),
    Column("payer_sequence", String(2), nullable=False),
    Column("payer_code", String(80), nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("filing_indicator_code", String(4), nullable=False),
    Column("seg", BigInteger, nullable=False),
    Index("ix_claim_payers_family_id", "family_id"),
    Index("ix_claim_payers_claim_id", "claim_id"),
)
