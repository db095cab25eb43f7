"""Tables of the denial desk: cases, what happened to them, what people did, patterns and saved views."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text, UniqueConstraint

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# Where a list of the desk is filtered by this column, its rows are sorted by each of these: score, money, deadline.
SORTED_BY = {"score": "priority_rank", "at_risk": "at_risk_cents", "deadline": "deadline_sort_date"}
FILTERED_BY = ("assignee", "payer_code", "reason_code", "category", "next_action")

# Of the same payer, reason, remarks and procedure within some weeks: one cause, one item of work. What of it is open
# stands in the cases.
denial_patterns = Table(
    "denial_patterns",
    metadata,
    key("pattern_id"),
    Column("pattern_key", String(64), nullable=False, unique=True),  # sha256 of what its cases have in common
    Column("payer_code", String(80), nullable=False),
    Column("reason_code", String(20), nullable=False),
    Column("remark_codes", Text, nullable=False),
    Column("procedure_codes", Text, nullable=False),
    Column("first_remit_date", Date),
    Column("last_remit_date", Date),
    Column("cases", BigInteger, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("ix_denial_patterns_cause", "payer_code", "reason_code"),
)

# One per claim and payer sequence for a full denial (line_number 0), else one per line.
# state: new, assigned, in_work, waiting, closed. waiting_for: resubmitted, appealed, info_sent, billed_other,
# billed_patient. outcome when closed: overturned, partly_overturned, upheld, superseded, written_off, expired,
# duplicate. queue: open, snoozed, waiting, expired, closed; follows from the others and the day.
# version counts what people and remittances change; the night's points do not.
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
    Column("own_payer_code", String(80), nullable=False, server_default=""),  # what our claim calls the payer
    Column("next_payer_code", String(80), nullable=False, server_default=""),  # the payer after it, by our claim
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
    Column("worth_cents", Cents, nullable=False, server_default="0"),  # R4
    Column("at_risk_cents", Cents, nullable=False),  # of that, what is open on the line and in no other case
    Column("next_action", Code, nullable=False),
    Column("then_action", Code, nullable=False),
    Column("cause", Text, nullable=False),  # plain words
    Column("service_date", Date),
    Column("service_to_date", Date),
    Column("remit_date", Date),
    Column("deadline_date", Date),
    Column("deadline_rule", Text, nullable=False),  # in words, with its source; without a date, why there is none
    Column("state", Code, nullable=False),
    Column("outcome", Code),
    Column("recovered_cents", Cents, nullable=False, server_default="0"),
    Column("posting_date", Date, nullable=False),
    Column("closed_posting_date", Date),
    Column("recorded_at", Instant, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("assignee", String(120), nullable=False, server_default=""),
    Column("tag", String(40), nullable=False, server_default=""),
    Column("waiting_for", Code, nullable=False, server_default=""),
    Column("appeal_level", BigInteger, nullable=False, server_default="0"),
    Column("decision_date", Date),  # of the last appeal; empty: none came yet
    Column("snoozed_until_date", Date),
    Column("snoozed_for", Code, nullable=False, server_default=""),  # next-remit
    Column("snoozed_at_posting", BigInteger, nullable=False, server_default="0"),  # claim_postings known by then
    Column("last_touched_date", Date, nullable=False),  # by a person; at first the day it was opened
    Column("queue", Code, nullable=False, server_default="open"),
    Column("score", BigInteger, nullable=False, server_default="0"),
    Column("recovery_percent", BigInteger, nullable=False, server_default="0"),
    Column("expected_value_cents", Cents, nullable=False, server_default="0"),
    Column("value_points", BigInteger, nullable=False, server_default="0"),
    Column("urgency_points", BigInteger, nullable=False, server_default="0"),
    Column("touch_points", BigInteger, nullable=False, server_default="0"),
    Column("effort_points", BigInteger, nullable=False, server_default="0"),
    Column("priority_rank", BigInteger, nullable=False, server_default="0"),  # score and its ties; the first is lowest
    Column("deadline_sort_date", Date, nullable=False, server_default="9999-12-31"),  # that for no deadline
    Column("remit_sort_date", Date, nullable=False, server_default="0001-01-01"),
    Column("changed_run_id", BigInteger, nullable=False, server_default="0"),  # the last run that changed it
    ref("pattern_id", "denial_patterns.pattern_id", optional=True),
    ref("pending_action_id", "denial_actions.action_id", optional=True),  # waits for a second person
    Index("ix_denial_cases_claim_payment_id", "claim_payment_id"),
    Index("ix_denial_cases_family_id", "family_id"),
    Index("ix_denial_cases_next_remit", "snoozed_for", "family_id"),
    Index("ix_denial_cases_changed", "changed_run_id", "queue", "priority_rank", "case_id"),
    Index("ix_denial_cases_by_remit_date", "queue", "remit_sort_date", "case_id"),
    Index("ix_denial_cases_by_age", "queue", "posting_date", "case_id"),
    Index("ix_denial_cases_pattern", "pattern_id", "queue", "priority_rank", "case_id"),
    Index("ix_denial_cases_tag", "tag", "queue", "priority_rank", "case_id"),
    *(Index(f"ix_denial_cases_by_{name}", "queue", column, "case_id") for name, column in SORTED_BY.items()),
    *(
        Index(f"ix_denial_cases_{chosen}_by_{name}", "queue", chosen, column, "case_id")
        for chosen in FILTERED_BY
        for name, column in SORTED_BY.items()
    ),
)

# What people did with cases, one row for all cases of one action; which cases, and what they were before, stands in
# their events. state: done, waiting_approval, approved, refused, undone, overtaken (its cases had moved on).
denial_actions = Table(
    "denial_actions",
    metadata,
    key("action_id"),
    Column("kind", Code, nullable=False),  # assign, note, snooze, resubmit, write_off, undo, ...
    Column("state", Code, nullable=False),
    Column("cases", BigInteger, nullable=False),
    Column("amount_cents", Cents, nullable=False),
    Column("reason", Text, nullable=False),  # a person's words: may name a patient
    Column("parameters", Text, nullable=False),  # JSON
    Column("requested_by", String(120), nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("approved_by", String(120), nullable=False, server_default=""),  # or refused by
    Column("decided_posting_date", Date),
    Column("decided_at", Instant),
    ref("undoes_action_id", "denial_actions.action_id", optional=True),
    Index("ix_denial_actions_state", "state", "action_id"),
)

# Append-only. `body` of a change holds `before`: the columns of the case that it changed, as they were.
denial_events = Table(
    "denial_events",
    metadata,
    key("event_id"),
    ref("case_id", "denial_cases.case_id"),
    Column("kind", Code, nullable=False),  # opened, repeated, matched, superseded, written_off, note, ...
    ref("claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    ref("claim_id", "claims.claim_id", optional=True),  # the claim that was made of it
    Column("amount_cents", Cents, nullable=False),
    Column("body", Text, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("case_version", BigInteger, nullable=False, server_default="1"),  # of the case, after it
    ref("run_id", "runs.run_id", optional=True),
    ref("action_id", "denial_actions.action_id", optional=True),
    Column("case_hash", String(64), nullable=False),  # of the case, after it (store.sealed)
    Column("hash", String(64), nullable=False),  # of this event and of the hash before it
    Index("ix_denial_events_case_id", "case_id"),
    Index("ix_denial_events_run_id", "run_id", "kind"),
    Index("ix_denial_events_action_id", "action_id", "case_id"),
    Index("ix_denial_events_claim_id", "claim_id"),
)

# Filters that a person, or the team (owner empty), comes back to.
saved_views = Table(
    "saved_views",
    metadata,
    key("view_id"),
    Column("owner", String(120), nullable=False),
    Column("name", String(80), nullable=False),
    Column("filters", Text, nullable=False),  # JSON of service.desk.queue.Filters
    Column("sort", Code, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("owner", "name"),
)
