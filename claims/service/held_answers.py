"""Claims whose answer is here already, in a remittance that is held or undone: they are not sent as new.

Their page says so.

Which claim a held decision is about is asked by the keys by which it would find its claim if it were posted; nothing
of that is kept, for the corrected remittance looks for itself.
"""

from __future__ import annotations

import pandas as pd

from claims.service.matching import find
from claims.store import held_answers
from claims.store.handles import Connection

_FOUND = {"claim_payment_id": "int64", "claim_id": "int64", "family_id": "int64", "payer_sequence": "str",
          "remit_id": "int64", "payment_date": "str"}  # fmt: skip


def decided(conn: Connection) -> pd.DataFrame:
    """Give what remittances decide that are held or undone.

    claim_payment_id, claim_id, family_id, payer_sequence, remit_id, payment_date.
    """
    return _found(conn, held_answers.looking(conn))


def of_family(conn: Connection, family_id: int) -> pd.DataFrame:
    """Give what held remittances decide of a claim, to be shown (`store.held_answers.told`)."""
    found = _found(conn, held_answers.looking(conn, family_id))
    return held_answers.told(conn, found.loc[found["family_id"] == family_id, "claim_payment_id"].tolist())


def stopped(conn: Connection, claims: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Give for each of `claims` (seg, claim_id, family_id, payer_sequence) that one of `found` decides: claim_seg,
    remit_id, paid_date.

    By the family and whose turn it is, for a claim that was corrected before it left is decided as the first one was.
    Those that a person lets go stay out.
    """
    own = claims[["seg", "claim_id", "family_id", "payer_sequence"]]
    own = own[own["family_id"].isin(found["family_id"])]
    own = own[~own["claim_id"].isin(held_answers.let_go(conn, own["claim_id"].tolist()))]
    own = own.rename(columns={"seg": "claim_seg"}).drop(columns="claim_id")
    both = own.merge(found.rename(columns={"payment_date": "paid_date"}), on=["family_id", "payer_sequence"])
    both = both.sort_values(["claim_seg", "paid_date", "remit_id"]).drop_duplicates("claim_seg")
    return both[["claim_seg", "remit_id", "paid_date"]].reset_index(drop=True)


def _found(conn: Connection, payments: pd.DataFrame) -> pd.DataFrame:
    if payments.empty:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _FOUND.items()})
    matches = find(conn, payments)[0]
    own = payments[["claim_payment_id", "remit_id", "payment_date"]]
    kept = matches[["claim_payment_id", "claim_id", "family_id", "payer_sequence"]]
    return kept.merge(own, on="claim_payment_id").astype(_FOUND)
