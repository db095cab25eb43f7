"""Payments that were posted before the 837 of the replacement that they decide came: they move to it by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from claims.denials.outcomes import STATE
from claims.ledger.undo import Withdrawal
from claims.service import restored_cases, undone_lives, withdrawing
from claims.service.audited import record
from claims.service.context import Context
from claims.service.late_claims import free_pairs
from claims.service.matching import find, match_lines
from claims.service.pricing import price_decisions
from claims.service.stepping import step_by_step
from claims.service.undo_targets import Target
from claims.store import clock, exceptions, matching, posting, undone, undone_cases, undone_exceptions
from claims.store import rematching as rows
from claims.store.engine import together
from claims.store.handles import Connection

FAMILIES_PER_BATCH = 20_000
NAME = "matched-again"  # the reason for which what the former match had named is closed
TAKEN_BACK = "22"
_TURN = ("payer_sequence", "payer_code", "next_sequence", "next_payer_code")


def match_again(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Match payments again that decide a replacement or void which came after them, and post them as of that.

    Which version of its claim a payment decides is asked as if all of them had been there first. The former match is
    ended, never overwritten. What is posted is taken back and posted again where another line, or another payer's turn,
    gets the amounts; else it stays. A claim on which a person has built since stays whole. What was paid and taken back
    before its claim came is posted on that (`late_claims`).
    """
    counts = {"payments_matched_again": 0}
    after = 0
    while True:
        with together(ctx.engine) as conn:
            families = rows.families(conn, after, FAMILIES_PER_BATCH)
            if not families:
                break
            after = families[-1]
            counts["payments_matched_again"] += move(conn, ctx, run_id, posting_date, families)
    return counts | {"reversals_on_claims": free_pairs(ctx, run_id, posting_date)}


def move(
    conn: Connection, ctx: Context, run_id: int, posting_date: date, families: list[int], *, is_asked: bool = False
) -> int:
    """Do that for the payments of these claims; give how many were matched again.

    `is_asked`: those too that an undo has moved back.
    """
    found, lines, others = _other_versions(conn, families, is_asked)
    if found.empty:
        return 0
    gone = _withdrawal(conn, found.loc[found["is_moved"], "claim_payment_id"].tolist())
    if len(gone.refused):
        found = found[~found["family_id"].isin(_built_on(gone))]
        gone = _withdrawal(conn, found.loc[found["is_moved"], "claim_payment_id"].tolist())
    if found.empty or len(gone.refused):
        return 0
    chosen = found["claim_payment_id"]
    since = clock.now()
    if len(gone.postings):
        withdrawing.take_back(conn, ctx, run_id, posting_date, Target(NAME), gone, is_named=False)
    matching.save(conn, found, lines[lines["claim_payment_id"].isin(chosen)], others, ctx.actor)
    _look_again(conn, ctx, run_id, posting_date, found, gone)
    told = {"run_id": run_id, "payments_matched_again": len(found), "payments_posted_again": len(gone.postings)}
    record(ctx, conn, "match.again", f"run {run_id}", told)
    if len(gone.postings):
        _post_back(conn, ctx, run_id, posting_date, chosen.tolist())
    rows.say_why_closed(conn, chosen.tolist(), exceptions.UNDONE, since, NAME)
    return len(found)


def move_back(conn: Connection, ctx: Context, run_id: int, posting_date: date, undone_run_id: int) -> int:
    """Let what a run had matched again, and an undo of that run took back, be as before it; give how many payments.

    What the run had taken back to post it again is posted as it was; no reconcile makes those matches again.
    """
    changed = rows.changed_in(conn, undone_run_id)
    if changed.empty:
        return 0
    rows.put_back(conn, changed, ctx.actor)
    ids = sorted({*changed["claim_payment_id"].tolist(), *rows.posted_again_in(conn, undone_run_id)})
    told = {"run_id": run_id, "undone_run_id": undone_run_id, "payments_matched_back": len(changed)}
    record(ctx, conn, "match.back", f"run {undone_run_id}", told)
    _post_back(conn, ctx, run_id, posting_date, ids)
    return len(changed)


def _other_versions(
    conn: Connection, families: list[int], is_asked: bool
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Find the payments of these claims whose version is another one by now: `(matches, their lines, not taken)`.

    The matches have is_moved: their amounts lie elsewhere than they would now. First it is asked what each payment
    says of itself; then what payers call versions by those.
    """
    payments = rows.payments(conn, families)
    first = find(conn, payments, told=_NOTHING_TOLD)[0]
    says = first[first["evidence"].str.contains('"version"', regex=False) | _fits_now(first)]
    names = says[(says["payer_claim_number"] != "") & (says["status_code"] != TAKEN_BACK)]
    names = names[["claim_id", "payer_claim_number"]].drop_duplicates()
    found, _, others = find(conn, payments, told=names.assign(source="decision"))
    is_told = found["claim_payment_id"].isin(says["claim_payment_id"])
    is_told |= pd.MultiIndex.from_frame(found[list(names)]).isin(pd.MultiIndex.from_frame(names))
    pairs = ["claim_payment_id", "claim_id"]
    kept = rows.undone_before(conn, found["last_match_id"].tolist())[pairs]
    is_kept = pd.MultiIndex.from_frame(found[pairs]).isin(pd.MultiIndex.from_frame(kept))
    is_other = (found["claim_id"] != found["claim_id_now"]) & (found["family_id"] == found["family_id_now"])
    found = found[is_told & is_other & (~is_kept | is_asked)].reset_index(drop=True)
    lines = match_lines(conn, found)
    return found.assign(is_moved=found["stands"] & _lies_elsewhere(conn, found, lines)), lines, others


_NOTHING_TOLD = pd.DataFrame({"claim_id": [], "payer_claim_number": [], "source": []}).astype({"claim_id": "int64"})


def _fits_now(found: pd.DataFrame) -> pd.Series:
    """Tell which payments were a part of their claim's charge and are the whole of another version's."""
    was_part = found["last_evidence"].str.contains('"charge": "part"', regex=False)
    return was_part & found["evidence"].str.contains('"charge": "agrees"', regex=False)


def _lies_elsewhere(conn: Connection, found: pd.DataFrame, lines: pd.DataFrame) -> pd.Series:
    """Tell which matches give an amount to another line, or to another payer's turn, than those before them."""
    before = rows.line_numbers(conn, found["last_match_id"].tolist())[["service_payment_id", "line_number"]]
    both = lines.merge(before, how="left", on="service_payment_id", suffixes=("", "_now"))
    other = both.loc[both["line_number"] != both["line_number_now"], "claim_payment_id"]
    is_other = found["claim_payment_id"].isin(other)
    for name in _TURN:
        is_other |= found[name] != found[f"{name}_now"]
    return is_other


def _withdrawal(conn: Connection, claim_payment_ids: Sequence[int]) -> Withdrawal:
    """Say what is taken back to post these again: themselves, and what was posted on them."""
    return withdrawing.plan(conn, Target(NAME, [], list(claim_payment_ids)))


def _built_on(gone: Withdrawal) -> set[int]:
    """Give the claims (family_id) on which a person has built."""
    named = gone.postings["claim_payment_id"].isin(gone.refused["claim_payment_id"])
    return {*gone.refused["family_id"].tolist(), *gone.postings.loc[named, "family_id"].tolist()} - {0}


def _look_again(conn: Connection, ctx: Context, run_id: int, day: date, found: pd.DataFrame, gone: Withdrawal) -> None:
    """Let what stays posted, or waits, be held against the contract of its claim and told on its timeline again."""
    left = found[~found["claim_payment_id"].isin(gone.postings["claim_payment_id"])]
    rows.price_again(conn, left.loc[~left["stands"], "claim_payment_id"].tolist())
    stay = _withdrawal(conn, left.loc[left["stands"], "claim_payment_id"].tolist()).postings
    stay = stay[stay["is_ended"]]
    if len(stay):
        rows.begin_anew(conn, stay.sort_values("claim_posting_id"))
        undone_lives.take_back(conn, ctx, run_id, day, stay)


def _post_back(conn: Connection, ctx: Context, run_id: int, day: date, claim_payment_ids: Sequence[int]) -> None:
    """Post again what this run has taken back of these claim payments, with what stood on it, and nothing else."""
    again = undone.to_replay(conn, [], claim_payment_ids)
    own = again.loc[again["claim_payment_id"].isin(claim_payment_ids), "family_id"]
    again = again[again["family_id"].isin(own)].reset_index(drop=True)
    if again.empty:
        return
    held = undone.open_undone(conn)
    mine = held.loc[held["claim_payment_id"].isin(again["claim_payment_id"]), "exception_id"]
    exceptions.close_for(conn, "exception_id", mine, [posting.UNDONE], "replayed", day)
    undone.ready_again(conn, [], again["undone_posting_id"].tolist())
    counts: dict[str, int] = {}
    nothing = undone.remittances(conn, []).assign(began="")
    step_by_step(ctx, run_id, day, nothing, again.assign(is_parked=False), counts, is_priced=False)
    price_decisions(ctx, run_id, day)  # once: a variance that began with a decision is not over between two steps
    # What people have done with a case stays with it, where it is the same one: of the same line.
    since = str(again["undone_at"].min())
    owner = restored_cases.as_before(conn, again)
    other = undone_cases.otherwise_filed(conn, owner["family_id"].drop_duplicates().tolist(), since)
    owner = owner[~owner["family_id"].isin(other)]
    if len(owner):
        restored_cases.restore(conn, ctx, run_id, day, owner, since, STATE)
    undone_exceptions.age_as_before(conn, run_id)
