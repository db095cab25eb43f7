"""Reconcile: identities, charges, answers, matches, postings, bank ties, prices, denials and their rank, the timeline.

Each step can run again alone. It takes the run and the accounting day and gives counts; what is done already is found
done. The steps meet here and nowhere else.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.service.alarms import watch_answers
from claims.service.answers import apply_answers
from claims.service.banking import match_deposits
from claims.service.charging import post_charges, post_voids
from claims.service.context import Context
from claims.service.decisions import record_decisions
from claims.service.denials import open_denials
from claims.service.desk.priority import prioritise
from claims.service.desk.sending import post_transfers
from claims.service.edit_proposals import propose_edits
from claims.service.identities import resolve_identities
from claims.service.matching import match_claims
from claims.service.patient_payments import post_patient_payments
from claims.service.posting import post_remittances
from claims.service.pricing import price_decisions
from claims.service.rematching import match_again
from claims.service.runs import running
from claims.store import journal_list
from claims.store.engine import rehearsal

STEPS = (
    resolve_identities,
    post_charges,
    apply_answers,
    post_transfers,
    match_again,
    match_claims,
    post_remittances,
    post_voids,
    post_patient_payments,
    match_deposits,
    price_decisions,
    open_denials,
    prioritise,
    record_decisions,
    watch_answers,
    propose_edits,
)

__all__ = [
    "STEPS",
    "apply_answers",
    "match_again",
    "match_claims",
    "match_deposits",
    "open_denials",
    "post_charges",
    "post_patient_payments",
    "post_remittances",
    "post_transfers",
    "post_voids",
    "price_decisions",
    "prioritise",
    "propose_edits",
    "reconcile",
    "record_decisions",
    "rehearse",
    "resolve_identities",
    "watch_answers",
]


def reconcile(ctx: Context, posting_date: date) -> dict[str, int]:
    """Run every step in order as one run; give the counts of all."""
    return _run(ctx, posting_date)[1]


def rehearse(ctx: Context, posting_date: date) -> tuple[dict[str, int], pd.DataFrame]:
    """Do the whole reconcile and take it back: the counts, and each journal that it would write.

    Journals: idempotency_key, source, reason_code, effective_date, account, amount_cents, one row per account.
    """
    with rehearsal(ctx.engine) as conn:
        run_id, counts = _run(ctx, posting_date)
        return counts, journal_list.of_run(conn, run_id)


def _run(ctx: Context, posting_date: date) -> tuple[int, dict[str, int]]:
    with running(ctx, "reconcile", posting_date) as (run_id, counts):
        for step in STEPS:
            counts.update(step(ctx, run_id, posting_date))
    return run_id, counts
