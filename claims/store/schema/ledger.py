"""Tables of the ledger: journals and their lines, append-only."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, String, Table

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# Days up to which no journal may be written any more: a trigger on journals refuses it. Append-only.
closed_periods = Table(
    "closed_periods",
    metadata,
    Column("through_date", Date, primary_key=True),
    Column("closed_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("journals", BigInteger, nullable=False),  # how many stood on those days
    Column("head_hash", String(64), nullable=False),  # of the last journal at that moment
)

# Immutable. Signed lines (debit +, credit -) of a journal sum to zero.
journals = Table(
    "journals",
    metadata,
    key("journal_id"),
    Column("idempotency_key", String(200), nullable=False, unique=True),
    Column("source", Code, nullable=False),  # charge, 835, apply, bank, undo, patient, denial, refund, exception
    Column("reason_code", Code, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("effective_date", Date),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(120), nullable=False),
    ref("run_id", "runs.run_id", optional=True),
    ref("remit_id", "remittances.remit_id", optional=True),
    ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    ref("family_id", "families.family_id", optional=True),
    ref("claim_id", "claims.claim_id", optional=True),  # the claim whose charge it is
    ref("reverses_journal_id", "journals.journal_id", optional=True),
    ref("continues_journal_id", "journals.journal_id", optional=True),
    Column("hash", String(64), nullable=False),  # sha256 of the journal, its lines and the hash before (store.chain)
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
    key("ledger_line_id"),
    ref("journal_id", "journals.journal_id"),
    Column("account", String(4), nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("rule_id", String(4), nullable=False),  # codes/posting_rules.csv
    Column("payer_code", String(80), nullable=False, server_default=""),
    Column("payer_sequence", String(2), nullable=False, server_default=""),
    Column("line_number", BigInteger, nullable=False, server_default="0"),
    Column("group_code", String(10), nullable=False, server_default=""),
    Column("reason_code", String(20), nullable=False, server_default=""),
    Column("reference", String(80), nullable=False, server_default=""),  # PLB reference
    ref("family_id", "families.family_id", optional=True),
    ref("remit_id", "remittances.remit_id", optional=True),
    ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    ref("service_payment_id", "service_payments.service_payment_id", optional=True),
    ref("adjustment_id", "adjustments.adjustment_id", optional=True),
    ref("provider_adjustment_id", "provider_adjustments.provider_adjustment_id", optional=True),
    ref("bank_line_id", "bank_lines.bank_line_id", optional=True),
    CheckConstraint("amount_cents <> 0", name="not_zero"),
    Index("ix_ledger_lines_journal_id", "journal_id"),
    Index("ix_ledger_lines_family_id", "family_id", "account"),
    Index("ix_ledger_lines_remit_id", "remit_id", "account"),
    Index("ix_ledger_lines_bank_line_id", "bank_line_id"),
    Index("ix_ledger_lines_account", "account", "payer_code", "reference"),
)
