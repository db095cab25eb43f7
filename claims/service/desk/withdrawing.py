"""A claim that was made of a denial and has not left is withdrawn: by undo, or because a person gives it up.

What stood in the place that it had taken stands again as it was: the payer's decision, a claim to another payer that
had not left, or one that was rejected (its rejection is open again).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from claims.service import life
from claims.service.context import Context
from claims.service.desk.acting import reasons
from claims.store import desk, lives, rejections
from claims.store.handles import Connection

DECIDED = ("paid", "partly_paid", "denied", "reversed")
STILL_HERE = lives.UNSENT
REJECTED, REPLACED = "rejected", "replaced"
LEFT, PLACE_TAKEN, CORRECTED_SINCE = "claim-has-left", "place-taken", "corrected-since"
_RESTORES = {**{one: f"restored_{one}" for one in (*DECIDED, REJECTED)}, **dict.fromkeys(STILL_HERE, "restored_unsent")}


def why_kept(conn: Connection, event: pd.DataFrame) -> pd.DataFrame:
    """Say why the claim that an event made is not withdrawn (`reason`; empty where none was made, or it can be).

    It has left; or it was corrected since, by an action that is to be undone first (`about`); or it stands in the
    place of one to the same payer which that had answered: settled, and not brought back.
    """
    made = event.loc[event["claim_id"] != 0, "claim_id"].drop_duplicates().tolist()
    if not made:
        return pd.DataFrame({"reason": "", "about": ""}, event.index, dtype="str")
    life_of = lives.of_claims(conn, made).set_index("claim_id")["life"]
    life = life_of.reindex(event["claim_id"])
    here = life.isin(STILL_HERE).to_numpy()
    blocking = _to_undo_first(conn, life[life == REPLACED].index.unique().tolist())
    first = blocking.reindex(event["claim_id"]).fillna("").to_numpy()
    before = lives.places_taken(conn, made)
    comes_back = before.loc[before["life_before"].isin(list(_RESTORES)), "made_claim_id"]
    replaced = set(desk.took_a_place(conn, made)) - set(comes_back.tolist())
    was_made = event["claim_id"].to_numpy() != 0
    reason = reasons(
        event,
        (CORRECTED_SINCE, first != ""),
        (LEFT, was_made & ~here),
        (PLACE_TAKEN, was_made & event["claim_id"].isin(replaced)),
    )
    return pd.DataFrame({"reason": reason, "about": pd.Series(first, event.index, dtype="str")})


def _to_undo_first(conn: Connection, claim_ids: Sequence[int]) -> pd.Series[str]:
    """Say what stands in the place of claims and has not left, the last one of each: the action that made it."""
    last = pd.DataFrame({"claim_id": claim_ids, "at": claim_ids}, dtype="int64").assign(life=REPLACED, action_id=0)
    while (last["life"] == REPLACED).any():
        is_on = last["life"] == REPLACED
        later = lives.corrections(conn, last.loc[is_on, "at"].drop_duplicates().tolist()).set_index("claim_id")
        found = later.reindex(last.loc[is_on, "at"])
        last.loc[is_on, "life"] = found["life"].fillna("").to_numpy()
        last.loc[is_on, "action_id"] = found["action_id"].fillna(0).astype("int64").to_numpy()
        last.loc[is_on, "at"] = found["later_claim_id"].fillna(0).astype("int64").to_numpy()
    named = ("undo action " + last["action_id"].astype("str") + " first").where(
        last["action_id"] != 0, "claim " + last["at"].astype("str") + " stands in its place"
    )
    return named.where(last["life"].isin(STILL_HERE), "").set_axis(last["claim_id"]).astype("str")


def withdraw(ctx: Context, conn: Connection, made: Iterable[int], day: date) -> list[int]:
    """Withdraw claims, and let stand again what they took the place of; give those that edits have to look at again."""
    ids = [int(one) for one in made]
    if not ids:
        return []
    rows = pd.DataFrame({"claim_id": ids, "event": "withdrawn"})
    rows["event_key"] = [f"desk:withdrawn:{claim_id}" for claim_id in ids]
    life.record(conn, rows, day, actor=ctx.actor)
    return _restored(ctx, conn, lives.places_taken(conn, ids), day)


def restore_decisions(ctx: Context, conn: Connection, claim_ids: Sequence[int], day: date) -> None:
    """Let the payers' decisions stand again whose places claims took, themselves or by corrections that never left."""
    at, seen = list(claim_ids), set(claim_ids)
    while at:
        before = lives.places_taken(conn, at, is_any_payer=True).drop_duplicates("claim_id", keep="last")
        before = before[~before["claim_id"].isin(seen)]
        _restored(ctx, conn, before[before["life_before"].isin(DECIDED)], day)
        at = [int(one) for one in before.loc[before["life_before"].isin(STILL_HERE), "claim_id"]]
        seen |= set(at)


def _restored(ctx: Context, conn: Connection, before: pd.DataFrame, day: date) -> list[int]:
    before = before[before["life_before"].isin(list(_RESTORES))]
    back = pd.DataFrame({"claim_id": before["claim_id"], "event": before["life_before"].map(_RESTORES)})
    back["event_key"] = "desk:restored:" + before["made_claim_id"].astype("str")
    if back.empty:
        return []
    life.record(conn, back.astype({"event": "str", "event_key": "str"}), day, actor=ctx.actor)
    _reopen(conn, before.loc[before["life_before"] == REJECTED, "claim_id"].tolist())
    return [int(one) for one in before.loc[before["life_before"].isin(STILL_HERE), "claim_id"]]


def _reopen(conn: Connection, claim_ids: Sequence[int]) -> None:
    """Open the rejections again that a correction had closed: the last one of each claim."""
    known = rejections.of_claims(conn, claim_ids)
    known = known[known["closed_reason"] == "corrected"].sort_values("rejection_id")
    rejections.reopen(conn, known.drop_duplicates("claim_id", keep="last")["rejection_id"].tolist())
