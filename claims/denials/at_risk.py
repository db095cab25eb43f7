"""Open cases and what is open on their lines come in; the money at risk of each goes out: no cent of a line twice.

What a payer denied is worth what a contract allows of it (R4); at risk is no more of it than insurers still owe. Two
payers that denied the same line share what is open on it, and of a decision that is held and not posted only that is
at risk which is open with its payer, or with one before it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.denials.cases import EARLIER

_TURNS = {sequence: turn for turn, sequence in enumerate(["P", *EARLIER])}
_LINE = ["family_id", "line_number"]


def at_risk(cases: pd.DataFrame, owed: pd.DataFrame) -> pd.Series[int]:
    """Give the money at risk of each case, indexed as `cases`.

    ``cases``: case_id, family_id (known), payer_sequence, line_number, extent, worth_cents, is_held: all open cases of
    their families. ``owed``: family_id, payer_sequence, line_number, amount_cents: what insurers owe, denied or not.

    A line's own case goes before that of the whole claim, the earlier payer's before the later one's.
    """
    turn = _turns(cases["payer_sequence"])
    rows = cases.assign(turn=turn, is_whole=cases["extent"] == "full")
    # Where amounts stand on the claim as a whole, its lines cannot be told apart.
    rows["is_line"] = ~rows["is_whole"] & ~rows["family_id"].isin(owed.loc[owed["line_number"] == 0, "family_id"])
    rows["wanted"] = np.minimum(rows["worth_cents"], _with_own_payer(rows, owed))
    rows = rows.sort_values(["is_whole", "turn", "case_id"], kind="stable")
    by_line = _owed_by(owed, _LINE)
    lines = pd.MultiIndex.from_frame(rows[_LINE])
    of_line = _shared(rows["wanted"].where(rows["is_line"], 0), by_line.reindex(lines, fill_value=0), lines)
    is_split = ~owed["family_id"].isin(owed.loc[owed["line_number"] == 0, "family_id"])
    by_claim = by_line.groupby(level="family_id").sum()
    by_claim.update(_owed_by(owed[~is_split], ["family_id"]))
    wanted = of_line.where(rows["is_line"], rows["wanted"])
    # Lines that are told apart take theirs first: what is left is for the claim as a whole.
    first = rows["is_line"].map({True: 0, False: 1})
    order = rows.assign(wanted=wanted, first=first).sort_values(["first"], kind="stable")
    family = pd.Index(order["family_id"])
    shared = _shared(order["wanted"], by_claim.reindex(family, fill_value=0).astype("int64"), family)
    return shared.reindex(cases.index).astype("int64")


def _turns(sequences: pd.Series[str]) -> pd.Series[int]:
    return sequences.map(_TURNS).fillna(len(_TURNS)).astype("int64")


def _owed_by(owed: pd.DataFrame, keys: list[str]) -> pd.Series[int]:
    """Add up what insurers owe by keys: one that has paid too much owes nothing, and pays for no other."""
    by_payer = owed.groupby([*keys, "payer_sequence"])["amount_cents"].sum().clip(lower=0)
    return by_payer.groupby(level=keys).sum()


def _shared(wanted: pd.Series[int], limit: pd.Series[int], of: pd.Index) -> pd.Series[int]:
    """Let rows take what they want, in their order, until the limit of what they share is reached."""
    keys = pd.Series(pd.factorize(of)[0], index=wanted.index)
    until = wanted.groupby(keys).cumsum()
    bound = limit.to_numpy("int64")
    return pd.Series(np.minimum(until, bound) - np.minimum(until - wanted, bound), index=wanted.index)


def _with_own_payer(rows: pd.DataFrame, owed: pd.DataFrame) -> pd.Series[int]:
    """Give what bounds a decision that is held, whatever others want: what its payer, or one before it, may owe yet."""
    held = rows.loc[rows["is_held"], ["case_id", "family_id", "turn", "line_number", "is_line"]]
    pairs = held.merge(owed.assign(owed_turn=_turns(owed["payer_sequence"])), on="family_id", suffixes=("", "_owed"))
    is_own = (pairs["owed_turn"] <= pairs["turn"]) & (
        ~pairs["is_line"] | (pairs["line_number"] == pairs["line_number_owed"])
    )
    sums = _owed_by(pairs[is_own], ["case_id", "line_number_owed"]).groupby(level="case_id").sum()
    own = sums.reindex(rows["case_id"]).fillna(0).to_numpy("int64")
    return rows["worth_cents"].where(~rows["is_held"], own)
