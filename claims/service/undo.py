"""Undo: what was posted is taken back by reversing journals, with all that stands on it, in one transaction.

A remittance is then `undone` and no reconcile posts it: `service.replay` does. What others posted on top of it waits,
and the next reconcile posts it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from claims import codes
from claims.service import rematching, undo_bank, undo_hindrances, undo_targets, withdrawing
from claims.service.audited import record
from claims.service.context import Context
from claims.service.periods import require_not_before
from claims.service.runs import running
from claims.store import periods
from claims.store import undo as rows
from claims.store.engine import rehearsal, together
from claims.store.handles import Connection


@dataclass(frozen=True)
class Outcome:
    """What an undo or a replay did, or would do: journals (a row per account), postings that went, what refused it.

    What refuses has `says` and the `command` that takes it away, the one to type first at the top.
    """

    target: str
    run_id: int
    counts: dict[str, int]
    journals: pd.DataFrame
    postings: pd.DataFrame
    refused: pd.DataFrame
    says: str = ""  # what stays that one might think goes with it


def undo(ctx: Context, target: str, posting_date: date) -> Outcome:
    """Take back what a target (remit:NO, file:NO, claim:NO, run:NO) posted; refused when a person built on it."""
    with running(ctx, "undo", posting_date) as (run_id, counts), together(ctx.engine) as conn:
        outcome = _undo(conn, ctx, run_id, posting_date, target, counts)
        require_not_before(periods.last_taken_back(conn, run_id), posting_date)
        return outcome


def rehearse_undo(ctx: Context, target: str, posting_date: date) -> Outcome:
    """Undo and take it all back: what would be written."""
    with rehearsal(ctx.engine):
        return undo(ctx, target, posting_date)


def _undo(conn: Connection, ctx: Context, run_id: int, day: date, text: str, counts: dict[str, int]) -> Outcome:
    target = undo_targets.posted(conn, text)
    if target.bank_file_id:
        refused = undo_bank.undo(conn, ctx, run_id, day, target, counts)
        of_bank = pd.DataFrame({"claim_payment_id": []})
        return Outcome(target.name, run_id, dict(counts), rows.journals_of_run(conn, run_id), of_bank, refused)
    gone = withdrawing.plan(conn, target)
    if len(gone.refused):
        nothing = rows.journals_of_run(conn, run_id)
        refused = undo_hindrances.named(conn, gone.refused, gone.postings, target.remit_ids, target.name)
        counts["refused"] = len(refused)
        return Outcome(target.name, run_id, dict(counts), nothing, gone.postings.iloc[:0], refused)
    counts["ties_taken_apart"] = withdrawing.take_back(conn, ctx, run_id, day, target, gone)
    if run := undo_targets.run_of(target):
        counts["payments_matched_back"] = rematching.move_back(conn, ctx, run_id, day, run)
    journals = rows.journals_of_run(conn, run_id)
    counts["journals"] = int(journals["idempotency_key"].nunique())
    counts["remittances_undone"] = len(target.remit_ids)
    counts["payments_undone"] = int(gone.postings["is_target"].sum())
    counts["payments_waiting"] = int((~gone.postings["is_target"]).sum())
    if others := undo_targets.moved_beside(conn, target.name):
        counts["moved_of_other_runs"] = others
    record(ctx, conn, "undo", target.name, {"run_id": run_id, **counts})
    says = undo_targets.banked_beside(conn, target.name).strip()
    return Outcome(target.name, run_id, dict(counts), journals, gone.postings, gone.refused, says)


def by_account(journals: pd.DataFrame) -> pd.DataFrame:
    """Add up what was or would be written (`Outcome.journals`): account, name, debit_cents, credit_cents, amount_cents
    (debit positive); together the debits are the credits."""
    cents = journals["amount_cents"]
    sums = journals.assign(debit_cents=cents.clip(lower=0), credit_cents=-cents.clip(upper=0))
    total = sums.groupby("account", as_index=False)[["debit_cents", "credit_cents", "amount_cents"]].sum()
    total.insert(1, "name", codes.account_names(total["account"]))
    return total
