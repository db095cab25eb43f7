"""The tables, by topic: SQLAlchemy Core, one MetaData, the same on SQLite and PostgreSQL.

Conventions that hold for every table:

- Money is ``BIGINT`` cents, column ending ``_cents``. Days are ``Date`` (``_date``). Instants are UTC text of a fixed
  width, ``2026-11-22T00:35:11.123456Z`` (``_at``): they sort and compare alike on both engines.
- Surrogate keys (``*_id``) are handed out in blocks by ``store.ids.take`` so that a parent and its children can be
  bulk-inserted together. They never leave the database: reports sort and name things by natural keys.
- Every row that came out of a file carries ``file_id, seg, offset, length``: the bytes it stands in.
- ``state`` columns hold the words listed in the comment above them.
"""

from claims.store.schema.answers import acknowledgements
from claims.store.schema.appeals import appeals
from claims.store.schema.bank import bank_lines, deposit_candidates, deposit_matches
from claims.store.schema.base import metadata
from claims.store.schema.desk import denial_actions, denial_cases, denial_events, denial_patterns, saved_views
from claims.store.schema.files import files, findings, interchanges, receipts, transactions
from claims.store.schema.ledger import closed_periods, journals, ledger_lines
from claims.store.schema.master import master_rows
from claims.store.schema.matching import claim_postings, line_matches, match_candidates, matches
from claims.store.schema.patients import patient_payments, patient_refunds, patient_statements
from claims.store.schema.people import login_attempts, recovery_codes, searches, sessions, users
from claims.store.schema.pricing import contract_states, expected_allowed, variance_cases, variance_events
from claims.store.schema.remittances import (
    adjustments,
    claim_payments,
    classifications,
    provider_adjustments,
    remarks,
    remittances,
    service_payments,
)
from claims.store.schema.requests import money_requests
from claims.store.schema.sending import (
    batch_sets,
    batches,
    claim_events,
    claim_work,
    control_numbers,
    edit_findings,
    edit_proposals,
    rejections,
    submissions,
)
from claims.store.schema.sent_claims import claim_payers, claims, families, service_lines
from claims.store.schema.undoing import past_exceptions, undone_postings, undone_remittances
from claims.store.schema.upkeep import act_reasons, audit_events, id_blocks, row_seals, runs
from claims.store.schema.work import exception_events, exceptions

__all__ = [
    "acknowledgements",
    "act_reasons",
    "adjustments",
    "appeals",
    "audit_events",
    "bank_lines",
    "batch_sets",
    "batches",
    "claim_events",
    "claim_payers",
    "claim_payments",
    "claim_postings",
    "claim_work",
    "claims",
    "classifications",
    "closed_periods",
    "contract_states",
    "control_numbers",
    "denial_actions",
    "denial_cases",
    "denial_events",
    "denial_patterns",
    "deposit_candidates",
    "deposit_matches",
    "edit_findings",
    "edit_proposals",
    "exception_events",
    "exceptions",
    "expected_allowed",
    "families",
    "files",
    "findings",
    "id_blocks",
    "interchanges",
    "journals",
    "ledger_lines",
    "line_matches",
    "login_attempts",
    "master_rows",
    "match_candidates",
    "matches",
    "metadata",
    "money_requests",
    "past_exceptions",
    "patient_payments",
    "patient_refunds",
    "patient_statements",
    "provider_adjustments",
    "receipts",
    "recovery_codes",
    "rejections",
    "remarks",
    "remittances",
    "row_seals",
    "runs",
    "saved_views",
    "searches",
    "service_lines",
    "service_payments",
    "sessions",
    "submissions",
    "transactions",
    "undone_postings",
    "undone_remittances",
    "users",
    "variance_cases",
    "variance_events",
]
