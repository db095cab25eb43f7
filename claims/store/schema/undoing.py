"""Tables of undo: which postings were undone and in what order they stood, and how exceptions stood before they opened
again."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, Table

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# A posting of a remittance that was undone as a whole: what a report of a day before the undo still shows as posted.
undone_remittances = Table(
    "undone_remittances",
    metadata,
    key("undone_remittance_id"),
    ref("remit_id", "remittances.remit_id"),
    Column("generation", Integer, nullable=False),  # of the posting
    Column("posting_date", Date, nullable=False),  # of the posting
    Column("posted_at", Instant, nullable=False),
    ref("run_id", "runs.run_id"),  # the undo
    Column("undone_posting_date", Date, nullable=False),
    Column("undone_at", Instant, nullable=False),
    Column("replayed_at", Instant),
    Index("ix_undone_remittances_remit_id", "remit_id"),
    Index("ix_undone_remittances_run_id", "run_id"),
)

# A claim payment whose posting was withdrawn. The key of that posting is its place: a replay posts in the same order.
# is_target 1: it was asked for, and waits for a replay; 0: it stood on one that was, and every reconcile tries it.
undone_postings = Table(
    "undone_postings",
    metadata,
    key("undone_posting_id"),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),
    ref("remit_id", "remittances.remit_id"),
    ref("claim_posting_id", "claim_postings.claim_posting_id"),
    ref("run_id", "runs.run_id"),  # the undo
    Column("is_target", Integer, nullable=False),
    Column("undone_at", Instant, nullable=False),
    Column("replayed_at", Instant),
    Index("ix_undone_postings_claim_payment_id", "claim_payment_id"),
    Index("ix_undone_postings_run_id", "run_id"),
)

# An exception that opened again: when it was open before. Its own row says since when it is open now.
past_exceptions = Table(
    "past_exceptions",
    metadata,
    key("past_exception_id"),
    ref("exception_id", "exceptions.exception_id"),
    Column("amount_cents", Cents, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("since_date", Date),
    Column("opened_at", Instant, nullable=False),
    Column("closed_posting_date", Date, nullable=False),
    Column("closed_at", Instant, nullable=False),
    Column("closed_reason", Code),
    Index("ix_past_exceptions_exception_id", "exception_id"),
)
