"""Tables of remittances (835): payments, claim payments, lines, adjustments, remarks, provider adjustments."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from claims.store.schema.base import Cents, Code, Id, address, key, metadata, ref
from claims.store.schema.folded import indexed

# state: new (identity not resolved yet), ready (may be posted), posted, held, duplicate (the same payment is stored
# already), informational (pre-notification, test file: never posted), undone (its posting was; a replay posts it).
remittances = Table(
    "remittances",
    metadata,
    key("remit_id"),
    ref("transaction_id", "transactions.transaction_id"),
    ref("file_id", "files.file_id"),
    *address(),
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
    Index("ix_remittances_trace_number", "trace_number"),
    Index("ix_remittances_stopped", "state", "file_id", "seg"),  # what is held or refused is listed as it came
    Index("ix_remittances_state", "state", "payment_date", "remit_key"),
)

claim_payments = Table(
    "claim_payments",
    metadata,
    key("claim_payment_id"),
    ref("remit_id", "remittances.remit_id"),
    ref("file_id", "files.file_id"),
    *address(),
    Column("ordinal", BigInteger, nullable=False),  # 1.. in the remittance
    Column("claim_number", String(60), nullable=False),  # CLP01
    Column("claim_number_normal", String(60), nullable=False),
    Column("status_code", String(10), nullable=False),
    Column("charge_cents", Cents, nullable=False),
    Column("paid_cents", Cents, nullable=False),
    Column("patient_responsibility_cents", Cents),
    Column("interest_cents", Cents, nullable=False, server_default="0"),  # AMT*I, information only
    Column("filing_indicator_code", String(4), nullable=False),
    Column("payer_claim_number", String(80), nullable=False),  # CLP07
    # REF*F8: of a reversal, the payer's number of what is taken back
    Column("original_reference", String(80), nullable=False, server_default=""),
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
indexed("claim_payments", claim_payments.c.patient_last_name, "last_name")
indexed("claim_payments", claim_payments.c.patient_first_name, "first_name")

service_payments = Table(
    "service_payments",
    metadata,
    key("service_payment_id"),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),
    ref("file_id", "files.file_id"),
    *address(),
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
    key("adjustment_id"),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),
    ref("service_payment_id", "service_payments.service_payment_id", optional=True),
    ref("file_id", "files.file_id"),
    *address(),
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
    ref("claim_payment_id", "claim_payments.claim_payment_id"),
    Column("adjustment_class", Code, nullable=False),  # codes/classes.csv
    Column("counts_as_denial", Integer, nullable=False),
    Column("rule_priority", BigInteger, nullable=False),  # the row of codes/carc.csv
    Index("ix_classifications_claim_payment_id", "claim_payment_id"),
)

remarks = Table(
    "remarks",
    metadata,
    key("remark_id"),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),
    ref("service_payment_id", "service_payments.service_payment_id", optional=True),
    ref("file_id", "files.file_id"),
    *address(),
    Column("ordinal", BigInteger, nullable=False),
    Column("source", String(4), nullable=False),  # LQ, MOA, MIA
    Column("remark_code", String(20), nullable=False),
    Index("ix_remarks_claim_payment_id", "claim_payment_id"),
)

provider_adjustments = Table(
    "provider_adjustments",
    metadata,
    key("provider_adjustment_id"),
    ref("remit_id", "remittances.remit_id"),
    ref("file_id", "files.file_id"),
    *address(),
    Column("ordinal", BigInteger, nullable=False),  # 1.. in the remittance
    Column("provider_identifier", String(80), nullable=False),
    Column("reason_code", String(20), nullable=False),
    Column("reference", String(80), nullable=False),
    Column("amount_cents", Cents, nullable=False),
    UniqueConstraint("remit_id", "ordinal"),
)
