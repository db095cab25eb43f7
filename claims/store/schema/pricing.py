"""Tables of contracts: what each decided line should have brought, and lines that were paid below or above it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# The state of fee schedules, terms, factors and tolerances that decisions were priced by, each once, append-only.
contract_states = Table(
    "contract_states",
    metadata,
    key("contract_state_id"),
    Column("known_at", Instant, nullable=False),  # the last change of any of those rows
    Column("recorded_at", Instant, nullable=False),
    ref("run_id", "runs.run_id"),
)

# What a line of a decided claim should have brought by contract. The row without ended_at is in force.
# outcome: priced, in-case-rate (its amount stands at another line), no-term, no-fee, no-units (nothing prices it: no
# amount).
expected_allowed = Table(
    "expected_allowed",
    metadata,
    key("expected_allowed_id"),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),  # the decision
    ref("family_id", "families.family_id"),
    ref("claim_id", "claims.claim_id"),  # the version that was decided
    Column("line_number", BigInteger, nullable=False),
    Column("payer_code", String(80), nullable=False),  # as master data names the payer
    Column("expected_cents", Cents),
    Column("term", String(60), nullable=False),
    Column("method", Code, nullable=False),  # codes/pricing_methods.csv
    Column("outcome", Code, nullable=False),
    Column("arithmetic", Text, nullable=False),  # the sum in words
    Column("known_at", Instant, nullable=False),  # of contract_states
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_expected_allowed_claim_payment_id", "claim_payment_id", "line_number"),
    Index("ix_expected_allowed_family_id", "family_id"),
)

# One per claim family, line (0: the claim as a whole) and kind: underpaid or overpaid (R9).
# found: what the postings in force say: open, recovered, closed. stance: what a person said: empty, disputed, accepted,
# closed; it holds while no more than stance_cents is open. state: open, disputed, accepted, recovered, closed.
# outcome when not open: recovered, taken_back (an overpayment), reversed, denied, pending, unpriced, incomplete (no
# decision that can be compared stands), replaced (another service was billed instead), repriced (the contract says
# so), undone; of a person: accepted, closed.
variance_cases = Table(
    "variance_cases",
    metadata,
    key("variance_case_id"),
    Column("case_key", String(64), nullable=False, unique=True),  # sha256: no patient data
    ref("claim_payment_id", "claim_payments.claim_payment_id"),  # the decision that differed
    ref("family_id", "families.family_id"),
    ref("claim_id", "claims.claim_id"),
    Column("payer_code", String(80), nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("claim_number", String(60), nullable=False),
    Column("payer_sequence", String(2), nullable=False),
    Column("line_number", BigInteger, nullable=False),
    Column("procedure_code", String(60), nullable=False),
    Column("modifiers", String(20), nullable=False),
    Column("service_date", Date),
    Column("kind", Code, nullable=False),
    Column("charge_cents", Cents, nullable=False),
    Column("expected_cents", Cents, nullable=False),
    Column("allowed_cents", Cents, nullable=False),  # paid + patient + sequestration
    Column("paid_cents", Cents, nullable=False),
    Column("patient_cents", Cents, nullable=False),
    Column("sequestration_cents", Cents, nullable=False),
    Column("difference_cents", Cents, nullable=False),  # allowed - expected when it was largest
    Column("tolerance_cents", Cents, nullable=False),
    Column("term", String(60), nullable=False),
    Column("method", Code, nullable=False),
    Column("arithmetic", Text, nullable=False),
    Column("open_cents", Cents, nullable=False),
    Column("recovered_cents", Cents, nullable=False),
    ref("recovered_claim_payment_id", "claim_payments.claim_payment_id", optional=True),  # the posting that did
    Column("found", Code, nullable=False),
    Column("stance", Code, nullable=False, server_default=""),
    Column("stance_cents", Cents, nullable=False, server_default="0"),
    Column("state", Code, nullable=False),
    Column("outcome", Code),
    Column("posting_date", Date, nullable=False),
    Column("closed_posting_date", Date),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_variance_cases_family_id", "family_id"),
    # Each list has its own order: of all, of a kind, of a payer; most money first, or the oldest.
    *(
        Index(f"ix_variance_cases_{name}_by_{sort}", "state", *chosen, column, "variance_case_id")
        for name, chosen in (("all", ()), ("kind", ("kind",)), ("payer", ("payer_code",)))
        for sort, column in (("amount", "open_cents"), ("age", "posting_date"))
    ),
)

# Append-only: a trigger keeps it so. body: JSON; `before` holds what columns of the case said before the event.
variance_events = Table(
    "variance_events",
    metadata,
    key("variance_event_id"),
    ref("variance_case_id", "variance_cases.variance_case_id"),
    Column("kind", Code, nullable=False),  # opened, recovered, reopened, replaced, repriced, note, disputed, ...
    ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    Column("amount_cents", Cents, nullable=False),
    Column("body", Text, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("case_hash", String(64), nullable=False),  # of the case, after it (store.sealed)
    Column("hash", String(64), nullable=False),  # of this event and of the hash before it
    Index("ix_variance_events_variance_case_id", "variance_case_id"),
)
