"""Tables of claims on their way out: edits found, batches, what was sent, what became of it, and rejections."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Table, Text, UniqueConstraint

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# What an edit (claims/charges/scrub/edits.csv) says of a claim; the row without ended_at is in force.
edit_findings = Table(
    "edit_findings",
    metadata,
    key("edit_finding_id"),
    ref("claim_id", "claims.claim_id"),
    Column("edit_id", Code, nullable=False),
    Column("severity", Code, nullable=False),  # block, warn
    Column("element", String(20), nullable=False),  # CLM05-3, SV107-2, NM109 of 2010BA ...
    Column("line_number", BigInteger, nullable=False),  # 0: the claim
    Column("message", Text, nullable=False),  # no patient data
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_edit_findings_claim_id", "claim_id"),
    Index("ix_edit_findings_ended_at", "ended_at", "edit_id"),
)

# Sequences that never go back, not even when what they were taken for fails: interchange, batch, line.
control_numbers = Table(
    "control_numbers",
    metadata,
    Column("sequence", String(40), primary_key=True),
    Column("next_number", BigInteger, nullable=False),
)

# One interchange to one partner.
# state: planned (claims, snapshot and numbers are fixed), written (checked, in the vault), released (in the outbox),
# cancelled (never released; its claims are ready again).
batches = Table(
    "batches",
    metadata,
    key("batch_id"),
    Column("interchange_control_number", String(9), nullable=False, unique=True),  # ISA13, and GS06
    Column("partner_code", String(40), nullable=False),
    Column("kind", String(2), nullable=False),  # P, I, D
    Column("usage_code", String(4), nullable=False),
    Column("sender_id", String(40), nullable=False),  # ISA06; its answers come to it, from
    Column("receiver_id", String(40), nullable=False),  # ISA08
    Column("state", Code, nullable=False),
    Column("claims", BigInteger, nullable=False),
    Column("service_lines", BigInteger, nullable=False),
    Column("charge_cents", Cents, nullable=False),
    ref("snapshot_file_id", "files.file_id"),
    ref("file_id", "files.file_id", optional=True),
    ref("follows_batch_id", "batches.batch_id", optional=True),  # the batch that it sends again
    Column("file_name", String(120), nullable=False),  # in the outbox
    Column("posting_date", Date, nullable=False),
    Column("actor", String(120), nullable=False),
    ref("run_id", "runs.run_id", optional=True),
    Column("recorded_at", Instant, nullable=False),
    Column("released_at", Instant),
    Index("ix_batches_state", "state"),
    Index("ix_batches_file_id", "file_id"),
)

batch_sets = Table(
    "batch_sets",
    metadata,
    key("batch_set_id"),
    ref("batch_id", "batches.batch_id"),
    Column("set_control_number", String(9), nullable=False),  # ST02
    Column("batch_reference", String(50), nullable=False, unique=True),  # BHT03, comes back in the 277CA
    Column("claims", BigInteger, nullable=False),
    Column("service_lines", BigInteger, nullable=False),
    Column("charge_cents", Cents, nullable=False),
    UniqueConstraint("batch_id", "set_control_number"),
)

# One sending of one claim. state: a word of codes/claim_life.csv.
submissions = Table(
    "submissions",
    metadata,
    key("submission_id"),
    ref("claim_id", "claims.claim_id"),
    ref("family_id", "families.family_id"),
    ref("batch_id", "batches.batch_id"),
    ref("batch_set_id", "batch_sets.batch_set_id"),
    Column("attempt", Integer, nullable=False),  # 1.. of the claim; the next only after the one before was refused
    Column("ordinal", BigInteger, nullable=False),  # 1.. in the set
    Column("claim_number", String(60), nullable=False),  # CLM01 as sent
    Column("snapshot_hash", String(64), nullable=False),
    Column("state", Code, nullable=False),
    Column("charge_cents", Cents, nullable=False),
    Column("payer_claim_number", String(80), nullable=False, server_default=""),  # REF*1K of the 277CA
    Column("seg", BigInteger, nullable=False, server_default="0"),  # of its CLM in the file sent
    Column("offset", BigInteger, nullable=False, server_default="0"),
    Column("length", BigInteger, nullable=False, server_default="0"),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("claim_id", "attempt"),
    Index("ix_submissions_batch_set_id", "batch_set_id"),
    Index("ix_submissions_claim_number", "claim_number"),
    Index("ix_submissions_family_id", "family_id"),
    Index("ix_submissions_state", "state"),
)

# The timeline of a claim, append-only. event_key makes a step happen once.
claim_events = Table(
    "claim_events",
    metadata,
    key("event_id"),
    Column("event_key", String(200), nullable=False, unique=True),
    ref("claim_id", "claims.claim_id"),
    ref("family_id", "families.family_id"),
    ref("submission_id", "submissions.submission_id", optional=True),
    Column("event", Code, nullable=False),  # codes/claim_life.csv
    Column("life_before", Code, nullable=False),
    Column("life_after", Code, nullable=False),
    Column("detail_code", String(60), nullable=False),  # "A7 562 85", "IK304 8 IK403 7", "4" ...; never patient data
    ref("file_id", "files.file_id", optional=True),
    Column("seg", BigInteger, nullable=False, server_default="0"),
    Column("offset", BigInteger, nullable=False, server_default="0"),
    Column("length", BigInteger, nullable=False, server_default="0"),
    Column("effective_date", Date),
    Column(
        "answer_rank", String(40), nullable=False, server_default=""
    ),  # of an answer: the highest of a sending stands
    Column("posting_date", Date, nullable=False),
    Column("actor", String(120), nullable=False),
    ref("run_id", "runs.run_id", optional=True),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_claim_events_claim_id", "claim_id"),
    Index("ix_claim_events_submission_id", "submission_id"),
    Index("ix_claim_events_family_id", "family_id"),
)

# A claim that never reached adjudication: not a denial. state: open, closed.
rejections = Table(
    "rejections",
    metadata,
    key("rejection_id"),
    Column("rejection_key", String(200), nullable=False, unique=True),
    ref("claim_id", "claims.claim_id"),
    ref("family_id", "families.family_id"),
    ref("submission_id", "submissions.submission_id", optional=True),
    Column("payer_code", String(80), nullable=False, server_default=""),  # of its claim: the list is narrowed by it
    Column("payer_name", Text, nullable=False, server_default=""),
    Column("source", Code, nullable=False),  # TA1, 999, 277CA
    Column("detail_code", String(60), nullable=False),
    Column("cause", Text, nullable=False),  # plain words
    Column("next_step", Text, nullable=False),
    Column("edit_id", Code, nullable=False),  # the edit that should have caught it; empty: none does yet
    Column("amount_cents", Cents, nullable=False),
    ref("file_id", "files.file_id", optional=True),
    Column("seg", BigInteger, nullable=False, server_default="0"),
    Column("offset", BigInteger, nullable=False, server_default="0"),
    Column("length", BigInteger, nullable=False, server_default="0"),
    Column("state", Code, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("closed_posting_date", Date),
    Column("closed_at", Instant),
    Column("closed_reason", Code),  # corrected, answered, adjudicated, sent_again, copy_refused, withdrawn
    Column("owner", String(120), nullable=False, server_default=""),  # who works on it; empty: nobody
    Column("notes", Text, nullable=False, server_default=""),  # a line each: day, who, words
    Index("ix_rejections_by_amount", "state", "amount_cents", "rejection_id"),
    Index("ix_rejections_owner_by_amount", "state", "owner", "amount_cents", "rejection_id"),
    Index("ix_rejections_payer_by_amount", "state", "payer_code", "amount_cents", "rejection_id"),
    Index("ix_rejections_claim_id", "claim_id"),
)

# What people do with a claim that an edit stops before it leaves. state: open, closed (somebody gave the claim up).
claim_work = Table(
    "claim_work",
    metadata,
    key("claim_work_id"),
    ref("claim_id", "claims.claim_id"),
    Column("state", Code, nullable=False),
    Column("owner", String(120), nullable=False, server_default=""),  # who works on it; empty: nobody
    Column("notes", Text, nullable=False, server_default=""),  # a line each: day, who, words
    UniqueConstraint("claim_id"),
    Index("ix_claim_work_owner", "state", "owner"),
)

# An edit that would have caught what a payer rejected, and that is off, only warns, or does not exist for this payer.
# state: open, accepted (its row of edit_settings was added), dismissed.
edit_proposals = Table(
    "edit_proposals",
    metadata,
    key("edit_proposal_id"),
    Column("edit_id", Code, nullable=False),
    Column("payer_code", String(80), nullable=False),
    Column("severity", Code, nullable=False),  # proposed: block
    Column("present_severity", Code, nullable=False),  # off, warn, missing
    Column("rejections", BigInteger, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("state", Code, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("actor", String(120), nullable=False),
    UniqueConstraint("edit_id", "payer_code"),
)
