"""Cases of unknown claims and later matches come in; the same cases, filed under the claim known now, go out."""

from __future__ import annotations

import pandas as pd

from claims.denials.cases import bases


def rekeyed(
    kept: pd.DataFrame, cases: pd.DataFrame, claim_payments: pd.DataFrame, service_payments: pd.DataFrame
) -> pd.DataFrame:
    """Return the stored cases with ``base``, filed under their claim where a match has come since.

    ``cases`` are the denials of this batch (``denied_cases``). Added columns: is_matched (filed anew: its claim, payer
    sequence and line are the new ones) and is_merged (the claim has a case for that line already: this one ends).
    """
    known = claim_payments[claim_payments["family_id"] != 0].set_index("claim_payment_id")
    moves = ((kept["family_id"] == 0) & kept["claim_payment_id"].isin(known.index)).to_numpy(bool)
    kept = kept.assign(is_matched=False, is_merged=False, base=bases(kept))
    if not moves.any():
        return kept
    moved = kept[moves].copy()
    claims = known.loc[moved["claim_payment_id"]]
    places = service_payments.drop_duplicates(["claim_payment_id", "ordinal"]).set_index(
        ["claim_payment_id", "ordinal"]
    )
    lines = places["line_number"].reindex(pd.MultiIndex.from_frame(moved[["claim_payment_id", "line_number"]]))
    # What stood for the payment as a whole is about the lines of its part of the claim, by now: filed under the first.
    own_lines = cases.groupby("claim_payment_id")["line_number"].min().reindex(moved["claim_payment_id"])
    own_lines.index = lines.index
    moved["line_number"] = lines.fillna(own_lines).fillna(0).astype("int64").to_numpy()
    for name, source in (
        ("family_id", "family_id"),
        ("billing_npi", "billing_npi"),
        ("claim_number", "family_claim_number"),
    ):
        moved[name] = claims[source].to_numpy()
    # A later payer's denial may belong to the earlier payer (R7): the denial itself knows.
    told = cases.drop_duplicates(["claim_payment_id", "line_number"]).set_index(["claim_payment_id", "line_number"])
    sequences = told["payer_sequence"].reindex(pd.MultiIndex.from_frame(moved[["claim_payment_id", "line_number"]]))
    own = pd.Series(claims["payer_sequence"].to_numpy(), dtype="str")
    moved["payer_sequence"] = sequences.reset_index(drop=True).fillna(own).to_numpy()
    moved["base"] = bases(moved)

    merged = moved["base"].isin(kept.loc[~moves, "base"]) | moved.duplicated("base")
    filed = moved[~merged].assign(is_matched=True)
    ended = kept.loc[moved.index[merged]].assign(is_merged=True)
    return pd.concat([kept[~moves], filed, ended]).sort_index()
