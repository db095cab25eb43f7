"""Replay: what was undone is posted again, as the next generation, with what waits since; in one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from claims.errors import VaultError
from claims.service import (
    rematching,
    replay_hindrances,
    restored_cases,
    restored_lives,
    standing,
    tying,
    undo_bank,
    undo_targets,
    verify_denials,
)
from claims.service.audited import record
from claims.service.banking import match_deposits
from claims.service.charging import post_voids
from claims.service.context import Context
from claims.service.decisions import record_decisions
from claims.service.denials import open_denials
from claims.service.matching import match_claims
from claims.service.patient_credits import name_credits
from claims.service.periods import require_not_before
from claims.service.posting import post_remittances, settle
from claims.service.pricing import price_decisions
from claims.service.runs import running
from claims.service.stepping import add, step_by_step
from claims.service.undo import Outcome
from claims.service.undo_targets import Target
from claims.store import exceptions, periods, posting, undone, undone_cases, undone_exceptions, undone_ties
from claims.store import undo as rows
from claims.store.engine import rehearsal, together
from claims.store.handles import Connection


def replay(ctx: Context, target: str, posting_date: date) -> Outcome:
    """Post again what a target (remit:NO, file:NO, claim:NO, run:NO) had posted and an undo took back.

    Of several remittances of one payment one stands: PostingRefusedError beside another. One that is held for another
    of its payment, which is undone or was never posted, is posted in its place. Refused, and nothing changed, while
    what its reversals took back is undone and could be replayed (`replay_hindrances`).
    """
    with running(ctx, "replay", posting_date) as (run_id, counts), together(ctx.engine) as conn:
        outcome = _replay(conn, ctx, run_id, posting_date, target, counts)
        require_not_before(periods.last_before_replay(conn, run_id), posting_date)
        return outcome


def rehearse_replay(ctx: Context, target: str, posting_date: date) -> Outcome:
    """Replay and take it all back: what would be written."""
    with rehearsal(ctx.engine):
        return replay(ctx, target, posting_date)


def _replay(conn: Connection, ctx: Context, run_id: int, day: date, text: str, counts: dict[str, int]) -> Outcome:
    target = undo_targets.undone(conn, text)
    if target.bank_file_id:
        undo_bank.replay(conn, ctx, run_id, day, target, counts)
        nothing = pd.DataFrame({"claim_payment_id": []})
        return Outcome(target.name, run_id, dict(counts), rows.journals_of_run(conn, run_id), nothing, nothing)
    rivals = standing.rivals(conn, target.remit_ids)
    stands = standing.beside(rivals, target.remit_ids)
    alone = [one for one in target.remit_ids if one not in set(stands["remit_id"])]
    if not alone and not target.claim_payment_ids:
        standing.require_none(stands)
    target = replace(target, remit_ids=alone)  # of a claim or file the others are posted
    if len(hindrances := replay_hindrances.named(conn, alone, target.claim_payment_ids)):
        counts["refused"] = len(hindrances)
        nothing = rows.journals_of_run(conn, run_id)
        return Outcome(target.name, run_id, dict(counts), nothing, pd.DataFrame({"claim_payment_id": []}), hindrances)
    remits = undone.remittances(conn, target.remit_ids)
    for sha256 in sorted(set(remits["sha256"])):
        if (state := ctx.vault.verify(sha256)) != "sound":
            raise VaultError(sha256, f"it is {state}, and what it holds is not posted again")
    if target.matched_back:
        counts["payments_matched_again"] = rematching.move(conn, ctx, run_id, day, target.matched_back, is_asked=True)
    standing.set_aside(conn, rivals[rivals["remit_id"].isin(alone)], day)
    if (remits["state"] == "held").any():
        return _in_place(conn, ctx, run_id, day, target, counts)
    posted_at = undone.posted_at(conn, target.remit_ids)
    ties = undone_ties.taken_apart(conn, target.remit_ids)
    again = undone.to_replay(conn, target.remit_ids, target.claim_payment_ids)
    held = undone.open_undone(conn)
    mine = held["remit_id"].isin(target.remit_ids) & (held["claim_payment_id"] == 0)
    mine |= held["claim_payment_id"].isin(again["claim_payment_id"])
    exceptions.close_for(conn, "exception_id", held.loc[mine, "exception_id"], [posting.UNDONE], "replayed", day)
    undone.ready_again(conn, target.remit_ids, again["undone_posting_id"].tolist())
    match_claims(ctx, run_id, day, but=undone.without_claim(conn, again))
    # What waited for something else that was undone, when it was undone itself, waits for that again.
    again["is_parked"] = again["is_whole"] & (again["reason_code"] == posting.ON_UNDONE)
    first = again[again["is_whole"]].groupby("remit_id")["recorded_at"].min()
    at = remits["remit_id"]
    remits["began"] = first.reindex(at).fillna(posted_at.reindex(at)).to_numpy()
    step_by_step(ctx, run_id, day, remits, again, counts)
    for step in (settle, post_voids):
        add(counts, step(ctx, run_id, day))
    counts["ties_made_again"] = tying.tie_again(conn, ctx, run_id, day, ties)
    add(counts, match_deposits(ctx, run_id, day, is_replay=True))
    for step in (price_decisions, open_denials, record_decisions):
        add(counts, step(ctx, run_id, day))
    owner = restored_cases.as_before(conn, again)
    if len(owner):
        restored_cases.restore(conn, ctx, run_id, day, owner, str(again["undone_at"].min()))
        restored_lives.restore(conn, ctx, run_id, day, owner, int(again["run_id"].min()))
    families = sorted(set(undone_cases.families(conn, again["claim_payment_id"].tolist())["family_id"].tolist()))
    if missing := verify_denials.without_case(conn, families):
        # Whatever closed its case (one that was undone before cases stayed filed): what stands denied has one open.
        undone_cases.look_again(conn, missing)
        add(counts, open_denials(ctx, run_id, day))
    name_credits(conn, day)
    undone_exceptions.age_as_before(conn, run_id)
    record(ctx, conn, "replay", target.name, {"run_id": run_id, **counts})
    nothing = pd.DataFrame({"kind": []})
    return Outcome(target.name, run_id, dict(counts), rows.journals_of_run(conn, run_id), again, nothing)


def _in_place(
    conn: Connection, ctx: Context, run_id: int, day: date, target: Target, counts: dict[str, int]
) -> Outcome:
    """Post a remittance that was held for another one of its payment, by the steps of a reconcile."""
    standing.choose(conn, target.remit_ids, day)
    for step in (match_claims, post_remittances, post_voids, match_deposits, price_decisions, open_denials):
        add(counts, step(ctx, run_id, day))
    add(counts, record_decisions(ctx, run_id, day))
    name_credits(conn, day)
    record(ctx, conn, "replay", target.name, {"run_id": run_id, "in_place": True, **counts})
    postings = rows.in_force(conn, "remit_id", target.remit_ids)
    nothing = pd.DataFrame({"kind": []})
    return Outcome(target.name, run_id, dict(counts), rows.journals_of_run(conn, run_id), postings, nothing)
