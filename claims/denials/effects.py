"""Postings, their denials and the stored cases come in; what happens to which case (``lifecycle``) goes out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.denials.cases import EARLIER
from claims.denials.freed import let_go
from claims.denials.lifecycle import WON
from claims.denials.replaced import not_denied_again, on_base, replaced, what_wins

# The columns of ``lifecycle`` and ``candidate``, with what an effect has that does not say otherwise.
DEFAULTS: dict[str, str | int | bool] = {
    "base": "",
    "at": -1,
    "kind": "",
    "claim_payment_id": 0,
    "target_id": -1,
    "outcome": "",
    "recovered_cents": 0,
    "opening": 0,
    "is_closed": False,
    "is_reversal": False,
    "is_held": False,
    "is_later": False,
    "is_last": False,
    "candidate": -1,
}


def in_posting_order(claim_payments: pd.DataFrame) -> pd.DataFrame:
    """Sort claim payments as they are posted: by payment date and remittance, reversals first; ``at`` numbers them.

    A reversal comes after what it takes back, which may stand before it in its own remittance.
    """
    later = claim_payments["status_code"] != "22"
    ordered = claim_payments.assign(is_later=later).sort_values(
        ["payment_date", "remit_key", "is_later", "ordinal"], ignore_index=True
    )
    # Far enough apart for what else follows one of them.
    step = len(ordered) + 2
    at = pd.Series(step * np.arange(len(ordered), dtype="int64"), index=ordered["claim_payment_id"])
    target = ordered["reverses_claim_payment_id"].where(ordered["outcome"] == "reversal", 0)
    after = at.reindex(target).fillna(-1).to_numpy("int64") + 1
    return (
        ordered.drop(columns="is_later")
        .assign(at=np.maximum(at.to_numpy(), after))
        .sort_values("at", kind="stable", ignore_index=True)
    )


def effects_of(
    claim_payments: pd.DataFrame, figures: pd.DataFrame, cases: pd.DataFrame, kept: pd.DataFrame, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Return the effects of these postings: columns of ``lifecycle`` and ``candidate``, the row of ``cases`` or -1.

    What was looked at before (``is_seen``) pays once more, for it may win what was denied before it and came only now;
    it denies nothing again, but where it was held and only noted, and is taken back now: then it has a case of its own.
    ``pairs``: what was taken back without a reversal (`replaced`).
    """
    at = claim_payments.set_index("claim_payment_id")["at"]
    latest = kept.drop_duplicates("base", keep="last")
    known = latest[["base", "claim_payment_id", "outcome", "opening"]].assign(
        kind="known", at=-1, is_closed=latest["state"] == "closed"
    )
    denied = cases.assign(
        candidate=np.arange(len(cases), dtype="int64"),
        at=at.reindex(cases["claim_payment_id"]).to_numpy(),
        kind="denied",
    )
    # The decision that a stored case stands on is no news.
    stands = latest.set_index("base")["claim_payment_id"].reindex(denied["base"]).fillna(0).to_numpy()
    is_seen = denied["claim_payment_id"].isin(_seen(claim_payments)) & (
        ~denied["claim_payment_id"].isin(_taken_back(claim_payments)) | denied["base"].isin(latest["base"])
    )
    freed = let_go(denied, latest, claim_payments)
    denied["at"] = denied["at"].where(freed < 0, freed)
    stood_again = denied.loc[freed >= 0].groupby("claim_payment_id")["at"].max()
    denied = denied[~is_seen & ((denied["claim_payment_id"].to_numpy() != stands) | (freed >= 0))]
    open_bases = set(known.loc[~known["is_closed"], "base"])
    denied = _with_later_denial(denied.assign(is_freed=freed.reindex(denied.index) >= 0), latest, pairs)
    denied = _with_earlier_payer(denied, open_bases)
    denied = _with_original(denied, latest)
    denied = _with_what_stands(denied, latest, claim_payments)
    denied = _beside_another(denied, latest, claim_payments)
    denied = _with_later_payment(denied, latest, claim_payments)
    deciders = pd.concat([latest, cases], ignore_index=True)
    news = claim_payments[~claim_payments["claim_payment_id"].isin(_seen(claim_payments))]
    taken_back = _reversed(news, deciders)
    parts = [
        known,
        denied,
        taken_back,
        _after_what_stood(replaced(news, pairs, deciders, figures, cases), stood_again),
        _after(taken_back, _paid_after(claim_payments, deciders, figures, cases), _taken_back(claim_payments)),
        _paid_by_next(news, latest, figures),
        _decided_by_other(news, latest, figures, cases),
        _repeats(news, deciders),
    ]
    return pd.concat([_whole(part) for part in parts if len(part)] or [_whole(known)], ignore_index=True)


def _seen(claim_payments: pd.DataFrame) -> set[int]:
    """Claim payments that the denial rules have looked at before."""
    if "is_seen" not in claim_payments:
        return set()
    return set(claim_payments.loc[claim_payments["is_seen"].astype(bool), "claim_payment_id"])


def _taken_back(claim_payments: pd.DataFrame) -> set[int]:
    """Claim payments that a reversal among these takes back."""
    return set(claim_payments.loc[claim_payments["outcome"] == "reversal", "reverses_claim_payment_id"])


def _whole(part: pd.DataFrame) -> pd.DataFrame:
    """Give a set of effects all columns, and the same dtypes even where it is empty."""
    missing = {name: value for name, value in DEFAULTS.items() if name not in part}
    dtypes = {name: "str" if isinstance(value, str) else type(value).__name__ for name, value in DEFAULTS.items()}
    whole = part.assign(**missing)[list(DEFAULTS)]
    return whole.astype({name: "int64" if dtype == "int" else dtype for name, dtype in dtypes.items()})


def _with_later_denial(denied: pd.DataFrame, latest: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Attach a denial that comes late to the open case of a later one: what the payer said last is what stands.

    Unless the ledger took the later one back for it: that one only repeated it.
    """
    is_open = latest["state"] != "closed"
    standing = latest[is_open].set_index("base")[["remit_date", "claim_payment_id"]].reindex(denied["base"])
    decided_by = standing["claim_payment_id"].fillna(0).astype("int64")
    both = pd.MultiIndex.from_arrays([denied["claim_payment_id"], decided_by])
    is_late = denied["remit_date"].to_numpy() < standing["remit_date"].fillna("").to_numpy()
    is_late &= ~both.isin(pd.MultiIndex.from_frame(pairs[["claim_payment_id", "target_id"]]))
    is_late &= ~denied["is_freed"].to_numpy(bool)
    return denied.assign(kind=denied["kind"].where(~is_late, "attached"))


def _with_earlier_payer(denied: pd.DataFrame, open_bases: set[str]) -> pd.DataFrame:
    """Attach a later payer's denial to the earlier payer's own case, where there is one (R7)."""
    first = denied.loc[~denied["is_earlier"]].groupby("base")["at"].min()
    before = (first.reindex(denied["base"]) < denied["at"].to_numpy()).to_numpy(bool)
    joins = denied["is_earlier"] & (denied["base"].isin(open_bases) | before)
    return denied.assign(kind=denied["kind"].where(~joins, "attached"))


def _with_original(denied: pd.DataFrame, latest: pd.DataFrame) -> pd.DataFrame:
    """Attach a duplicate of an unknown claim to the case of the first payment with the same claim number (R6)."""
    is_duplicate = (denied["family_id"] == 0) & (denied["next_action"] == "FIND")
    if not is_duplicate.any():
        return denied
    claim = ["payer_code", "claim_number"]
    originals = pd.concat(
        [latest[latest["family_id"] == 0].assign(at=-1), denied[~is_duplicate & (denied["family_id"] == 0)]]
    )
    pairs = denied[is_duplicate].merge(
        originals[[*claim, "base", "at", "line_number"]], on=claim, suffixes=("", "_original")
    )
    pairs = pairs[pairs["at_original"] < pairs["at"]]
    pairs = pairs.assign(is_other_line=pairs["line_number"] != pairs["line_number_original"])
    pairs = pairs.sort_values(["candidate", "is_other_line", "at_original", "base_original"]).drop_duplicates(
        "candidate"
    )
    found = pairs.set_index("candidate")["base_original"].reindex(denied["candidate"])
    is_found = found.notna().to_numpy(bool)
    return denied.assign(
        base=denied["base"].where(~is_found, found.to_numpy()), kind=denied["kind"].where(~is_found, "attached")
    )


def _with_what_stands(denied: pd.DataFrame, latest: pd.DataFrame, claim_payments: pd.DataFrame) -> pd.DataFrame:
    """Attach a denial that is held to the open cases of its claim that are about the same money.

    A denial of the whole claim that comes without a reversal is not posted beside one of a line, nor the other way
    round: the first stands in the books, and what it denied is at risk once. One that is taken back already stands
    beside nothing: it has the case that it has when the reversal comes after it.
    """
    is_held = denied["claim_payment_id"].isin(
        claim_payments.loc[claim_payments["outcome"] == "unapplied", "claim_payment_id"]
    )
    is_held &= (denied["family_id"] != 0) & (denied["kind"] == "denied")
    is_held &= ~denied["claim_payment_id"].isin(_taken_back(claim_payments))
    if not is_held.any():
        return denied
    claim = ["family_id", "payer_sequence"]
    names = [*claim, "base", "extent", "at"]
    known = latest.loc[(latest["state"] != "closed") & (latest["family_id"] != 0)].assign(at=-1)
    denied_now = denied.loc[~is_held & (denied["kind"] == "denied"), names]
    stands = pd.concat([known[names], denied_now], ignore_index=True)
    pairs = denied.loc[is_held, ["candidate", *names]].merge(stands, on=claim, suffixes=("", "_standing"))
    is_other = (pairs["extent"] == "full") != (pairs["extent_standing"] == "full")
    pairs = pairs[is_other & (pairs["at_standing"] < pairs["at"])].sort_values(["candidate", "base_standing"])
    found = pairs.drop_duplicates("candidate").set_index("candidate")["base_standing"].reindex(denied["candidate"])
    is_found = found.notna().to_numpy(bool)
    return denied.assign(
        base=denied["base"].where(~is_found, found.to_numpy()), kind=denied["kind"].where(~is_found, "attached")
    )


def _beside_another(denied: pd.DataFrame, latest: pd.DataFrame, claim_payments: pd.DataFrame) -> pd.DataFrame:
    """Attach a denial that was taken back while it was held to the case of the one that it was held beside.

    That one stands in the books, before the reversal and after it: its case does not end with the other's.
    """
    held = claim_payments.loc[claim_payments["outcome"] == "unapplied", "claim_payment_id"]
    is_held = denied["claim_payment_id"].isin(held)
    is_back = is_held & denied["claim_payment_id"].isin(_taken_back(claim_payments))
    is_back &= (denied["family_id"] != 0) & (denied["kind"] == "denied")
    if not is_back.any():
        return denied
    names = ["base", "claim_payment_id", "at"]
    known = latest.loc[latest["state"] != "closed"].assign(at=-1)
    stands = pd.concat([known[names], denied.loc[~is_held & (denied["kind"] == "denied"), names]], ignore_index=True)
    pairs = denied.loc[is_back, ["candidate", *names]].merge(stands, on="base", suffixes=("", "_standing"))
    is_other = pairs["claim_payment_id"] != pairs["claim_payment_id_standing"]
    found = pairs.loc[is_other & (pairs["at_standing"] < pairs["at"]), "candidate"]
    return denied.assign(kind=denied["kind"].where(~denied["candidate"].isin(found), "attached"))


def _with_later_payment(denied: pd.DataFrame, latest: pd.DataFrame, claim_payments: pd.DataFrame) -> pd.DataFrame:
    """Tell which denials are held (`is_held`): the payer has decided otherwise, and a payment of a later day wins them.

    One that comes when such a payment has won the case already is attached to it: had it come first, it were the same
    case; where it is of a later day than the denial that is told there, the case tells it instead (`is_last`).
    Of one day nobody can say which the payer decided first: there the denial stands until a person decides.
    """
    outcome = claim_payments.set_index("claim_payment_id")["outcome"].reindex(denied["claim_payment_id"])
    is_held = (outcome == "unapplied").to_numpy() & (denied["family_id"] != 0) & (denied["kind"] == "denied")
    denied = denied.assign(is_held=is_held & ~denied["claim_payment_id"].isin(_taken_back(claim_payments)))
    if not is_held.any() or "won_by" not in latest:
        return denied
    won = latest[(latest["state"] == "closed") & latest["outcome"].isin(WON)].set_index("base")["won_by"]
    day = claim_payments.set_index("claim_payment_id")["payment_date"]
    won_on = day.reindex(won.reindex(denied["base"]).fillna(0)).fillna("").to_numpy()
    day_of = denied["remit_date"].to_numpy()
    is_won = is_held & (won_on > day_of)
    told_on = latest.set_index("base")["remit_date"].reindex(denied["base"]).fillna("").to_numpy()
    return denied.assign(kind=denied["kind"].where(~is_won, "attached"), is_last=is_won & (day_of > told_on))


def _reversed(claim_payments: pd.DataFrame, deciders: pd.DataFrame) -> pd.DataFrame:
    """Take back what a reversal reverses; for an unknown claim, what the same CLP01 and CLP07 were denied."""
    names = ["claim_payment_id", "reverses_claim_payment_id", "at"]
    linked = claim_payments.loc[claim_payments["outcome"] == "reversal", names].merge(
        deciders[["claim_payment_id", "base"]].rename(columns={"claim_payment_id": "reverses_claim_payment_id"}),
        on="reverses_claim_payment_id",
    )
    linked = linked.rename(columns={"reverses_claim_payment_id": "target_id"})
    orphans = claim_payments[
        (claim_payments["status_code"] == "22")
        & (claim_payments["family_id"] == 0)
        & (claim_payments["reverses_claim_payment_id"] == 0)
    ]
    claim = ["payer_code", "claim_number", "payer_claim_number"]
    unknown = deciders.loc[deciders["family_id"] == 0, [*claim, "base"]].drop_duplicates()
    loose = orphans[["claim_payment_id", "at", *claim]].merge(unknown, on=claim).assign(target_id=0)
    both = pd.concat([linked, loose.drop(columns=claim)], ignore_index=True)
    both = both.drop_duplicates(["claim_payment_id", "base"])
    return both.assign(kind="taken_back", outcome="superseded", is_reversal=True)


def _paid_after(
    claim_payments: pd.DataFrame, deciders: pd.DataFrame, figures: pd.DataFrame, cases: pd.DataFrame
) -> pd.DataFrame:
    """Find decisions that pay what the payer had denied and taken back by a reversal of its own.

    What it had paid before the day of the denial wins nothing, whichever of the two came first.
    """
    decided = claim_payments[
        (claim_payments["outcome"] == "posted")
        & (claim_payments["family_id"] != 0)
        & (claim_payments["reverses_claim_payment_id"] == 0)
    ]
    keys = ["family_id", "payer_sequence"]
    bases = (
        deciders[[*keys, "line_number", "base", "denied_cents", "remit_date"]]
        .drop_duplicates("base", keep="last")
        .rename(columns={"line_number": "line"})
    )
    pairs = decided[["claim_payment_id", "paid_cents", "at", "payment_date", *keys]].merge(bases, on=keys)
    pairs = pairs[pairs["payment_date"].to_numpy() >= pairs["remit_date"].to_numpy()]
    pairs = not_denied_again(pairs, cases)
    if pairs.empty:
        return pairs.assign(kind="", outcome="")
    amounts, _, outcome = what_wins(pairs, figures, cases)
    # What the line was paid before its denial in part is not won twice.
    recovered = np.clip(amounts["paid"], 0, pairs["denied_cents"])
    is_later = (pairs["payment_date"] > pairs["remit_date"]).to_numpy(bool)
    rows = pairs.assign(kind="paid", outcome=outcome, recovered_cents=recovered, is_later=is_later)
    return rows[(amounts["paid"] > 0) | (amounts["patient"] > 0)]


def _after_what_stood(replaced: pd.DataFrame, stood_again: pd.Series[int]) -> pd.DataFrame:
    """Let what replaces a decision come after it where that stood again first (`stood_again`: its place), in this look.

    A denial that waited for the reversal of a payment is posted with it: after the denial that the payment had won.
    """
    when = stood_again.reindex(replaced["target_id"]).fillna(-1).astype("int64").to_numpy()
    return replaced.assign(at=np.maximum(replaced["at"].to_numpy("int64"), when + 1))


def _after(taken_back: pd.DataFrame, paid: pd.DataFrame, not_paid: set[int]) -> pd.DataFrame:
    """Let what a payer paid before it took back its denial win that when it does, as it would coming after it.

    Not what is itself taken back in the same look (`not_paid`).
    """
    when = taken_back.groupby("base")["at"].max().reindex(paid["base"]).fillna(-1).astype("int64").to_numpy()
    later = np.where(paid["claim_payment_id"].isin(not_paid), -1, when)
    return paid.assign(at=np.maximum(paid["at"].to_numpy("int64"), later))


def _paid_by_next(claim_payments: pd.DataFrame, latest: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """End cases that were billed to a later payer when that one decides; what it pays was recovered."""
    waiting = latest.loc[latest["waiting_for"] == "billed_other"]
    names = {"claim_payment_id": "target_id", "line_number": "line", "payer_sequence": "earlier"}
    waiting = waiting[["family_id", "base", *names]].rename(columns=names)
    decided = claim_payments[(claim_payments["outcome"] == "posted") & (claim_payments["family_id"] != 0)]
    pairs = decided[["claim_payment_id", "paid_cents", "at", "family_id", "payer_sequence"]].merge(
        waiting, on="family_id"
    )
    ranks = {sequence: place for place, sequence in enumerate(["P", *EARLIER])}
    is_later = pairs["payer_sequence"].map(ranks) > pairs["earlier"].map(ranks)
    pairs = pairs[is_later].reset_index(drop=True)
    if pairs.empty:
        return pairs.assign(kind="", outcome="")
    amounts, _ = on_base(pairs, figures)
    return pairs.assign(kind="taken_back", outcome="superseded", recovered_cents=np.maximum(amounts["paid"], 0))


def _decided_by_other(
    claim_payments: pd.DataFrame, latest: pd.DataFrame, figures: pd.DataFrame, cases: pd.DataFrame
) -> pd.DataFrame:
    """End cases that were billed to another payer in the place of the one that denied when that other one decides.

    What was denied has moved to it: the ledger has no decision to take back. Where it denies too, the case goes on.
    """
    if "own_payer_code" not in claim_payments or "own_payer_code" not in latest:
        return claim_payments.head(0)[["claim_payment_id", "at"]].assign(kind="", outcome="")
    keys = ["family_id", "payer_sequence"]
    waiting = latest.loc[(latest["waiting_for"] == "resubmitted") & (latest["family_id"] != 0)]
    names = {"claim_payment_id": "target_id", "line_number": "line", "own_payer_code": "denied_by"}
    waiting = waiting[[*keys, "base", "denied_cents", *names]].rename(columns=names)
    decided = claim_payments[(claim_payments["outcome"] == "posted") & (claim_payments["status_code"] != "22")]
    decided = decided[decided["reverses_claim_payment_id"] == 0]
    pairs = decided[["claim_payment_id", "paid_cents", "at", "own_payer_code", *keys]].merge(waiting, on=keys)
    is_other = (pairs["own_payer_code"] != pairs["denied_by"]) & (pairs["own_payer_code"] != "")
    pairs = not_denied_again(pairs[is_other], cases)
    if pairs.empty:
        return pairs.assign(kind="", outcome="")
    amounts, _, won = what_wins(pairs, figures, cases)
    outcome = np.where((amounts["paid"] > 0) | (amounts["patient"] > 0), won, "superseded")
    return pairs.assign(kind="taken_back", outcome=outcome, recovered_cents=np.maximum(amounts["paid"], 0))


def _repeats(claim_payments: pd.DataFrame, deciders: pd.DataFrame) -> pd.DataFrame:
    """Attach a duplicate that the ledger took for a repeat (outcome memo) to the cases of its claim (R6)."""
    claim = ["family_id", "payer_sequence"]
    repeats = claim_payments.loc[claim_payments["outcome"] == "memo", ["claim_payment_id", "at", *claim]]
    known = deciders.loc[deciders["family_id"] != 0, [*claim, "base"]].drop_duplicates()
    return repeats.merge(known, on=claim).assign(kind="attached")


def losses(claim_payments: pd.DataFrame, lived: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Find reversals of the payments that won cases, in this batch (``lived``: what `fold` gave) or before it.

    Of a stored case, won_by and won_cents are that payment and what it recovered.
    """
    reversals = claim_payments.loc[
        claim_payments["outcome"] == "reversal", ["claim_payment_id", "reverses_claim_payment_id", "at"]
    ]
    now = lived.loc[lived["event"].isin(WON), ["base", "claim_payment_id", "recovered_cents", "at"]]
    now = now.rename(columns={"claim_payment_id": "won_by", "recovered_cents": "won_cents", "at": "won_at"})
    latest = kept.drop_duplicates("base", keep="last")
    stood = latest[(latest["state"] == "closed") & latest["outcome"].isin(WON)].assign(won_at=-1)
    names = ["base", "won_by", "won_cents", "won_at"]
    wins = pd.concat([stood[names], now[names]], ignore_index=True) if "won_by" in stood else now
    pairs = reversals.merge(wins, left_on="reverses_claim_payment_id", right_on="won_by")
    pairs = pairs[pairs["at"] > pairs["won_at"]].drop_duplicates(["claim_payment_id", "base"])
    return _whole(pairs.assign(kind="lost", outcome="superseded", recovered_cents=-pairs["won_cents"]))
