"""Replacements and voids of the practice's own come in; each becomes a version of the claim that it names."""

from __future__ import annotations

from collections.abc import Sequence

from claims.store import placing, versions
from claims.store.handles import Connection

PURPOSES = {"7": "replacement", "8": "void"}


def place_versions(conn: Connection, claim_ids: Sequence[int]) -> None:
    """Say of stored replacements and voids which claim of their family and payer they follow, where there is one.

    The one that the payer calls by the number they give (REF*F8), else the last that is not over. One whose first
    claim is not ours to know stays as it came.
    """
    if not claim_ids:
        return
    known = placing.families(conn, claim_ids)
    is_new = known["claim_id"].isin(claim_ids)
    again, others = known[is_new], known[~is_new]
    keys = ["family_id", "payer_code", "payer_sequence"]
    pairs = again.merge(others[[*keys, "claim_id", "version", "life"]], on=keys, suffixes=("", "_before"))
    called = versions.payer_numbers(conn, pairs["claim_id_before"].drop_duplicates().tolist())
    called = called[["claim_id", "payer_claim_number"]].drop_duplicates().assign(is_named=1)
    pairs = pairs.merge(
        called.set_axis(["claim_id_before", "original_reference", "is_named"], axis=1),
        how="left", on=["claim_id_before", "original_reference"],
    ).fillna({"is_named": 0})  # fmt: skip
    pairs["is_over"] = pairs["life_before"].isin(versions.OVER)
    best = ["is_named", "is_over", "version_before", "claim_id_before"]
    pairs = pairs.sort_values(best, ascending=[False, True, False, False], kind="stable").drop_duplicates("claim_id")
    pairs = pairs.sort_values(["family_id", "frequency_code", "sha256", "seg"], kind="stable")
    last = known.groupby("family_id")["version"].max().reindex(pairs["family_id"]).to_numpy()
    placing.place(
        conn,
        pairs.assign(
            purpose=pairs["frequency_code"].map(PURPOSES),
            version=last + pairs.groupby("family_id").cumcount().to_numpy() + 1,
            follows_claim_id=pairs["claim_id_before"],
        ),
    )
