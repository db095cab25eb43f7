"""Tables of work: exceptions, denial cases and their events."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# Everything held, unmatched or odd that a person should see. exception_key makes raising it twice a no-op.
# state: open, closed.
exceptions = Table(
    "exceptions",
    metadata,
    key("exception_id"),
    Column("exception_key", String(200), nullable=False, unique=True),
    Column("type_code", Code, nullable=False),  # UNMATCHED_CLAIM, REVERSAL_ORPHAN, PLB_UNKNOWN, REMIT_HELD, ...
    Column("state", Code, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("message", Text, nullable=False),  # no patient data
    Column("release", Text, nullable=False),  # what releases it, one sentence
    ref("file_id", "files.file_id", optional=True),
    Column("seg", BigInteger, nullable=False, server_default="0"),
    ref("remit_id", "remittances.remit_id", optional=True),
    ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    ref("family_id", "families.family_id", optional=True),
    ref("claim_id", "claims.claim_id", optional=True),
    ref("bank_line_id", "bank_lines.bank_line_id", optional=True),
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
# superseded, written_off, expired, duplicate; undone: its posting was undone, it counts nowhere.
denial_cases = Table(
    "denial_cases",
    metadata,
    key("case_id"),
    Column("case_key", String(200), nullable=False, unique=True),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),  # the last adjudication that denied it
    ref("family_id", "families.family_id", optional=True),  # empty: claim unknown to us
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
    key("event_id"),
    ref("case_id", "denial_cases.case_id"),
    Column("kind", Code, nullable=False),  # opened, repeated, matched, superseded, written_off, note, ...
    ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    Column("amount_cents", Cents, nullable=False),
    Column("body", Text, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_denial_events_case_id", "case_id"),
)
