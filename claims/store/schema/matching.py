"""Tables of matching and posting: which claim a payment belongs to, why, and what was done with it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Table, Text, text

from claims.store.schema.base import Cents, Code, Instant, key, metadata, ref

# Why this claim payment belongs to this family, or why to none (rule none, family empty). The row without ended_at is
# in force.
matches = Table(
    "matches",
    metadata,
    key("match_id"),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),
    ref("family_id", "families.family_id", optional=True),
    ref("claim_id", "claims.claim_id", optional=True),
    # claim-number, payer-claim-number, original-reference, line-control-number, member-date-charge
    Column("rule", Code, nullable=False),
    Column("score", Integer, nullable=False),  # 0..100
    Column("evidence", Text, nullable=False),  # JSON: which facts agreed or differed, never the facts themselves
    Column("payer_sequence", String(2), nullable=False),
    Column("payer_code", String(80), nullable=False, server_default=""),  # as the claim names this payer
    Column("next_sequence", String(2), nullable=False, server_default=""),  # who is billed after this payer
    Column("next_payer_code", String(80), nullable=False, server_default=""),
    Column("although", Text, nullable=False, server_default=""),  # why, where facts differ; may name a patient
    Column("actor", String(120), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_matches_claim_payment_id", "claim_payment_id"),
    Index("ix_matches_family_id", "family_id"),
)

# Claims that were looked at and not taken, with the reason; not taken by a person (why by-hand): never again; or by an
# undo (why undone): not while that match holds.
match_candidates = Table(
    "match_candidates",
    metadata,
    key("match_candidate_id"),
    ref("match_id", "matches.match_id"),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),
    ref("family_id", "families.family_id"),
    ref("claim_id", "claims.claim_id"),
    Column("rule", Code, nullable=False),
    Column("score", Integer, nullable=False),
    Column(
        "why", Code, nullable=False
    ),  # charge-differs, payee-differs, facts-differ, ambiguous, a-better-key, by-hand
    Column("evidence", Text, nullable=False),  # JSON, as in matches
    Index("ix_match_candidates_match_id", "match_id"),
    Index("ix_match_candidates_claim_payment_id", "claim_payment_id", "why"),
)

line_matches = Table(
    "line_matches",
    metadata,
    key("line_match_id"),
    ref("match_id", "matches.match_id"),
    ref("service_payment_id", "service_payments.service_payment_id"),
    ref("service_line_id", "service_lines.service_line_id", optional=True),  # empty: no line fits
    Column("line_number", BigInteger, nullable=False),  # 0: no line fits, posted at the claim
    Column("rule", Code, nullable=False),
    Index("ix_line_matches_match_id", "match_id"),
)

# Postings whose claims are to be priced (again): the queries say these words, so that the indexes serve them.
# A decision that is held is priced too: what it denies is at risk, whatever its cash waits for.
TO_PRICE = (
    "priced_at IS NULL AND ended_at IS NULL AND family_id IS NOT NULL"
    " AND (outcome IN ('posted', 'reversal') OR reason_code = 'CORRECTION_WITHOUT_REVERSAL')"
)
PRICED_AND_ENDED = "priced_at IS NOT NULL AND ended_at IS NOT NULL"

# What posting did with a claim payment; the row without ended_at is in force.
# outcome: posted, reversal (it negated reverses_claim_payment_id), memo (a repeat, nothing moves), unapplied (cash on
# 2200, open item), informational (no adjudication, no cash). is_superseded: 1 a later reversal of the payer took it
# back, 2 the system did when the payer decided anew without one.
# unposted_cents: of the reductions in the file, what was not posted (posted before, or a repeat) or taken back since.
claim_postings = Table(
    "claim_postings",
    metadata,
    key("claim_posting_id"),
    ref("claim_payment_id", "claim_payments.claim_payment_id"),
    ref("remit_id", "remittances.remit_id"),
    ref("family_id", "families.family_id", optional=True),
    Column("payer_sequence", String(2), nullable=False),
    Column("outcome", Code, nullable=False),
    Column("reason_code", Code),  # exception type that sent it there
    ref("reverses_claim_payment_id", "claim_payments.claim_payment_id", optional=True),
    # Of a reversal, by what it was known whose it is: original-reference, payer-claim-number, number-and-amounts (of
    # several under one number it mirrors this one), cash, by-hand
    Column("known_by", String(20), nullable=False, server_default=""),
    Column("is_superseded", Integer, nullable=False, server_default="0"),
    Column("unposted_cents", Cents, nullable=False, server_default="0"),
    Column("posting_date", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("waits_since", Instant),  # of one that an undo or a replay wrote: when it was posted, or came to wait, first
    Column("denials_at", Instant),  # when the denial rules looked at it
    Column("life_at", Instant),  # when it was put on the timeline of its claim
    Column("priced_at", Instant),  # when its claim was held against the contract
    Index("ix_claim_postings_claim_payment_id", "claim_payment_id"),
    Index("ix_claim_postings_family_id", "family_id"),
    Index("ix_claim_postings_remit_id", "remit_id"),
    Index("ix_claim_postings_denials_at", "denials_at"),
    Index("ix_claim_postings_life_at", "life_at"),
    Index("ix_claim_postings_to_price", "family_id", sqlite_where=text(TO_PRICE), postgresql_where=text(TO_PRICE)),
    Index(
        "ix_claim_postings_priced_and_ended",
        "family_id",
        sqlite_where=text(PRICED_AND_ENDED),
        postgresql_where=text(PRICED_AND_ENDED),
    ),
)
