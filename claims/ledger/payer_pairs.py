"""Bank lines beside the remittances of their payer and days near, whatever the amount: bounded, however many there are.

Frames are `prepared` as in `deposit_pairs`.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from claims import codes
from claims.ledger.deposit_pairs import BUSINESS_DAYS, MOST_CANDIDATES, business_days_between, by_day, by_name
from claims.ledger.subsets import MOST

# So many pairs of one payer and day are looked at one by one.
LARGEST = 60_000
_PAIR = ["bank_line_id", "remit_id"]
_KEYS = ["payer_known", "day"]


def of_payer(lines: pd.DataFrame, remits: pd.DataFrame, gone: Collection[int] = ()) -> tuple[pd.DataFrame, set[int]]:
    """Pair lines without a trace, and cards, with remittances of one payer and a day near; `gone` are only told of.

    Gives `(pairs, given_up)`: bank_line_id of lines that so many remittances fit that no search would find the one way.
    Of many remittances a line is paired with those that may be a part of it, and with a few more to be told of.
    """
    near = by_day(lines[(lines["trace"] == "") | (lines["kind"] == "card")])
    ways = [
        (by_name(near, remits).rename(columns={"payer_remit": "payer_known"}), "payer"),
        (near.assign(payer_known=near["payer_id"])[near["payer_id"] != ""], "payer_id"),
    ]
    found, given_up = [], set[int]()
    facts = lines[["bank_line_id", "rest_cents", "bank_date", "kind"]]
    for named, name in ways:
        own = named[["bank_line_id", "payer_known", "day"]].merge(facts, on="bank_line_id")
        own["decides"] = business_days_between(own["day"], own["bank_date"]) <= BUSINESS_DAYS
        pairs, lost = _paired(own.assign(own_parts=0, own_cents=0), _of(remits, name), gone)
        found.append(pairs)
        given_up |= lost
    return pd.concat(found, ignore_index=True).assign(sibling=False), given_up


def siblings_of(
    traced: pd.DataFrame, settling: pd.DataFrame, lines: pd.DataFrame, remits: pd.DataFrame, gone: Collection[int] = ()
) -> tuple[pd.DataFrame, set[int]]:
    """Pair lines with the remittances of the payer and day of one that has their trace (`traced`, or `begun`).

    Gives what `of_payer` does: what may be a part of a line beside those with its trace.
    """
    theirs = _of(remits, "payer_id")
    named = traced[["bank_line_id", "remit_id"]].merge(theirs, on="remit_id")
    begun = settling[["bank_line_id", "payer_id", "payment_date"]].set_axis(["bank_line_id", *_KEYS], axis=1)
    own = pd.concat([named[["bank_line_id", *_KEYS]], begun], ignore_index=True).drop_duplicates()
    own = own.merge(lines[["bank_line_id", "rest_cents"]], on="bank_line_id").assign(kind="", decides=True)
    named = named[~named["remit_id"].isin(list(gone))]
    at = ["bank_line_id", *_KEYS]
    own = own.merge(named.groupby(at, as_index=False)["open_cents"].sum(), how="left", on=at)
    own["rest_cents"] -= own["open_cents"].fillna(0).astype("int64")
    # Those with the trace are no parts beside themselves.
    small = named.merge(own[[*at, "rest_cents"]], on=at)
    small = small[small["open_cents"] <= small["rest_cents"]]
    sums = small.groupby(at, as_index=False).agg(own_parts=("open_cents", "size"), own_cents=("open_cents", "sum"))
    own = own.drop(columns="open_cents").merge(sums, how="left", on=at)
    own = own.fillna({"own_parts": 0, "own_cents": 0}).astype({"own_parts": "int64", "own_cents": "int64"})
    pairs, given_up = _paired(own, theirs, gone)
    return pairs.assign(sibling=True), given_up


def _of(remits: pd.DataFrame, payer: str) -> pd.DataFrame:
    names = ["remit_id", "remit_key", "open_cents", payer, "payment_date"]
    return remits[names].set_axis([*names[:3], *_KEYS], axis=1)


def _paired(own: pd.DataFrame, theirs: pd.DataFrame, gone: Collection[int]) -> tuple[pd.DataFrame, set[int]]:
    """Pair lines and remittances of one payer and day: each with each, where that is not too much."""
    sizes = own.groupby(_KEYS).size().rename("lines").to_frame().join(theirs.groupby(_KEYS).size().rename("remits"))
    large = sizes.index[(sizes["lines"] * sizes["remits"].fillna(0) > LARGEST).to_numpy()]
    is_large, are_large = (pd.MultiIndex.from_frame(rows[_KEYS]).isin(large) for rows in (own, theirs))
    found, given_up = [own[~is_large].merge(theirs[~are_large], on=_KEYS)[_PAIR]], set[int]()
    of_key = dict(iter(theirs[are_large].groupby(_KEYS)))
    for key, group in own[is_large].groupby(_KEYS, sort=True):
        pairs, lost = _bounded(group, of_key[key], gone)
        found.append(pairs)
        given_up |= lost
    return pd.concat(found, ignore_index=True), given_up


def _bounded(lines: pd.DataFrame, remits: pd.DataFrame, gone: Collection[int]) -> tuple[pd.DataFrame, set[int]]:
    """Pair many lines with many remittances of one payer and day: those that may be a part, and a few of the first.

    What is no larger than the line may be a part of it (`subsets` gives up beyond `MOST`, but for all together); what
    is larger by a fee, of a card, is it. Where one card has too many, no card is told apart from it.
    """
    first = remits.sort_values("remit_key")["remit_id"].to_numpy("int64")[:MOST_CANDIDATES]
    remits = remits[~remits["remit_id"].isin(list(gone))].sort_values(["open_cents", "remit_key"])
    cents, rest = remits["open_cents"].to_numpy("int64"), lines["rest_cents"].to_numpy("int64")
    parts = np.searchsorted(cents, rest, side="right")
    until = np.searchsorted(cents, rest * 100 // (100 - most_fee()), side="right")
    sums = np.concatenate([[0], cents.cumsum()])[parts] - lines["own_cents"].to_numpy("int64")
    others = parts - lines["own_parts"].to_numpy("int64")
    is_card = (lines["kind"] == "card").to_numpy()
    is_whole = (others > MOST) & (sums == rest)
    lost = (others > MOST) & (sums > rest)
    lost |= is_whole & (is_whole.sum() > MOST_CANDIDATES)
    if (is_card & (until - parts > MOST_CANDIDATES)).any():
        lost |= is_card
    takes = np.where(lost | ((others > MOST) & ~is_whole), 0, parts)
    ids = remits["remit_id"].to_numpy("int64")
    own = lines["bank_line_id"].to_numpy("int64")
    fees = np.where(is_card & ~lost, until - parts, 0)
    counts = takes + fees
    row = np.repeat(np.arange(len(lines)), counts)
    place = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    place = np.where(place < takes[row], place, place - takes[row] + parts[row])
    pairs = pd.DataFrame(
        {
            "bank_line_id": np.concatenate([own[row], np.repeat(own, len(first))]),
            "remit_id": np.concatenate([ids[place], np.tile(first, len(lines))]),
        }
    )
    return pairs.drop_duplicates(), set(own[lost & lines["decides"].to_numpy()].tolist())


def most_fee() -> int:
    """The highest fee that a rule allows, in percent (codes/tie_rules.csv)."""
    return max(int(percent) for percent in codes.table("tie_rules")["fee_percent"] if percent)
