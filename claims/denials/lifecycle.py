"""Denials in their order and the decisions that take them back come in; the life of each case goes out (R5, R6).

A case is found by its ``base`` (claim, payer sequence, line) and its ``opening``: 1, and one more each time that it was
closed as overturned and denied again. An *effect* is one thing that happens to a base:

- ``known``: the case as it is stored, its latest opening (one per base, before all others)
- ``denied``: an adjudication denies it: opens the case, or repeats it
- ``taken_back``: the adjudication ``target_id`` that denied it is reversed or replaced: closes it with ``outcome``
- ``paid``: the payer decided otherwise after it took its denial back: what was superseded is won; or on a later day
  (``is_later``) beside a denial that never was posted for that (``is_held``)
- ``lost``: the payment that won it is reversed: closed as superseded, what was recovered is taken off again; the
  denial that stands again reopens it
- ``attached``: a duplicate of the claim was denied: noted, nothing changes; so is a reversal (``is_reversal``) of what
  a decision that pays replaced before it, and a denial that comes after the payment of a later day that won its case:
  that one is told by the case where it is the last before the payment (``is_last``)

What a person closed (written off, expired, a duplicate) is taken back by the payer all the same.

All effects of a batch are folded at once: after a denial the case is open, and only the first taking back between two
denials counts, so what each effect does follows from the denial before it (a *span* is a denial and what follows it).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

WON = ("overturned", "partly_overturned")
BY_REMITTANCE = (*WON, "superseded")
# Effects of one claim payment on one base: what it takes back goes before what it denies.
RANKS = {"known": 0, "taken_back": 1, "lost": 1, "denied": 2, "paid": 3, "attached": 4}
LOST = "recovery_reversed"


def fold(effects: pd.DataFrame) -> pd.DataFrame:
    """Say what each effect does to its case; effects before the first denial of a base fall out.

    ``effects``: base, at (order), kind, claim_payment_id, target_id, outcome, opening, is_closed, is_reversal, is_held,
    is_later.
    ``target_id`` 0 takes back whatever stands, ``opening`` and ``is_closed`` are those of a known case. The result, in
    order per base, has event (opened, repeated, reopened, attached, the outcome that closes it, or empty: nothing
    happens), and opening and is_closed after each effect; is_state tells the effect that set
    the final state of its opening.
    """
    rows = effects.assign(rank=effects["kind"].map(RANKS).astype("int64"))
    rows = rows.sort_values(["base", "at", "rank", "claim_payment_id"], kind="stable", ignore_index=True)
    rows["span"] = rows["kind"].isin(["known", "denied", "lost"]).astype("int64").groupby(rows["base"]).cumsum()
    rows = rows[rows["span"] > 0].reset_index(drop=True)
    is_known, is_denied, is_lost = (rows["kind"] == one for one in ("known", "denied", "lost"))
    span = [rows["base"], rows["span"]]

    decided_by = rows["claim_payment_id"].where(is_known | is_denied, 0).groupby(span).transform("max")
    is_ended = (is_known & rows["is_closed"]) | is_lost
    was_closed = is_ended.groupby(span).transform("any")
    is_settled = (is_ended & rows["outcome"].isin(BY_REMITTANCE)).groupby(span).transform("any")
    closes = (rows["kind"] == "taken_back") & ~is_settled
    closes &= (rows["target_id"] == 0) | (rows["target_id"] == decided_by)
    closes &= closes.astype("int64").groupby(span).cumsum() == 1
    is_free = (closes | is_ended) & (rows["outcome"] == "superseded")
    is_beside = (is_denied & rows["is_held"]).groupby(span).transform("any") & rows["is_later"]
    pays = (rows["kind"] == "paid") & ((is_free.astype("int64").groupby(span).cumsum() > 0) | (is_beside & ~was_closed))
    pays &= pays.astype("int64").groupby(span).cumsum() == 1
    closes |= pays

    outcomes, names = pd.factorize(pd.concat([pd.Series(["", *WON], dtype="str"), rows["outcome"]]))
    ended = pd.Series(outcomes[1 + len(WON) :]).where(closes | is_known | is_lost, 0)
    won = ended.where(pays, 0).groupby(span).transform("max")
    ended = won.where(won > 0, ended.groupby(span).transform("max"))
    is_noted = rows["is_reversal"] & ~closes & is_settled & (rows["target_id"] == decided_by)
    is_noted = (rows["kind"] == "attached") | (is_noted & ended.isin(range(1, 1 + len(WON))))
    is_over = (closes | was_closed).groupby(span).transform("any")
    # The state in which the span before left the case, seen by the denial that starts this span.
    starts = rows.loc[is_known | is_denied | is_lost, ["base", "opening"]].assign(
        ended=ended, is_over=is_over.astype("int64")
    )
    before = starts.groupby("base")[["ended", "is_over"]].shift(fill_value=0)
    is_first = ~starts.duplicated("base")
    is_new = is_denied[starts.index] & (is_first | before["ended"].isin(range(1, 1 + len(WON))))
    event = np.where(is_new, "opened", np.where(before["is_over"] == 1, "reopened", "repeated"))
    starts["event"] = pd.Series(event, index=starts.index, dtype="str").where(is_denied[starts.index], "")
    starts["opening"] = (
        starts["opening"].groupby(starts["base"]).transform("max")
        + is_new.astype("int64").groupby(starts["base"]).cumsum()
    )

    rows["opening"] = starts["opening"].reindex(rows.index).ffill().astype("int64")
    rows["event"] = starts["event"].reindex(rows.index).fillna("")
    rows["event"] = rows["event"].where(~closes, rows["outcome"])
    rows["event"] = rows["event"].where(~is_noted, "attached").where(~is_lost, LOST)
    rows["is_closed"] = closes | is_ended
    sets_state = is_known | is_denied | is_lost | closes
    at = pd.Series(np.arange(len(rows), dtype="int64")).where(sets_state, -1)
    last = at.groupby([rows["base"], rows["opening"]]).transform("max")
    rows["is_state"] = sets_state & (at == last)
    assert names[0] == ""
    return rows.drop(columns=["rank", "span"])
