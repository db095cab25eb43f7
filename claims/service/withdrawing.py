"""What an undo takes back of the books: postings by reversing journals, with all that stands on them.

Cases, timelines and exceptions are then as they were before. The transaction is the caller's.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from claims.ledger import proposal
from claims.ledger import undo as rules
from claims.service import patient_credits, standing, tying, undone_cases, undone_exceptions, undone_lives
from claims.service.at_risk import bound
from claims.service.context import Context
from claims.service.denials import open_denials
from claims.service.journals import write_journals
from claims.service.parking import put_on_unapplied
from claims.service.pricing import price_decisions
from claims.service.undo_targets import Target
from claims.store import posting, undone, waiting_adjustments
from claims.store import undo as rows
from claims.store.handles import Connection

CAUSE = "undone"


def take_back(
    conn: Connection,
    ctx: Context,
    run_id: int,
    day: date,
    target: Target,
    gone: rules.Withdrawal,
    *,
    is_named: bool = True,
    waits_as: str = posting.ON_UNDONE,
) -> int:
    """Take back what `plan` says (`gone`, nothing of it refused); give how many ties were taken apart.

    `is_named`: what is undone, and what waits for it, is named by exceptions; not where it is posted again at once.
    `waits_as`: the reason for which what never waited before waits now.
    """
    whole = target.remit_ids
    ties = tying.take_apart_remittances(conn, ctx, run_id, day, whole, CAUSE)
    _reverse(conn, ctx, run_id, day, gone.journals["journal_id"].tolist())
    waiting = _waiting(conn, gone.postings, waits_as)
    undone.next_generation(conn, sorted({*whole, *gone.postings["remit_id"].tolist()}))
    new = waiting.loc[waiting["former_id"] == 0, "claim_payment_id"].tolist()
    put_on_unapplied(conn, ctx, run_id, day, new)
    in_its_place = _stand_again(conn, run_id, gone)
    steps = rules.chains(rows.steps(conn, gone.postings["claim_payment_id"].tolist()))
    steps = rules.steps_to_replay(steps, whole, posting.ON_UNDONE)
    undone.take_back(conn, gone.postings, waiting, steps, run_id, day)
    undone.undo_remittances(conn, whole, run_id, day)
    again = undone_cases.take_back(conn, ctx, run_id, day, gone.postings, in_its_place)
    undone_lives.take_back(conn, ctx, run_id, day, gone.postings)
    undone_exceptions.take_back(conn, day, target, gone, waiting, is_named=is_named)
    standing.take_up(conn, whole, day)
    tying.name_open(conn, day)
    if is_named:
        price_decisions(ctx, run_id, day)
        patient_credits.name_credits(conn, day)
    if again:
        open_denials(ctx, run_id, day)
    bound(conn, ctx, gone.postings["family_id"].tolist(), day, run_id)
    return ties


def plan(conn: Connection, target: Target) -> rules.Withdrawal:
    """Say what an undo of the target takes back, in which order, and what refuses it; writes nothing."""
    asked = pd.concat(
        [
            rows.in_force(conn, "remit_id", target.remit_ids).assign(is_whole=True),
            rows.in_force(conn, "claim_payment_id", target.claim_payment_ids).assign(is_whole=False),
        ],
        ignore_index=True,
    ).drop_duplicates("claim_payment_id", ignore_index=True)
    around = rows.around(conn, asked.drop(columns="is_whole"))
    goes = around[rules.standing_on(around, around["claim_payment_id"].isin(asked["claim_payment_id"]))]
    is_whole = asked.set_index("claim_payment_id")["is_whole"]
    began = rules.chains(rows.steps(conn, goes["claim_payment_id"].tolist()))
    began = began[began["ended_at"] == ""].set_index("claim_payment_id")
    goes = goes.assign(
        is_target=goes["claim_payment_id"].isin(asked["claim_payment_id"]),
        is_whole=is_whole.reindex(goes["claim_payment_id"], fill_value=False).to_numpy(bool),
        former_id=began["former_id"].reindex(goes["claim_payment_id"]).to_numpy(),
        since=began["since"].reindex(goes["claim_payment_id"]).to_numpy(),
    )
    # A single step of a claim payment goes from its own beginning, a whole remittance from its first.
    goes["since"] = goes["since"].where(goes["is_whole"], began["began"].reindex(goes["claim_payment_id"]).to_numpy())
    journals = rows.journals(conn, goes, target.remit_ids)
    stays = goes.loc[~goes["is_whole"], "claim_payment_id"]
    journals["keeps_cash"] = journals["is_cash"] & journals["claim_payment_id"].isin(stays)
    matched = rows.matched_by_hand(conn, goes)
    gone = rules.withdraw(goes.reset_index(drop=True), journals, target.remit_ids, matched)
    refunds = rows.refunds_after(conn, target.remit_ids)
    refunds = refunds.assign(kind=refunds["source"] + " " + refunds["reason_code"])
    by_hand = rows.tied_by_hand(conn, target.remit_ids)
    again = rows.issued_again(conn, target.remit_ids).assign(kind="payment issued again")
    # Twice undone, a decision would be posted twice again.
    alone = rows.undone_alone(conn, target.remit_ids).assign(kind="undone by itself")
    booked = waiting_adjustments.booked(conn, target.remit_ids).assign(kind="provider adjustment booked")
    others = pd.concat([by_hand, again, alone, booked, refunds[~refunds["journal_id"].isin(booked["journal_id"])]])
    refused = pd.concat([gone.refused, others.reindex(columns=rules.REFUSED_COLUMNS)], ignore_index=True)
    ids = [name for name in rules.REFUSED_COLUMNS if name != "kind"]
    return rules.Withdrawal(gone.postings, gone.journals, refused.astype(dict.fromkeys(ids, "Int64")).fillna(0))


def _reverse(conn: Connection, ctx: Context, run_id: int, day: date, journal_ids: list[int]) -> int:
    """Negate journals, the newest first; each keeps its effective date."""
    if not journal_ids:
        return 0
    lines = rows.lines_of(conn, journal_ids)
    lines = lines.assign(
        amount_cents=-lines["amount_cents"],
        reverses_key=lines["journal_key"],
        journal_key="undo:" + lines["journal_key"],
        source="undo",
        journal_reason=CAUSE,
    )
    return write_journals(conn, ctx, run_id, day, lines.drop(columns=["journal_id", "journal_remit_id"]))


def _waiting(conn: Connection, gone: pd.DataFrame, waits_as: str) -> pd.DataFrame:
    """The postings under which the cash of claim payments waits whose remittance stays posted.

    What waited before it was applied waits for the same reason again.
    """
    moved = gone[~gone["is_whole"] & gone["is_ended"]].reset_index(drop=True)
    steps = rows.steps(conn, moved["claim_payment_id"].tolist()).set_index("claim_posting_id")
    former = steps.reindex(moved["former_id"])
    former["waits_since"] = former["waits_since"].where(former["waits_since"] != "", former["recorded_at"])
    has_former = (moved["former_id"] != 0).to_numpy()
    result = moved.assign(reverses_claim_payment_id=0)
    for name, otherwise in (
        ("outcome", proposal.UNAPPLIED_CASH),
        ("reason_code", waits_as),
        ("family_id", moved["family_id"]),
        ("payer_sequence", moved["payer_sequence"]),
        ("waits_since", ""),
    ):
        result[name] = former[name].set_axis(moved.index).where(has_former, otherwise)
    return result.astype({"family_id": "int64"})


def _stand_again(conn: Connection, run_id: int, gone: rules.Withdrawal) -> list[int]:
    """Let the decisions that what goes had taken back stand as they did before it.

    Give those that release again what had stood again in their place.
    """
    taken = rows.decided_before(conn, gone.postings, gone.journals["journal_id"].tolist())
    if taken.empty:
        return []
    own = rows.own_journals(conn, taken["claim_payment_id"].tolist())
    was = own["undone_in_run_id"].isin([0, run_id])
    own["released_by"] = own["released_by"].where(was, 0)
    own["is_withdrawn"] = own["undone_in_run_id"] == run_id
    own = own.sort_values("released_by").drop_duplicates("journal_id", keep="last")
    held = rows.held_again(conn, gone.journals["journal_id"].tolist())
    undone.restate(conn, rules.standing_again(taken, own, held))
    if held.empty:
        return []
    back = gone.postings[gone.postings["outcome"] == proposal.REVERSAL]
    return sorted(set(back["reverses_claim_payment_id"].tolist()) & set(taken["claim_payment_id"].tolist()))
