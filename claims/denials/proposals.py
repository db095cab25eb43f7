"""Posted claim payments and the cases known so far come in; new cases, changed cases and their events go out."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from claims.denials import outcomes
from claims.denials.cases import case_keys, denied_cases, openings
from claims.denials.deadlines import NO_LIMITS
from claims.denials.effects import effects_of, in_posting_order, losses
from claims.denials.figures import line_figures
from claims.denials.lifecycle import fold
from claims.denials.matched import rekeyed
from claims.denials.replaced import by_posting

OPENING_OUTCOMES = ["posted", "unapplied"]


class Proposal(NamedTuple):
    """What ``propose`` found: rows to insert, rows to replace (by case_id), rows of ``denial_events`` to insert."""

    new_cases: pd.DataFrame
    changed_cases: pd.DataFrame
    events: pd.DataFrame


def propose(
    claim_payments: pd.DataFrame,
    service_payments: pd.DataFrame,
    adjustments: pd.DataFrame,
    classified: pd.DataFrame,
    remarks: pd.DataFrame,
    known_cases: pd.DataFrame,
    *,
    posting_date: str,
    limits: pd.DataFrame = NO_LIMITS,
    replaced: pd.DataFrame | None = None,
) -> Proposal:
    """Find the denial cases that these postings open, repeat, close or re-key (R2 to R7).

    The one entry point: call it once for all postings that the denial rules have not looked at, and write the result in
    the same transaction. Rows may come in any order: decisions are taken by (payment_date, remit_key, reversals first,
    ordinal).

    ``claim_payments``: columns of the table, of its remittance (remit_key, payment_date, payer_code, payer_name) and of
    its posting and match: outcome (posted, reversal, memo, unapplied, informational), reverses_claim_payment_id (the
    decision that this one takes back, or the first of them, by a reversal or by the ledger's own correction; else 0),
    family_id (0: unknown claim), billing_npi and family_claim_number (of the family), payer_sequence. Optional:
    has_other_payer (bool), primary_payment_date, own_payer_code and next_payer_code (of the claim), payer_type (else by
    filing_indicator_code), is_seen (bool: the denial rules have looked at it before), posted_at (the instant of
    its posting), is_superseded (0: it stands).
    ``service_payments``: columns of the table and line_number (of the match, 0: no line fits);
    optional expected_cents (allowed by contract, ``Int64``).
    ``adjustments`` with ``classified`` (``classify`` of them, same order) and ``remarks``: those of these claim
    payments. ``known_cases``: the stored cases of the same families and claim payments, with billing_npi of the family
    (``store.queries.denials.related_cases`` reads them). ``limits``: rules of payers, as ``deadlines`` wants them.
    ``replaced``: all that posted ones took back by the ledger's own correction, which may be several decisions of one:
    claim_payment_id, target_id, line_number (a row for each line), is_whole (nothing of the target is left). Without
    it each took back the one that its posting names.

    new_cases and changed_cases have the columns of ``denial_cases`` but recorded_at and (new) case_id; events name
    their case by case_key as it is after the change. The body of the first event of a changed case holds ``before``:
    the values that its columns had, so that a report can tell what the case looked like on an earlier day.
    """
    ordered = in_posting_order(claim_payments)
    denying = adjustments.loc[classified["counts_as_denial"].to_numpy(bool), "claim_payment_id"]
    denies = ordered["claim_payment_id"].isin(denying) & ordered["outcome"].isin(OPENING_OUTCOMES)
    replaces = (ordered["reverses_claim_payment_id"] != 0) & (ordered["outcome"] == "posted")
    # A decision on a claim that has or had a case may settle it, whatever it says.
    known = set(known_cases["family_id"]) | set(ordered.loc[denies, "family_id"])
    may_settle = (ordered["outcome"] == "posted") & ordered["family_id"].isin(known - {0})
    wanted = ordered[denies | replaces | may_settle]
    of_wanted = adjustments["claim_payment_id"].isin(wanted["claim_payment_id"]).to_numpy(bool)
    codes, classes = adjustments[of_wanted], classified[of_wanted].reset_index(drop=True)
    services = service_payments[service_payments["claim_payment_id"].isin(wanted["claim_payment_id"])]
    figures = line_figures(wanted, services, codes, classes)
    cases = denied_cases(wanted, figures, codes, classes, remarks, limits)

    stored = known_cases.assign(outcome=known_cases["outcome"].fillna("")).sort_values("case_id", ignore_index=True)
    kept = rekeyed(stored, cases, ordered, service_payments)
    # The last one of a base is the one that lives.
    kept = kept.assign(opening=openings(kept)).sort_values("opening", kind="stable", ignore_index=True)
    new_keys = pd.Series(case_keys(kept["base"], kept["opening"]), index=kept.index, dtype="str")
    kept["case_key"] = kept["case_key"].where(~kept["is_matched"], new_keys)
    pairs = by_posting(ordered) if replaced is None else replaced
    lived = outcomes.with_keys(_lived(ordered, figures, cases, kept, pairs), kept)
    changed = outcomes.changed_cases(lived, cases, kept, posting_date)
    events = outcomes.events(lived, cases, kept, posting_date)
    return Proposal(
        outcomes.new_cases(lived, cases, posting_date), changed, outcomes.with_before(events, stored, changed)
    )


def _lived(
    claim_payments: pd.DataFrame, figures: pd.DataFrame, cases: pd.DataFrame, kept: pd.DataFrame, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Fold all effects; what reversed a payment that won is known only when it is known what won."""
    effects = effects_of(claim_payments, figures, cases, kept, pairs)
    lived, known = fold(effects), 0
    while len(lost := losses(claim_payments, lived, kept)) > known:
        lived, known = fold(pd.concat([effects, lost], ignore_index=True)), len(lost)
    return lived
