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
        theirs = remits[["remit_id", "remit_key", "open_cents", "payment_date", name]]
        theirs = theirs.rename(columns={name: "payer_known", "payment_date": "day"})
        keys = ["payer_known", "day"]
        sizes = own.groupby(keys).size().rename("lines").to_frame().join(theirs.groupby(keys).size().rename("remits"))
        large = sizes.index[(sizes["lines"] * sizes["remits"].fillna(0) > LARGEST).to_numpy()]
        is_large, are_large = (pd.MultiIndex.from_frame(rows[keys]).isin(large) for rows in (own, theirs))
        found.append(own[~is_large].merge(theirs[~are_large], on=keys)[_PAIR])
        of_key = dict(iter(theirs[are_large].groupby(keys)))
        for key, group in own[is_large].groupby(keys, sort=True):
            some, lost = _bounded(group, of_key[key], gone)
            found.append(some)
            given_up |= lost
    return pd.concat(found, ignore_index=True).assign(sibling=False), given_up


def _bounded(lines: pd.DataFrame, remits: pd.DataFrame, gone: Collection[int]) -> tuple[pd.DataFrame, set[int]]:
    """Pair many lines with many remittances of one payer and day: those that may be a part, and a few of the first.

    What is no larger than the line may be a part of it (`subsets` gives up beyond `MOST`, but for all together); what
    is larger by a fee, of a card, is it. Where one card has too many, no card is told apart from it.
    """
    first = remits.sort_values("remit_key")["remit_id"].to_numpy("int64")[:MOST_CANDIDATES]
    remits = remits[~remits["remit_id"].isin(list(gone))].sort_values(["open_cents", "remit_key"])
    cents, rest = remits["open_cents"].to_numpy("int64"), lines["rest_cents"].to_numpy("int64")
    parts = np.searchsorted(cents, rest, side="right")
    until = np.searchsorted(cents, rest * 100 // (100 - _most_fee()), side="right")
    sums = np.concatenate([[0], cents.cumsum()])[parts]
    is_card = (lines["kind"] == "card").to_numpy()
    is_whole = (parts > MOST) & (sums == rest)
    lost = (parts > MOST) & (sums > rest)
    lost |= is_whole & (is_whole.sum() > MOST_CANDIDATES)
    if (is_card & (until - parts > MOST_CANDIDATES)).any():
        lost |= is_card
    takes = np.where(lost | ((parts > MOST) & ~is_whole), 0, parts)
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
    near = business_days_between(lines["day"], lines["bank_date"]) <= BUSINESS_DAYS
    return pairs.drop_duplicates(), set(own[lost & near].tolist())


def _most_fee() -> int:
    """The highest fee that a rule allows, in percent (codes/tie_rules.csv)."""
    return max(int(percent) for percent in codes.table("tie_rules")["fee_percent"] if percent)
