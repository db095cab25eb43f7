"""The tables: SQLAlchemy Core, one MetaData, the same on SQLite and PostgreSQL.

Conventions that hold for every table:

- Money is ``BIGINT`` cents, column ending ``_cents``. Days are ``Date`` (``_date``). Instants are UTC text of a fixed
  width, ``2026-11-22T00:35:11.123456Z`` (``_at``): they sort and compare alike on both engines.
- Surrogate keys (``*_id``) are handed out in blocks by ``store.ids.take`` so that a parent and its children can be
  bulk-inserted together. They never leave the database: reports sort and name things by natural keys.
- Every row that came out of a file carries ``file_id, seg, offset, length``: the bytes it stands in.
- ``state`` columns hold the words listed in the comment above them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")
Cents = BigInteger
Instant = String(27)
Code = String(40)


def _key(name: str) -> Column[int]:
    return Column(name, Id, primary_key=True, autoincrement=False)


def _ref(name: str, target: str, *, optional: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(target), nullable=optional)


def _address() -> list[Column[int]]:
    """Where a row stands: segment number in its file, and the raw bytes of that segment."""
    return [
        Column("seg", BigInteger, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("length", BigInteger, nullable=False),
    ]


# ---- upkeep -----------------------------------------------------------------------------------------------------

id_blocks = Table(
    "id_blocks",
    metadata,
    Column("table_name", String(60), primary_key=True),
    Column("next_id", BigInteger, nullable=False),
)

# state: running, done, failed. A running row is a lease: it is taken over when the process is gone.
runs = Table(
    "runs",
    metadata,
    _key("run_id"),
    Column("kind", Code, nullable=False),  # ingest, reconcile, report, nightly, undo, replay
    Column("posting_date", Date, nullable=False),
    Column("state", Code, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("host", String(120), nullable=False),
    Column("process_id", BigInteger, nullable=False),
    Column("process_started", String(40), nullable=False),  # tells a reused process number from the owner
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("counts", Text, nullable=False, server_default="{}"),  # JSON, numbers and our own ids only
)

# Tamper-evident: each row's mac covers the row and the mac before it.
audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", Code, nullable=False),
    Column("subject", String(120), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous_mac", String(64), nullable=False),
    Column("mac", String(64), nullable=False, unique=True),
)

# ---- files ------------------------------------------------------------------------------------------------------

# state: registered (hash known, not read yet), stored, held, refused.
files = Table(
    "files",
    metadata,
    _key("file_id"),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("bytes", BigInteger, nullable=False),
    Column("direction", Code, nullable=False),  # received, produced
    Column("content", Code, nullable=False),  # x12, bank, charges, unknown
    Column("sets", String(120), nullable=False, server_default=""),  # "835", "837P 837I"
    Column("state", Code, nullable=False),
    Column("reason_code", Code),  # the finding that decided a hold or refusal
    Column("counts", Text, nullable=False, server_default="{}"),  # JSON control totals
    Column("recorded_at", Instant, nullable=False),
    _ref("run_id", "runs.run_id", optional=True),
)

# One row per arrival; the second arrival of the same bytes is a duplicate of the first.
receipts = Table(
    "receipts",
    metadata,
    _key("receipt_id"),
    _ref("file_id", "files.file_id"),
    _ref("run_id", "runs.run_id", optional=True),
    Column("source_name", Text, nullable=False),  # as it lay in the inbox: may name a patient, never printed
    Column("is_duplicate", Integer, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_receipts_file_id", "file_id"),
)

interchanges = Table(
    "interchanges",
    metadata,
    _key("interchange_id"),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("control_number", String(40), nullable=False),
    Column("sender_id", String(40), nullable=False),
    Column("receiver_id", String(40), nullable=False),
    Column("usage_code", String(4), nullable=False),
    Column("interchange_date", Date),
    UniqueConstraint("file_id", "seg"),
)

# state: stored, held, refused, duplicate (same business identity seen before).
# length spans ST..SE.
transactions = Table(
    "transactions",
    metadata,
    _key("transaction_id"),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("set_code", Code, nullable=False),  # 835, 837P, 837I, 837D, 999, 997, 277CA, TA1, ...
    Column("guide", Code, nullable=False),
    Column("control_number", String(40), nullable=False),
    Column("usage_code", String(4), nullable=False),
    Column("state", Code, nullable=False),
    Column("reason_code", Code),
    Column("body_hash", String(64), nullable=False),
    Column("segments", BigInteger, nullable=False),
    Column("claims", BigInteger, nullable=False),
    Column("service_lines", BigInteger, nullable=False),
    Column("charge_cents", Cents),
    Column("paid_cents", Cents),
    Column("plb_cents", Cents),
    Column("payment_cents", Cents),
    UniqueConstraint("file_id", "seg"),
)

# found and message never hold patient data: codes, counts, dates and amounts only.
findings = Table(
    "findings",
    metadata,
    _key("finding_id"),
    _ref("file_id", "files.file_id"),
    _ref("transaction_id", "transactions.transaction_id", optional=True),
    Column("code", Code, nullable=False),
    Column("severity", Code, nullable=False),  # reject, hold, note
    Column("seg", BigInteger, nullable=False),
    Column("element", String(12), nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("found", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("ack_code", String(20), nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_findings_file_id", "file_id"),
)

# ---- claims (837, charges) --------------------------------------------------------------------------------------

# All versions (original, replacement, void, for each payer) of one claim. A/R, balances and denials hang on the family.
families = Table(
    "families",
    metadata,
    _key("family_id"),
    Column("billing_npi", String(40), nullable=False),
    Column("claim_number", String(60), nullable=False),  # CLM01 as first sent
    Column("claim_number_normal", String(60), nullable=False),  # upper case, letters and digits, no leading zeros
    UniqueConstraint("billing_npi", "claim_number"),
    Index("ix_families_claim_number_normal", "claim_number_normal"),
)

# origin: sent (an 837 that somebody else sent; never batched by us), to_send (charges).
# state: new (identity not resolved yet), stored, held (reason_code claim-conflict, ...), duplicate, informational
# (test file: never charged).
claims = Table(
    "claims",
    metadata,
    _key("claim_id"),
    _ref("family_id", "families.family_id"),
    _ref("file_id", "files.file_id"),
    _ref("transaction_id", "transactions.transaction_id", optional=True),
    *_address(),
    Column("claim_key", String(64), nullable=False),  # sha256 of billing NPI, CLM01, payer, frequency
    Column("body_hash", String(64), nullable=False),
    Column("origin", Code, nullable=False),
    Column("state", Code, nullable=False),
    Column("reason_code", Code),
    Column("kind", String(2), nullable=False),  # P, I, D
    Column("claim_number", String(60), nullable=False),
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
    Index("ix_claims_state", "state"),
    Index("ix_claims_member_id", "member_id"),
)

service_lines = Table(
    "service_lines",
    metadata,
    _key("service_line_id"),
    _ref("claim_id", "claims.claim_id"),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("line_number", BigInteger, nullable=False),  # 1.. in the claim
    Column("procedure_qualifier", String(4), nullable=False),
    Column("procedure_code", String(60), nullable=False),
    Column("modifiers", String(20), nullable=False),  # "26 59"
    Column("revenue_code", String(10), nullable=False),
    Column("charge_cents", Cents, nullable=False),
    Column("units_milli", BigInteger, nullable=False),  # thousandths
    Column("service_date", Date),
    Column("service_to_date", Date),
    Column("line_control_number", String(80), nullable=False),  # REF*6R
    UniqueConstraint("claim_id", "line_number"),
    Index("ix_service_lines_line_control_number", "line_control_number"),
)

# The payers of a claim in order: the payer it was sent to and each other payer (loop 2320).
claim_payers = Table(
    "claim_payers",
    metadata,
    _key("claim_payer_id"),
    _ref("claim_id", "claims.claim_id"),
    _ref("family_id", "families.family_id"),
    Column("payer_sequence", String(2), nullable=False),
    Column("payer_code", String(80), nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("filing_indicator_code", String(4), nullable=False),
    Column("seg", BigInteger, nullable=False),
    Index("ix_claim_payers_family_id", "family_id"),
    Index("ix_claim_payers_claim_id", "claim_id"),
)

# ---- remittances (835) ------------------------------------------------------------------------------------------

# state: new (identity not resolved yet), ready (may be posted), posted, held, duplicate (the same payment is stored
# already), informational (pre-notification, test file: never posted).
remittances = Table(
    "remittances",
    metadata,
    _key("remit_id"),
    _ref("transaction_id", "transactions.transaction_id"),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("remit_key", String(64), nullable=False),  # sha256 of the business key (ledger.identity)
    Column("body_hash", String(64), nullable=False),
    Column("state", Code, nullable=False),
    Column("reason_code", Code),
    Column("generation", Integer, nullable=False, server_default="0"),  # one more after each undo
    Column("handling_code", String(4), nullable=False),
    Column("method_code", String(6), nullable=False),
    Column("payment_cents", Cents, nullable=False),
    Column("payment_date", Date),
    Column("production_date", Date),
    Column("trace_number", String(80), nullable=False),
    Column("payer_identifier", String(40), nullable=False),  # TRN03
    Column("payer_code", String(80), nullable=False),  # N104 or REF*2U of the payer, else TRN03
    Column("payer_name", Text, nullable=False),
    Column("payee_identifier", String(80), nullable=False),
    Column("payee_tax_id", String(40), nullable=False),
    Column("payee_name", Text, nullable=False),
    Column("claim_count", BigInteger, nullable=False),
    Column("paid_cents", Cents, nullable=False),
    Column("plb_cents", Cents, nullable=False),
    Column("posting_date", Date),  # of the posting in force
    UniqueConstraint("file_id", "seg"),
    Index("ix_remittances_remit_key", "remit_key"),
    Index("ix_remittances_state", "state", "payment_date", "remit_key"),
)

claim_payments = Table(
    "claim_payments",
    metadata,
    _key("claim_payment_id"),
    _ref("remit_id", "remittances.remit_id"),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("ordinal", BigInteger, nullable=False),  # 1.. in the remittance
    Column("claim_number", String(60), nullable=False),  # CLP01
    Column("claim_number_normal", String(60), nullable=False),
    Column("status_code", String(10), nullable=False),
    Column("charge_cents", Cents, nullable=False),
    Column("paid_cents", Cents, nullable=False),
    Column("patient_responsibility_cents", Cents),
    Column("filing_indicator_code", String(4), nullable=False),
    Column("payer_claim_number", String(80), nullable=False),  # CLP07
    Column("facility_code", String(4), nullable=False),
    Column("frequency_code", String(4), nullable=False),
    Column("patient_last_name", Text, nullable=False),
    Column("patient_first_name", Text, nullable=False),
    Column("member_id", String(80), nullable=False),
    Column("statement_from_date", Date),
    Column("statement_to_date", Date),
    Column("received_date", Date),
    Column("is_crossover", Integer, nullable=False),  # NM1*TT present
    UniqueConstraint("remit_id", "ordinal"),
    Index("ix_claim_payments_claim_number_normal", "claim_number_normal"),
    Index("ix_claim_payments_payer_claim_number", "payer_claim_number"),
)

service_payments = Table(
    "service_payments",
    metadata,
    _key("service_payment_id"),
    _ref("claim_payment_id", "claim_payments.claim_payment_id"),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("ordinal", BigInteger, nullable=False),  # 1.. in the claim payment
    Column("procedure_qualifier", String(4), nullable=False),
    Column("procedure_code", String(60), nullable=False),
    Column("modifiers", String(20), nullable=False),
    Column("submitted_procedure_code", String(60), nullable=False),  # SVC06, else empty
    Column("submitted_modifiers", String(20), nullable=False),
    Column("revenue_code", String(10), nullable=False),
    Column("charge_cents", Cents, nullable=False),
    Column("paid_cents", Cents, nullable=False),
    Column("allowed_cents", Cents),  # AMT*B6
    Column("paid_units_milli", BigInteger, nullable=False),
    Column("service_date", Date),
    Column("service_to_date", Date),
    Column("line_control_number", String(80), nullable=False),
    Index("ix_service_payments_claim_payment_id", "claim_payment_id"),
)

# One group, reason and amount of a CAS. service_payment_id empty: claim level.
adjustments = Table(
    "adjustments",
    metadata,
    _key("adjustment_id"),
    _ref("claim_payment_id", "claim_payments.claim_payment_id"),
    _ref("service_payment_id", "service_payments.service_payment_id", optional=True),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("ordinal", BigInteger, nullable=False),  # triplet 1..6 in its CAS
    Column("group_code", String(10), nullable=False),
    Column("reason_code", String(20), nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("quantity_milli", BigInteger),
    Index("ix_adjustments_claim_payment_id", "claim_payment_id"),
)

# How codes/carc.csv read an adjustment when its remittance was posted (rule R1 of the denial rules).
classifications = Table(
    "classifications",
    metadata,
    Column("adjustment_id", Id, ForeignKey("adjustments.adjustment_id"), primary_key=True, autoincrement=False),
    _ref("claim_payment_id", "claim_payments.claim_payment_id"),
    Column("adjustment_class", Code, nullable=False),  # codes/classes.csv
    Column("counts_as_denial", Integer, nullable=False),
    Column("rule_priority", BigInteger, nullable=False),  # the row of codes/carc.csv
    Index("ix_classifications_claim_payment_id", "claim_payment_id"),
)

remarks = Table(
    "remarks",
    metadata,
    _key("remark_id"),
    _ref("claim_payment_id", "claim_payments.claim_payment_id"),
    _ref("service_payment_id", "service_payments.service_payment_id", optional=True),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("ordinal", BigInteger, nullable=False),
    Column("source", String(4), nullable=False),  # LQ, MOA, MIA
    Column("remark_code", String(20), nullable=False),
    Index("ix_remarks_claim_payment_id", "claim_payment_id"),
)

provider_adjustments = Table(
    "provider_adjustments",
    metadata,
    _key("provider_adjustment_id"),
    _ref("remit_id", "remittances.remit_id"),
    _ref("file_id", "files.file_id"),
    *_address(),
    Column("ordinal", BigInteger, nullable=False),  # 1.. in the remittance
    Column("provider_identifier", String(80), nullable=False),
    Column("reason_code", String(20), nullable=False),
    Column("reference", String(80), nullable=False),
    Column("amount_cents", Cents, nullable=False),
    UniqueConstraint("remit_id", "ordinal"),
)

# ---- acknowledgements (TA1, 999, 997, 277CA) --------------------------------------------------------------------

# One verdict on something that was sent: an interchange, a group, a set or a claim.
acknowledgements = Table(
    "acknowledgements",
    metadata,
    _key("acknowledgement_id"),
    _ref("file_id", "files.file_id"),
    _ref("transaction_id", "transactions.transaction_id", optional=True),
    *_address(),
    Column("scope", Code, nullable=False),  # interchange, group, set, batch, provider, claim, line
    Column("reference", String(80), nullable=False),  # ISA13, GS06, ST02, BHT03 or CLM01 of what was sent
    Column("status_code", String(20), nullable=False),  # A, R, E, P or an STC category
    Column("verdict", Code, nullable=False),  # accepted, partial, rejected, in_transit, unknown
    Column("payer_claim_number", String(80), nullable=False),
    Column("detail_code", String(40), nullable=False),
    Index("ix_acknowledgements_reference", "reference"),
)

# ---- matching ---------------------------------------------------------------------------------------------------

# Why this claim payment belongs to this family, or why to none (rule none, family empty). The row without ended_at is
# in force.
matches = Table(
    "matches",
    metadata,
    _key("match_id"),
    _ref("claim_payment_id", "claim_payments.claim_payment_id"),
    _ref("family_id", "families.family_id", optional=True),
    _ref("claim_id", "claims.claim_id", optional=True),
    Column("rule", Code, nullable=False),  # claim-number, payer-claim-number, line-control-number, member-date-charge
    Column("score", Integer, nullable=False),  # 0..100
    Column("evidence", Text, nullable=False),  # JSON: which facts agreed or differed, never the facts themselves
    Column("payer_sequence", String(2), nullable=False),
    Column("payer_code", String(80), nullable=False, server_default=""),  # as the claim names this payer
    Column("next_sequence", String(2), nullable=False, server_default=""),  # who is billed after this payer
    Column("next_payer_code", String(80), nullable=False, server_default=""),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_matches_claim_payment_id", "claim_payment_id"),
    Index("ix_matches_family_id", "family_id"),
)

line_matches = Table(
    "line_matches",
    metadata,
    _key("line_match_id"),
    _ref("match_id", "matches.match_id"),
    _ref("service_payment_id", "service_payments.service_payment_id"),
    _ref("service_line_id", "service_lines.service_line_id", optional=True),  # empty: no line fits
    Column("line_number", BigInteger, nullable=False),  # 0: no line fits, posted at the claim
    Column("rule", Code, nullable=False),
    Index("ix_line_matches_match_id", "match_id"),
)

# What posting did with a claim payment; the row without ended_at is in force.
# outcome: posted, reversal (it negated reverses_claim_payment_id), memo (a repeat, nothing moves), unapplied (cash on
# 2200, open item), informational (no adjudication, no cash). is_superseded: a later reversal took it back.
claim_postings = Table(
    "claim_postings",
    metadata,
    _key("claim_posting_id"),
    _ref("claim_payment_id", "claim_payments.claim_payment_id"),
    _ref("remit_id", "remittances.remit_id"),
    _ref("family_id", "families.family_id", optional=True),
    Column("payer_sequence", String(2), nullable=False),
    Column("outcome", Code, nullable=False),
    Column("reason_code", Code),  # exception type that sent it there
    _ref("reverses_claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    Column("is_superseded", Integer, nullable=False, server_default="0"),
    Column("posting_date", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("denials_at", Instant),  # when the denial rules looked at it
    Index("ix_claim_postings_claim_payment_id", "claim_payment_id"),
    Index("ix_claim_postings_family_id", "family_id"),
    Index("ix_claim_postings_remit_id", "remit_id"),
    Index("ix_claim_postings_denials_at", "denials_at"),
)

# ---- ledger -----------------------------------------------------------------------------------------------------

# Immutable. Signed lines (debit +, credit -) of a journal sum to zero.
journals = Table(
    "journals",
    metadata,
    _key("journal_id"),
    Column("idempotency_key", String(200), nullable=False, unique=True),
    Column("source", Code, nullable=False),  # charge, 835, apply, bank, patient, denial, refund
    Column("reason_code", Code, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("effective_date", Date),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    _ref("run_id", "runs.run_id", optional=True),
    _ref("remit_id", "remittances.remit_id", optional=True),
    _ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    _ref("family_id", "families.family_id", optional=True),
    _ref("claim_id", "claims.claim_id", optional=True),  # the claim whose charge it is
    _ref("reverses_journal_id", "journals.journal_id", optional=True),
    _ref("continues_journal_id", "journals.journal_id", optional=True),
    Index("ix_journals_remit_id", "remit_id"),
    Index("ix_journals_claim_payment_id", "claim_payment_id"),
    Index("ix_journals_family_id", "family_id"),
    Index("ix_journals_claim_id", "claim_id"),
    Index("ix_journals_reverses_journal_id", "reverses_journal_id"),
    Index("ix_journals_posting_date", "posting_date"),
)

ledger_lines = Table(
    "ledger_lines",
    metadata,
    _key("ledger_line_id"),
    _ref("journal_id", "journals.journal_id"),
    Column("account", String(4), nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("rule_id", String(4), nullable=False),  # codes/posting_rules.csv
    Column("payer_code", String(80), nullable=False, server_default=""),
    Column("payer_sequence", String(2), nullable=False, server_default=""),
    Column("line_number", BigInteger, nullable=False, server_default="0"),
    Column("group_code", String(10), nullable=False, server_default=""),
    Column("reason_code", String(20), nullable=False, server_default=""),
    Column("reference", String(80), nullable=False, server_default=""),  # PLB reference
    _ref("family_id", "families.family_id", optional=True),
    _ref("remit_id", "remittances.remit_id", optional=True),
    _ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    _ref("service_payment_id", "service_payments.service_payment_id", optional=True),
    _ref("adjustment_id", "adjustments.adjustment_id", optional=True),
    _ref("provider_adjustment_id", "provider_adjustments.provider_adjustment_id", optional=True),
    _ref("bank_line_id", "bank_lines.bank_line_id", optional=True),
    CheckConstraint("amount_cents <> 0", name="not_zero"),
    Index("ix_ledger_lines_journal_id", "journal_id"),
    Index("ix_ledger_lines_family_id", "family_id", "account"),
    Index("ix_ledger_lines_remit_id", "remit_id", "account"),
    Index("ix_ledger_lines_bank_line_id", "bank_line_id"),
    Index("ix_ledger_lines_account", "account", "payer_code", "reference"),
)

# ---- bank -------------------------------------------------------------------------------------------------------

bank_lines = Table(
    "bank_lines",
    metadata,
    _key("bank_line_id"),
    _ref("file_id", "files.file_id"),
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
    _key("deposit_match_id"),
    _ref("bank_line_id", "bank_lines.bank_line_id"),
    _ref("remit_id", "remittances.remit_id"),
    Column("amount_cents", Cents, nullable=False),
    Column("rule", Code, nullable=False),  # trace-amount, amount-date, manual
    _ref("journal_id", "journals.journal_id"),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_deposit_matches_remit_id", "remit_id"),
    Index("ix_deposit_matches_bank_line_id", "bank_line_id"),
)

# ---- work -------------------------------------------------------------------------------------------------------

# Everything held, unmatched or odd that a person should see. exception_key makes raising it twice a no-op.
# state: open, closed.
exceptions = Table(
    "exceptions",
    metadata,
    _key("exception_id"),
    Column("exception_key", String(200), nullable=False, unique=True),
    Column("type_code", Code, nullable=False),  # UNMATCHED_CLAIM, REVERSAL_ORPHAN, PLB_UNKNOWN, REMIT_HELD, ...
    Column("state", Code, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("message", Text, nullable=False),  # no patient data
    Column("release", Text, nullable=False),  # what releases it, one sentence
    _ref("file_id", "files.file_id", optional=True),
    Column("seg", BigInteger, nullable=False, server_default="0"),
    _ref("remit_id", "remittances.remit_id", optional=True),
    _ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    _ref("family_id", "families.family_id", optional=True),
    _ref("claim_id", "claims.claim_id", optional=True),
    _ref("bank_line_id", "bank_lines.bank_line_id", optional=True),
    Column("posting_date", Date, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_posting_date", Date),
    Column("closed_at", Instant),
    Column("closed_reason", Code),
    Index("ix_exceptions_state", "state", "type_code"),
    Index("ix_exceptions_claim_payment_id", "claim_payment_id"),
    Index("ix_exceptions_remit_id", "remit_id"),
    Index("ix_exceptions_bank_line_id", "bank_line_id"),
)

# One per claim and payer sequence for a full denial (line_number 0), else one per line.
# state: new, assigned, in_work, waiting, closed. outcome when closed: overturned, partly_overturned, upheld,
# superseded, written_off, expired, duplicate.
denial_cases = Table(
    "denial_cases",
    metadata,
    _key("case_id"),
    Column("case_key", String(200), nullable=False, unique=True),
    _ref("claim_payment_id", "claim_payments.claim_payment_id"),  # the last adjudication that denied it
    _ref("family_id", "families.family_id", optional=True),  # empty: claim unknown to us
    Column("payer_code", String(80), nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("payer_type", Code, nullable=False),
    Column("claim_number", String(60), nullable=False),
    Column("payer_claim_number", String(80), nullable=False),
    Column("payer_sequence", String(2), nullable=False),
    Column("line_number", BigInteger, nullable=False),
    Column("extent", Code, nullable=False),  # full, line, partial
    Column("denial_class", Code, nullable=False),  # denial, bundling, noncovered
    Column("group_code", String(10), nullable=False),
    Column("reason_code", String(20), nullable=False),  # the adjustment that stands for the case
    Column("all_codes", Text, nullable=False),  # "CO-197 PR-96"
    Column("remark_codes", Text, nullable=False),  # "N210 M51"
    Column("procedure_codes", Text, nullable=False),
    Column("category", Code, nullable=False),
    Column("root_cause", Code, nullable=False),
    Column("core_scenario", String(2), nullable=False),
    Column("preventable", String(2), nullable=False),
    Column("recoverable", String(2), nullable=False),
    Column("billed_cents", Cents, nullable=False),
    Column("denied_cents", Cents, nullable=False),  # D_amt of R2
    Column("at_risk_cents", Cents, nullable=False),  # R4
    Column("next_action", Code, nullable=False),
    Column("then_action", Code, nullable=False),
    Column("cause", Text, nullable=False),  # plain words
    Column("service_date", Date),
    Column("remit_date", Date),
    Column("deadline_date", Date),
    Column("deadline_rule", Text, nullable=False),  # in words; without a date, why there is none
    Column("state", Code, nullable=False),
    Column("outcome", Code),
    Column("recovered_cents", Cents, nullable=False, server_default="0"),
    Column("posting_date", Date, nullable=False),
    Column("closed_posting_date", Date),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_denial_cases_state", "state", "at_risk_cents"),
    Index("ix_denial_cases_claim_payment_id", "claim_payment_id"),
    Index("ix_denial_cases_family_id", "family_id"),
)

denial_events = Table(
    "denial_events",
    metadata,
    _key("event_id"),
    _ref("case_id", "denial_cases.case_id"),
    Column("kind", Code, nullable=False),  # opened, repeated, matched, superseded, written_off, note, ...
    _ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    Column("amount_cents", Cents, nullable=False),
    Column("body", Text, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_denial_events_case_id", "case_id"),
)

Index("ix_deposit_matches_current", deposit_matches.c.remit_id, deposit_matches.c.ended_at)
