"""Denials that a payment had held, and that its reversal lets go: when each is posted comes out."""

from __future__ import annotations

import pandas as pd

from claims.denials.lifecycle import WON


def let_go(denied: pd.DataFrame, latest: pd.DataFrame, claim_payments: pd.DataFrame) -> pd.Series[int]:
    """Tell when denials are posted that a payment had held, by the place of its reversal; -1: no such denial.

    The payment won their case, though it came first; the reversal takes the win away, and what was denied stands again.
    Where the reversal was looked at before (a replay posts what it is told, and no more), it is posted in its own turn.
    """
    again = _again(denied, claim_payments)
    told = latest.loc[latest["state"] != "closed"].set_index("base")["claim_payment_id"].reindex(denied["base"])
    is_told = (told.fillna(0) == denied["claim_payment_id"].to_numpy()).to_numpy(bool)  # by an open case, as held
    stands = again.where((again >= 0) | is_told, _waited(denied, claim_payments))
    if "won_by" not in latest:
        return stands
    won = latest[(latest["state"] == "closed") & latest["outcome"].isin(WON)].set_index("base")["won_by"]
    reversals = claim_payments[claim_payments["outcome"] == "reversal"]
    when = reversals.drop_duplicates("reverses_claim_payment_id").set_index("reverses_claim_payment_id")["at"]
    at = when.reindex(won.reindex(denied["base"]).fillna(0)).set_axis(denied.index)
    posted = claim_payments.loc[claim_payments["outcome"] == "posted", "claim_payment_id"]
    is_freed = at.notna() & denied["claim_payment_id"].isin(posted) & (denied["at"] < at)
    freed = _right_after(denied, at.where(is_freed))
    over = latest[(latest["state"] == "closed") & (latest["outcome"] == "superseded")]
    its = over.set_index("base")["claim_payment_id"].reindex(denied["base"]).fillna(0).to_numpy()
    gone = claim_payments.get("is_superseded", pd.Series(0, index=claim_payments.index)) != 0
    in_force = posted[~posted.isin(claim_payments.loc[gone, "claim_payment_id"])]
    is_late = (denied["claim_payment_id"] == its) & denied["claim_payment_id"].isin(in_force)
    freed = freed.where(is_freed | ~is_late, denied["at"])
    return stands.where(stands >= 0, freed)


def _waited(denied: pd.DataFrame, claim_payments: pd.DataFrame) -> pd.Series[int]:
    """Tell when denials are posted that waited for a reversal of the same look: right after the last; -1: no such.

    They come before it in the order of their remittances, and were posted (`posted_at`) when it had been.
    """
    nothing = pd.Series(-1, index=denied.index, dtype="int64")
    if "posted_at" not in claim_payments:
        return nothing
    news = claim_payments[~claim_payments["is_seen"].astype(bool) & (claim_payments["family_id"] != 0)]
    turn, told = ["family_id", "payer_sequence"], ["claim_payment_id", "at", "posted_at"]
    reversals, posted = news[news["outcome"] == "reversal"], news[news["outcome"] == "posted"]
    pairs = posted[turn + told].merge(reversals[turn + told], on=turn, suffixes=("", "_before"))
    pairs = pairs[(pairs["at"] < pairs["at_before"]) & (pairs["posted_at"] > pairs["posted_at_before"])]
    at = pairs.groupby("claim_payment_id")["at_before"].max().reindex(denied["claim_payment_id"])
    return _right_after(denied, at.set_axis(denied.index))


def _again(denied: pd.DataFrame, claim_payments: pd.DataFrame) -> pd.Series[int]:
    """Tell when denials stand again that were released: after the last reversal on their claim; -1: no such denial."""
    nothing = pd.Series(-1, index=denied.index, dtype="int64")
    if "stands_again" not in claim_payments:
        return nothing
    again = claim_payments[claim_payments["stands_again"].astype(bool) & ~claim_payments["is_seen"].astype(bool)]
    turn = ["family_id", "payer_sequence"]
    last = claim_payments[claim_payments["outcome"] == "reversal"].groupby(turn)["at"].max()
    own = again.set_index("claim_payment_id")
    at = last.reindex(pd.MultiIndex.from_frame(own[turn])).fillna(
        own["at"].set_axis(pd.MultiIndex.from_frame(own[turn]))
    )
    at = pd.Series(at.to_numpy(), index=own.index).reindex(denied["claim_payment_id"]).set_axis(denied.index)
    return _right_after(denied, at)


def _right_after(denied: pd.DataFrame, at: pd.Series[int]) -> pd.Series[int]:
    """Give places right after `at` (of a reversal; missing: -1), several denials in their own order."""
    place = denied["at"].where(at.notna()).rank(method="dense")
    return (at + place).fillna(-1).astype("int64")
