"""What an undo takes back: postings and journals come in; what goes, in which order, and what refuses it go out.

Pure rules over frames. What was posted on the same claim after a posting stands on it: it goes too, newest first. What
a person did after it refuses.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from claims.ledger.proposal import MEMO, POSTED, REVERSAL, UNAPPLIED_CASH

# Whose journals the system writes and may take back by itself; every other source is a person's.
SYSTEM = ("835", "apply", "charge", "bank", "undo")
# Only these move a claim: what waits on unapplied cash after them stands on nothing.
MOVING = (POSTED, REVERSAL)
AGAIN = "stands_again"  # the reason of a journal that holds again what was released
STANDING, RELEASED = 0, 2  # words of claim_postings.is_superseded
REFUSED_COLUMNS = ["kind", "journal_id", "claim_payment_id", "family_id", "remit_id"]


@dataclass(frozen=True)
class Withdrawal:
    """What an undo takes back.

    postings: claim_posting_id, claim_payment_id, remit_id, family_id, outcome, is_target (asked for, or standing on
    what was), is_whole (its whole remittance goes; else its cash waits on 2200), is_ended (False: it waited before and
    waits on). journals: journal_id, newest first.
    refused: what a person did on top of it (kind, journal_id, claim_payment_id, family_id, remit_id).
    """

    postings: pd.DataFrame
    journals: pd.DataFrame
    refused: pd.DataFrame


def standing_on(postings: pd.DataFrame, chosen: pd.Series) -> pd.Series:
    """Tell which postings in force go with the `chosen` ones (a mask), themselves included.

    `postings`: claim_posting_id, claim_payment_id, family_id, outcome, reverses_claim_payment_id. What a claim was
    decided later stands on what was decided before, whichever payer it was; a reversal on what it takes back.
    """
    gone = chosen.astype(bool)
    known = postings["family_id"] != 0
    while True:
        moving = postings[gone & known & postings["outcome"].isin(MOVING)]
        first = moving.groupby("family_id")["claim_posting_id"].min()
        since = first.reindex(postings["family_id"]).to_numpy()
        later = known & (postings["claim_posting_id"].to_numpy() > since) & postings["outcome"].isin([*MOVING, MEMO])
        back = postings["reverses_claim_payment_id"].isin(postings.loc[gone, "claim_payment_id"])
        more = gone | later | (back & (postings["outcome"] == REVERSAL))
        if (more == gone).all():
            return gone
        gone = more


def withdraw(
    postings: pd.DataFrame, journals: pd.DataFrame, whole: Collection[int], matched_by_hand: pd.DataFrame
) -> Withdrawal:
    """Say what goes, in which order, and what refuses.

    `postings`: what `standing_on` says goes, with is_target and is_whole. `journals`: those of these claim payments,
    whole remittances and claim families (journal_id, source, reason_code, claim_payment_id, remit_id, family_id,
    continues_journal_id, reverses_journal_id, taken_by: the journal that takes it back, keeps_cash: it put cash on 2200
    before the posting). `whole`: remit_ids of whole remittances. `matched_by_hand`: claim_payment_id of payments that a
    person has matched since the posting.
    """
    by_posting = journals["source"].isin(["835", "apply"])
    of_claims = journals["claim_payment_id"].isin(postings["claim_payment_id"]) & ~journals["keeps_cash"]
    own = by_posting & (of_claims | journals["remit_id"].isin(whole) | _held_again(journals, postings))
    first = journals[own & (journals["family_id"] != 0)].groupby("family_id")["journal_id"].min()
    since = first.reindex(journals["family_id"]).to_numpy()
    later = (journals["journal_id"].to_numpy() > since) & (journals["family_id"] != 0).to_numpy()
    hangs = later | journals["continues_journal_id"].isin(journals.loc[own, "journal_id"])
    voided = later & (journals["source"] == "charge") & (journals["reason_code"] == "voided")
    continued = journals["continues_journal_id"].isin(journals.loc[own, "journal_id"])
    goes = own | voided | (continued & journals["source"].isin(SYSTEM))
    # What a reversal took back stands again when the reversal goes; what stays taken back is no matter.
    stands = (journals["taken_by"] == 0) | journals["taken_by"].isin(journals.loc[goes, "journal_id"])
    goes &= stands
    by_person = ~journals["source"].isin(SYSTEM)
    # By what a person took back of a person's, nothing stands any more.
    is_back = journals["reverses_journal_id"].isin(journals.loc[by_person, "journal_id"])
    persons = journals[hangs & stands & by_person & ~is_back]
    by_hand = postings[postings["claim_payment_id"].isin(matched_by_hand["claim_payment_id"])]
    refused = pd.concat(
        [
            persons.assign(kind=persons["source"] + " " + persons["reason_code"]),
            by_hand.assign(kind="match by hand", journal_id=0),
        ],
        ignore_index=True,
    )
    order = journals.loc[goes, ["journal_id"]].sort_values("journal_id", ascending=False, ignore_index=True)
    is_ended = postings["is_whole"] | postings["outcome"].isin([*MOVING, MEMO])
    return Withdrawal(postings.assign(is_ended=is_ended), order, refused[REFUSED_COLUMNS].reset_index(drop=True))


def _held_again(journals: pd.DataFrame, postings: pd.DataFrame) -> pd.Series[bool]:
    """Tell which journals hold again what stood before the decision that a reversal among `postings` takes back."""
    turn = ["remit_id", "family_id"]
    back = pd.MultiIndex.from_frame(postings.loc[postings["outcome"] == REVERSAL, turn])
    is_there = pd.MultiIndex.from_frame(journals[turn]).isin(back)
    return (journals["reason_code"] == AGAIN) & is_there


def standing_again(taken: pd.DataFrame, journals: pd.DataFrame, held_again: pd.DataFrame) -> pd.DataFrame:
    """Say how decisions stand whose reversals or releases were withdrawn: is_superseded, and unposted_cents.

    `taken`: claim_payment_id and unposted_cents as they were. `journals`: the decisions' own, claim_payment_id,
    is_in_force (after the undo), released_by (the claim payment whose release took it back before the undo, 0: none),
    release_journal_id, is_withdrawn (that release went), reduced_cents (reductions in it). What the system released in
    part had its reductions added to unposted_cents; the release that takes the last journal adds nothing. held_again:
    claim_payment_id and reduced_cents of what stood again by a reversal that went, which had taken them off again.
    """
    by_claim = journals.groupby("claim_payment_id")
    any_left = by_claim["is_in_force"].max().reindex(taken["claim_payment_id"]).fillna(True).to_numpy(bool)
    was_whole = by_claim["released_by"].min() > 0
    releases = journals[journals["released_by"] != 0].sort_values("release_journal_id")
    last = releases.groupby("claim_payment_id")["released_by"].last()
    at = releases["claim_payment_id"]
    by_last = releases["released_by"].to_numpy() == last.reindex(at).to_numpy()
    completes = was_whole.reindex(at).to_numpy(bool) & by_last
    back = releases[releases["is_withdrawn"].to_numpy(bool) & ~completes]
    cents = back.groupby("claim_payment_id")["reduced_cents"].sum().reindex(taken["claim_payment_id"], fill_value=0)
    in_part = held_again[~was_whole.reindex(held_again["claim_payment_id"], fill_value=False).to_numpy(bool)]
    off = in_part.groupby("claim_payment_id")["reduced_cents"].sum()
    cents = cents - off.reindex(taken["claim_payment_id"], fill_value=0)
    return taken.assign(
        is_superseded=np.where(any_left, STANDING, RELEASED),
        unposted_cents=taken["unposted_cents"] - cents.to_numpy("int64"),
    )


def chains(rows: pd.DataFrame) -> pd.DataFrame:
    """Say of the steps of the postings in force since when each claim payment was posted, and what it was before.

    `rows`: all claim_postings of some claim payments (ended_at "": in force). Each that ended when the next began is a
    step of the same posting: one that waited and was applied, or one that was written again as it was. Gives those
    steps in order, with since (recorded_at of the first), began (that of the step itself, however often it was written
    again) and former_id (the step before, where cash waited then; else 0).
    """
    ordered = rows.sort_values(["claim_payment_id", "claim_posting_id"], ignore_index=True)
    before = ordered.groupby("claim_payment_id")[["ended_at", "outcome", "claim_posting_id"]].shift()
    follows = (before["ended_at"] == ordered["recorded_at"]).to_numpy(bool)
    chain = (~follows).astype("int64").cumsum()
    since = ordered.groupby(chain)["recorded_at"].transform("first")
    waited = follows & (before["outcome"] == UNAPPLIED_CASH).to_numpy(bool)
    is_moving = ordered["outcome"].isin([*MOVING, MEMO]).to_numpy(bool)
    waited &= is_moving
    is_same = follows & is_moving & (before["outcome"] == ordered["outcome"]).to_numpy(bool)
    step = (~is_same).astype("int64").cumsum()
    former = before["claim_posting_id"].where(waited, 0).fillna(0).astype("int64").groupby(step).transform("first")
    began = ordered.groupby(step)["recorded_at"].transform("first")
    stands = (ordered["ended_at"] == "").groupby(chain).transform("any")
    return ordered.assign(since=since, began=began, former_id=former)[stands].reset_index(drop=True)


def steps_to_replay(steps: pd.DataFrame, whole: Collection[int], on_undone: str) -> pd.DataFrame:
    """Give the steps that a replay goes through again: of a whole remittance all, of others the one that is withdrawn.

    `steps`: as `chains` gives them. What was taken back in between with something else (`on_undone`, the reason under
    which it waited) begins there.
    """
    last = (steps["reason_code"] == on_undone).groupby(steps["claim_payment_id"]).cumsum()
    is_last = last == last.groupby(steps["claim_payment_id"]).transform("max")
    is_whole = steps["remit_id"].isin(list(whole))
    return steps[(is_whole & is_last) | (~is_whole & (steps["ended_at"] == ""))].reset_index(drop=True)
