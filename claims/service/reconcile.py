"""Reconcile: resolve identities, charge, match, post, tie to the bank, open denials. Each step can run again alone.

Each step takes the run and the accounting day and gives counts; what is done already is found done. The steps meet here
and nowhere else.
"""

from __future__ import annotations

from datetime import date

from claims.service.banking import match_deposits
from claims.service.charging import post_charges
from claims.service.context import Context
from claims.service.denials import open_denials
from claims.service.identities import resolve_identities
from claims.service.matching import match_claims
from claims.service.posting import post_remittances
from claims.service.runs import running

STEPS = (resolve_identities, post_charges, match_claims, post_remittances, match_deposits, open_denials)

__all__ = [
    "STEPS",
    "match_claims",
    "match_deposits",
    "open_denials",
    "post_charges",
    "post_remittances",
    "reconcile",
    "resolve_identities",
]


def reconcile(ctx: Context, posting_date: date) -> dict[str, int]:
    """Run every step in order as one run; give the counts of all."""
    with running(ctx, "reconcile", posting_date) as (run_id, counts):
        for step in STEPS:
            counts.update(step(ctx, run_id, posting_date))
    return counts
