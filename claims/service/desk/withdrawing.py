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
STILL_HERE = ("draft", "blocked", "ready")
REJECTED = "rejected"
LEFT, PLACE_TAKEN = "claim-has-left", "place-taken"
_RESTORES = {**{one: f"restored_{one}" for one in (*DECIDED, REJECTED)}, **dict.fromkeys(STILL_HERE, "restored_unsent")}


def why_kept(conn: Connection, event: pd.DataFrame) -> pd.Series[str]:
    """Say why the claim that an event made is not withdrawn; empty where none was made, or it can be.

    It has left; or it stands in the place of one to the same payer, which is settled and is not brought back.
    """
    made = event.loc[event["claim_id"] != 0, "claim_id"].drop_duplicates().tolist()
    life_of = lives.of_claims(conn, made).set_index("claim_id")["life"]
    here = life_of.reindex(event["claim_id"]).isin(STILL_HERE).to_numpy()
    before = lives.places_taken(conn, made)
    comes_back = before.loc[before["life_before"].isin(list(_RESTORES)), "made_claim_id"]
    replaced = set(desk.took_a_place(conn, made)) - set(comes_back.tolist())
    was_made = event["claim_id"].to_numpy() != 0
    return reasons(event, (LEFT, was_made & ~here), (PLACE_TAKEN, was_made & event["claim_id"].isin(replaced)))


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
