"""What decisions had held that others released, which are taken back by now: which of it stands again comes out."""

from __future__ import annotations

import pandas as pd

from claims.ledger.open_test import says_more
from claims.ledger.rules import RECEIVABLE


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
    released = released[says_more(released) | ~released["is_by_earlier"].astype(bool)]
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


def _by_line(rows: pd.DataFrame, whole: set[int]) -> pd.DataFrame:
    return rows.assign(line_number=rows["line_number"].where(~rows["family_id"].isin(whole), 0))
