"""What decisions had held that others released, which are taken back by now: which of it stands again comes out."""

from __future__ import annotations

import pandas as pd

from claims import codes
from claims.ledger.rules import RECEIVABLE

REPEATS = "DUP"  # the category of reasons that say: decided before


def standing_again(released: pd.DataFrame, receivables: pd.DataFrame) -> pd.DataFrame:
    """Choose from ledger lines that were released those which fit what is open: what was released last stands first.

    `released`: lines with release_id, claim_payment_id (whose they are), claim_payment_id_by, sequence_first and
    is_by_earlier (the one that released them is of an earlier day). What only said "decided before" had decided nothing
    beside what came before it, and stands no more.
    `receivables`: open 1100 by family_id, payer_sequence and line_number. What the payer has decided in their place
    leaves nothing open for them. What one decision took back of another stands again whole or not at all.
    """
    group = ["family_id", "claim_payment_id", "claim_payment_id_by"]
    key = ["family_id", "payer_sequence", "line_number"]
    released = released[~_only_repeats(released, group)]
    whole = set(receivables.loc[receivables["line_number"] == 0, "family_id"])
    whole |= set(released.loc[released["line_number"] == 0, "family_id"])
    left = _by_line(receivables, whole).groupby(key)["amount_cents"].sum().to_dict()
    own = (released["account"] == RECEIVABLE) & (released["payer_sequence"] == released["sequence_first"])
    wanted = _by_line(released[own], whole).groupby([*group, *key[1:]])["amount_cents"].sum().reset_index()
    newest = released.groupby(group)["release_id"].max().sort_values(ascending=False)
    asks: dict[tuple[int, ...], list[tuple[tuple[object, ...], int]]] = {at: [] for at in newest.index}
    owners = wanted[group].itertuples(index=False, name=None)
    places = wanted[key].itertuples(index=False, name=None)
    for at, place, cents in zip(owners, places, wanted["amount_cents"].tolist(), strict=True):
        asks[at].append((place, cents))
    chosen = []
    for at, mine in asks.items():  # what stands again leaves less for what was released before it
        if all(left.get(place, 0) + cents >= 0 for place, cents in mine):
            left |= {place: left.get(place, 0) + cents for place, cents in mine}
            chosen.append(at)
    return released[pd.MultiIndex.from_frame(released[group]).isin(chosen)].reset_index(drop=True)


def _only_repeats(released: pd.DataFrame, group: list[str]) -> pd.Series[bool]:
    """Tell lines of decisions that gave no reason but that the claim was decided before, and were of a later day."""
    rules = codes.table("carc")
    is_repeat = released["reason_code"].isin(rules.loc[rules["category"] == REPEATS, "code"])
    gives_other = ((released["reason_code"] != "") & ~is_repeat).groupby([released[name] for name in group])
    only = is_repeat.groupby([released[name] for name in group]).transform("any") & ~gives_other.transform("any")
    return only & released["is_by_earlier"].astype(bool)


def _by_line(rows: pd.DataFrame, whole: set[int]) -> pd.DataFrame:
    return rows.assign(line_number=rows["line_number"].where(~rows["family_id"].isin(whole), 0))
