"""Claims become charges: stored claims in, the version that is charged and its ledger lines out (rule E01)."""

from __future__ import annotations

import pandas as pd

from claims import codes
from claims.ledger.rules import RECEIVABLE, rank_of_sequence


def choose_versions(claims: pd.DataFrame) -> pd.DataFrame:
    """Choose the one claim of each family that is charged: the first version, first payer, originals before others.

    Ties fall by content (sha256 of the file, seg), never by arrival.
    """
    ranked = claims.assign(
        sequence_rank=rank_of_sequence(claims["payer_sequence"]),
        frequency_rank=claims["frequency_code"].isin(["7", "8"]).astype("int64"),
    ).sort_values(["family_id", "frequency_rank", "sequence_rank", "version", "sha256", "seg"], kind="stable")
    return ranked.drop_duplicates("family_id").drop(columns=["sequence_rank", "frequency_rank"])


def versions_in_force(versions: pd.DataFrame) -> pd.DataFrame:
    """Choose the version of each charged family that its charge should say, where it is not the charged one.

    `versions`: released claims of charged families with charged_claim_id, charged_sequence, charged_total_cents,
    shares_payers (the claim and the charged one name each other's payer). A replacement or correction for the same turn
    counts, the latest; and a claim for an earlier turn of the same total, when the charge stands on a later payer.
    """
    same_turn = versions["payer_sequence"] == versions["charged_sequence"]
    is_new = versions["frequency_code"].eq("7") | (versions["version"] > 1)
    earlier = rank_of_sequence(versions["payer_sequence"]) < rank_of_sequence(versions["charged_sequence"])
    earlier &= (versions["charge_cents"] == versions["charged_total_cents"]) & versions["shares_payers"]
    rows = versions[(same_turn & is_new) | earlier]
    rows = rows.assign(turn_rank=rank_of_sequence(rows["payer_sequence"])).sort_values(
        ["family_id", "turn_rank", "version", "sha256", "seg"],
        ascending=[True, True, False, True, True],
        kind="stable",
    )
    rows = rows.drop_duplicates("family_id").drop(columns="turn_rank")
    return rows[rows["claim_id"] != rows["charged_claim_id"]]


def changed_lines(new: pd.DataFrame, charged: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the lines that families should be charged with those that they are: `(new lines, journals to reverse)`.

    `new`: lines of `charge_lines`. `charged`: ledger lines in force with journal_key. Only what differs in amount or
    payer sequence moves (rule E02).
    """
    keys = ["family_id", "line_number", "payer_sequence"]
    wanted = new[new["account"] == RECEIVABLE].groupby(keys)["amount_cents"].sum()
    standing = charged[charged["account"] == RECEIVABLE].groupby(keys)["amount_cents"].sum()
    same = wanted.index.intersection(standing.index)
    same = same[wanted.reindex(same).to_numpy() == standing.reindex(same).to_numpy()]
    stays = pd.MultiIndex.from_frame(new[keys]).isin(same)
    keeps = pd.MultiIndex.from_frame(charged[keys]).isin(same)
    return new[~stays].assign(rule_id="E02"), charged[~keeps]


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
