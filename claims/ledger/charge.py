"""Claims become charges: stored claims in, the version that is charged and its ledger lines out (rule E01)."""

from __future__ import annotations

import pandas as pd

from claims import codes

SEQUENCES = {letter: place for place, letter in enumerate("PSTABCDEFGHU")}


def choose_versions(claims: pd.DataFrame) -> pd.DataFrame:
    """Choose the one claim of each family that is charged: the first version, first payer, originals before others.

    Ties fall by content (sha256 of the file, seg), never by arrival.
    """
    ranked = claims.assign(
        sequence_rank=claims["payer_sequence"].map(SEQUENCES).fillna(99),
        frequency_rank=claims["frequency_code"].isin(["7", "8"]).astype("int64"),
    ).sort_values(["family_id", "frequency_rank", "sequence_rank", "version", "sha256", "seg"], kind="stable")
    return ranked.drop_duplicates("family_id").drop(columns=["sequence_rank", "frequency_rank"])


def charge_lines(claims: pd.DataFrame, service_lines: pd.DataFrame) -> pd.DataFrame:
    """Two ledger lines per charged service line; what the lines leave of CLM02 stands at line 0.

    Gives journal_key, claim_id, family_id, line_number, account, amount_cents, rule_id, payer_code, payer_sequence.
    """
    rules = codes.table("posting_rules").set_index("rule_id").loc["E01"]
    sums = service_lines.groupby("claim_id")["charge_cents"].sum()
    rest = claims["charge_cents"].to_numpy() - sums.reindex(claims["claim_id"], fill_value=0).to_numpy()
    line0 = pd.DataFrame({"claim_id": claims["claim_id"].to_numpy(), "line_number": 0, "charge_cents": rest})
    every = pd.concat([service_lines[["claim_id", "line_number", "charge_cents"]], line0], ignore_index=True)
    every = every[every["charge_cents"] != 0]
    columns = ["claim_id", "family_id", "claim_key", "body_hash", "payer_code", "payer_sequence", "effective_date"]
    columns.append("generation")  # one more after each charge that was taken back
    every = every.merge(claims[columns], on="claim_id")
    every["journal_key"] = (
        "chg:"
        + every["claim_key"]
        + ":"
        + every["body_hash"].str[:16]
        + ":"
        + every["line_number"].astype("str")
        + ":"
        + every["generation"].astype("str")
    )
    debit = every.assign(account=rules["debit"], amount_cents=every["charge_cents"], rule_id="E01")
    credit = every.assign(account=rules["credit"], amount_cents=-every["charge_cents"], rule_id="E01")
    return pd.concat([debit, credit], ignore_index=True).drop(
        columns=["charge_cents", "claim_key", "body_hash", "generation"]
    )
