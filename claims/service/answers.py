"""Answers to what was sent move claims: stored TA1s, 999s and 277CAs in; timelines, rejections and exceptions out.

Which answer came first changes nothing: where a sending stands is said by the answer of the highest rank.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from claims.service import answer_checks, life, rejections, sent_twice
from claims.service.answer_events import REJECTIONS, STATE_AFTER, highest, in_order, named, said_by
from claims.service.answer_ties import SENDING, SET, spread, tie_numbers, tie_sets, unambiguous
from claims.service.context import Context
from claims.service.master import load_master
from claims.service.refused_sets import causes
from claims.store import answers, lives
from claims.store.engine import write
from claims.store.handles import Connection

NO_BATCH = ("", "0")


def apply_answers(ctx: Context, run_id: int, posting_date: date) -> dict[str, int]:
    """Tie every answer that waits to what it names, and let it move those claims; what names nothing waits on."""
    partners = load_master(ctx).rows("partners")["receiver_identifier"].tolist()
    with write(ctx.engine) as conn:
        waiting = answers.waiting(conn)
        if waiting.empty:
            return {"answers_applied": 0, "answers_unknown": 0, "claims_rejected": 0}
        sets, pairs = _sets(conn, waiting, answers.receivers(conn) | set(partners))
        sendings = answers.sendings(conn, sets)
        pairs = unambiguous(pairs, sendings)
        rows = spread(waiting, pairs, sendings)
        state = _states(waiting, pairs, rows)
        answers.set_states(conn, state)
        events = named(_blamed(conn, ctx, rows, sets))
        touched = np.unique(events["claim_id"]).tolist()
        new = in_order(events, answers.heard(conn, touched))
        new = new.assign(event_key=_keys(new), effective_date=new["status_date"])
        life.record(conn, new, posting_date, actor=ctx.actor, run_id=run_id)
        refused = _stand(conn, new, posting_date)
        sent_twice.settle(conn, touched, posting_date, actor=ctx.actor, run_id=run_id)
        answer_checks.check_claims(conn, sendings[sendings["claim_id"].isin(touched)], posting_date)
        answer_checks.check_syntax(conn, sets, sendings, posting_date)
        answer_checks.check_sets(conn, sets, sendings, posting_date)
        answer_checks.check_days(conn, waiting, posting_date)
        answer_checks.check_unknown(conn, waiting.assign(state=state["state"]), posting_date)
        return {
            "answers_applied": int((state["state"] == "applied").sum()),
            "answers_unknown": int((state["state"] == "unknown").sum()),
            "claims_rejected": refused,
        }


def _sets(conn: Connection, waiting: pd.DataFrame, receivers: set[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the sets that answers name, and pair them; a status without a batch finds its set by the claim's number."""
    of_interchange = waiting.loc[waiting["scope"] == "interchange", "reference"]
    numbers = sorted(set(of_interchange) | set(waiting["group_reference"]) - {""})
    sets = answers.sets_named(conn, numbers, sorted(set(waiting["batch_reference"]) - set(NO_BATCH)))
    pairs = tie_sets(waiting, sets, receivers)
    lost = waiting[waiting["scope"].isin(["claim", "line"]) & waiting["batch_reference"].isin(NO_BATCH)]
    found = answers.numbered(conn, sorted(set(lost["reference"]) - {""}))
    pairs = pd.concat([pairs, tie_numbers(lost, found, receivers)], ignore_index=True)
    by_number = found[SET].assign(batch_reference="", sent_file_id=0, claims=0, charge_cents=0)
    paired = pd.concat([sets, by_number], ignore_index=True).drop_duplicates(SET)
    return paired.merge(pairs[SET].drop_duplicates(), on=SET), pairs


def _states(waiting: pd.DataFrame, pairs: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Say of each answer whether it found what it names: a claim, or else the set."""
    claim = ["transaction_id", "batch_reference", "reference"]
    tied = rows[~rows["scope"].isin(["interchange", "group", "set", "batch", "provider"])]
    is_claim = waiting["scope"].isin(["claim", "line"])
    has_claim = pd.MultiIndex.from_frame(waiting[claim]).isin(pd.MultiIndex.from_frame(tied[claim]))
    has_set = waiting["acknowledgement_id"].isin(pairs["acknowledgement_id"])
    found = np.where(is_claim, has_claim, has_set)
    return waiting[["acknowledgement_id"]].assign(state=pd.Series(found).map({True: "applied", False: "unknown"}))


def _blamed(conn: Connection, ctx: Context, rows: pd.DataFrame, sets: pd.DataFrame) -> pd.DataFrame:
    """Say which claims a refusal names (own_cause), and which were refused with their set (is_innocent)."""
    rows = rows.merge(sets[[*SET, "sent_file_id"]], on=SET, how="left")
    is_refused = (rows["scope"] == "set") & (rows["verdict"] == "rejected") & ~rows["status_code"].isin(["A", "E"])
    refused = rows[is_refused]
    own = causes(ctx.vault, refused, answers.hashes(conn, [*refused["file_id"], *refused["sent_file_id"]]))
    rows = rows.merge(
        own.rename(columns={"detail_code": "own_detail", "cause": "own_cause"}),
        on=["file_id", "sent_file_id", "sent_seg"], how="left",
    ).fillna({"own_detail": "", "own_cause": ""})  # fmt: skip
    is_refused = is_refused.set_axis(rows.index)
    named_one = is_refused & (rows["own_cause"] != "")
    in_set = pd.MultiIndex.from_frame(rows[["acknowledgement_id", *SET]])
    others = in_set.isin(pd.MultiIndex.from_frame(rows.loc[named_one, ["acknowledgement_id", *SET]]))
    detail = rows["own_detail"].where(named_one, rows["detail_code"])
    return rows.assign(
        blames_other=is_refused & ~named_one & others,
        is_innocent=is_refused & ~named_one & others & rows["is_ours"],
        detail_code=detail.str.slice(0, 60),
    )


def _keys(events: pd.DataFrame) -> pd.Series:
    place = events["sha256"].str[:32] + ":" + events["seg"].astype("str")
    return "answer:" + place + ":" + events["claim_id"].astype("str") + ":" + events["submission_id"].astype("str")


def _stand(conn: Connection, new: pd.DataFrame, posting_date: date) -> int:
    """Write where each sending stands now: its state, its number at the payer, its rejection; give the refusals."""
    heard = answers.heard(conn, np.unique(new["claim_id"]).tolist())
    best = highest(heard.assign(said=said_by(heard)))
    standing = new.merge(best[[*SENDING, "answer_rank"]], on=[*SENDING, "answer_rank"])
    earlier = standing[~standing["is_latest"] & (standing["submission_id"] != 0)]
    lives.set_submission_states(
        conn, earlier.assign(state=earlier["said"].map(STATE_AFTER))[["submission_id", "state"]]
    )
    refused = standing["said"].isin(REJECTIONS)
    rejections.put(conn, standing[refused], posting_date)
    rejections.answered(conn, standing[~refused], posting_date)
    rejections.settle(conn, np.unique(new["claim_id"]).tolist(), posting_date)
    numbers = heard[(heard["payer_claim_number"] != "") & (heard["submission_id"] != 0)]
    answers.set_payer_claim_numbers(conn, highest(numbers.assign(said="accepted")))
    return int(refused.sum())
