"""Reconcile: new claims and remittances become charges, postings, deposits and denials, and answers move claims."""

from __future__ import annotations

from datetime import date

from flows import steps
from flows.engine import flow


@flow(name="reconcile")
def reconcile(run_id: int, posting_date: date) -> dict[str, int]:
    """Bring the books up to date; give the counts of all steps. A second time changes nothing."""
    return {
        **steps.resolve_identities(run_id, posting_date),
        **steps.post_charges(run_id, posting_date),
        **steps.apply_answers(run_id, posting_date),
        **steps.post_transfers(run_id, posting_date),
        **steps.match_again(run_id, posting_date),
        **steps.match_claims(run_id, posting_date),
        **steps.post_remittances(run_id, posting_date),
        **steps.post_voids(run_id, posting_date),
        **steps.post_patient_payments(run_id, posting_date),
        **steps.match_deposits(run_id, posting_date),
        **steps.price_decisions(run_id, posting_date),
        **steps.open_denials(run_id, posting_date),
        **steps.prioritise(run_id, posting_date),
        **steps.record_decisions(run_id, posting_date),
        **steps.watch_answers(run_id, posting_date),
        **steps.propose_edits(run_id, posting_date),
    }
