"""Bank lines beside the remittances that have their trace number: bounded, however many have the same.

Banks and payers that number nothing write one word for a trace number everywhere. Frames are `prepared` as in
`deposit_pairs`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from claims.ledger.deposit_pairs import MOST_CANDIDATES, are_other_payers, by_trace, of_amount
from claims.ledger.payer_pairs import LARGEST, most_fee

_PAYER = ["payer", "payer_id"]
_DAY = ["payer_id", "payment_date"]
Ints = npt.NDArray[np.int64]


class Left(NamedTuple):
    """Pairs (bank_line_id, remit_id, sibling) of what is left of a trace, and lines that no rule can tell apart."""

    pairs: pd.DataFrame
    given_up: set[int]


def many_have(lines: pd.DataFrame, remits: pd.DataFrame) -> list[str]:
    """Give the traces that so many lines and remittances have that they are not paired each with each."""
    sizes = [rows.loc[rows["trace"] != "", "trace"].value_counts() for rows in (lines, remits)]
    names = sizes[0].index.intersection(sizes[1].index)
    both = np.stack([one.reindex(names).to_numpy("int64") for one in sizes], axis=1)
    is_large = (both.prod(axis=1) > LARGEST) & (both > MOST_CANDIDATES).all(axis=1)
    return sorted(names[is_large].tolist())


def of_amounts(lines: pd.DataFrame, remits: pd.DataFrame, many: list[str]) -> pd.DataFrame:
    """Pairs of one trace number, for the rules that ask for the same amount.

    Each with each; of traces that `many` have the equal amounts, and for each line a few to be told of.
    """
    parts = [by_trace(*_without(many, lines, remits))]
    for trace in many:
        own, theirs = lines[lines["trace"] == trace], remits[remits["trace"] == trace]
        parts += [of_amount(own, theirs).assign(sibling=True), _told(own, theirs)]
    return pd.concat(parts, ignore_index=True).drop_duplicates(["bank_line_id", "remit_id"], ignore_index=True)


def of_rest(lines: pd.DataFrame, remits: pd.DataFrame, refused: pd.DataFrame | None, by_card: pd.Series) -> Left:
    """Pairs for the rules after those, of the lines and remittances that they left of traces that many had.

    Again each with each, where that is not too much any more. Else with all of them the lines that are large enough for
    all remittances of a payer and day, or larger by a card's fee, or whose payer has one of them only; no rule ties any
    other, and `other` finds several remittances with their trace: these are given up, and so are all when those are too
    many. `by_card`: what cards brought of a remittance before.
    """
    many = many_have(lines, remits)
    parts, given_up = [by_trace(*_without(many, lines, remits))], set[int]()
    hands = set(refused["bank_line_id"]) if refused is not None else set[int]()
    for trace in many:
        own, theirs = lines[lines["trace"] == trace], remits[remits["trace"] == trace]
        candidates = _open_to(own, theirs)
        may = own["bank_line_id"].isin(hands).to_numpy() | (candidates == 1) | _is_sum(own, theirs)
        may |= _is_net(own, theirs, by_card)
        if may.sum() * len(theirs) <= LARGEST:
            parts.append(by_trace(own[may], theirs))
        else:
            may = np.zeros(len(own), dtype=bool)
        given_up |= set(own.loc[~may & (candidates > 0), "bank_line_id"].tolist())
    return Left(pd.concat(parts, ignore_index=True), given_up)


def _without(many: list[str], *frames: pd.DataFrame) -> list[pd.DataFrame]:
    return [rows[~rows["trace"].isin(many)] for rows in frames]


def _told(lines: pd.DataFrame, remits: pd.DataFrame) -> pd.DataFrame:
    """Pair each line with the same few, that is the first."""
    own = lines["bank_line_id"].to_numpy("int64")
    first = remits.sort_values("remit_key")["remit_id"].to_numpy("int64")[:MOST_CANDIDATES]
    pairs = {"bank_line_id": np.repeat(own, len(first)), "remit_id": np.tile(first, len(own))}
    return pd.DataFrame(pairs).assign(sibling=True)


def _open_to(lines: pd.DataFrame, remits: pd.DataFrame) -> Ints:
    """Count for each line the remittances of no other payer; so many payers that nobody compares them are several."""
    own, theirs = (rows.groupby(_PAYER, as_index=False).size() for rows in (lines, remits))
    if len(own) * len(theirs) > LARGEST:
        return np.full(len(lines), 2, dtype="int64")
    pairs = own[_PAYER].merge(theirs, how="cross", suffixes=("", "_remit"))
    counted = pairs.assign(size=pairs["size"].where(~are_other_payers(pairs), 0)).groupby(_PAYER)["size"].sum()
    return counted.reindex(pd.MultiIndex.from_frame(lines[_PAYER])).to_numpy("int64")


def _is_sum(lines: pd.DataFrame, remits: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which lines are at least all remittances of some payer and day together."""
    least = int(remits.groupby(_DAY)["open_cents"].sum().min())
    large: npt.NDArray[np.bool_] = lines["rest_cents"].to_numpy("int64") >= least
    return large


def _is_net(lines: pd.DataFrame, remits: pd.DataFrame, by_card: pd.Series) -> npt.NDArray[np.bool_]:
    """Tell which cards may be a remittance less a fee."""
    open_ = remits["open_cents"].to_numpy("int64")
    before = by_card.reindex(remits["remit_id"], fill_value=0).to_numpy("int64")
    least = np.sort(open_ - (open_ + before) * most_fee() // 100)
    rest = lines["rest_cents"].to_numpy("int64")
    reached = np.searchsorted(least, rest, side="right")
    passed = np.searchsorted(np.sort(open_), rest, side="right")
    return (lines["kind"] == "card").to_numpy() & (reached > passed)
