"""Verdicts on what an X12 file holds: findings in; the state of each set and of the file, with its reason, out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from claims import findings
from claims.findings import HOLD, NOTE, REJECT, Finding

HANDLED = ("835", "837P", "837I", "837D", "999", "997", "277CA", "TA1")
RANK = {"stored": 0, "held": 1, "refused": 2}


def cut_findings(cut: pd.DataFrame) -> pd.DataFrame:
    """Findings for texts that are longer than can be stored (`store.x12_rows.shorten`)."""
    return findings.frame(
        Finding(
            "text-too-long",
            HOLD,
            f"segment {seg}: {column} has {length} characters, at most {limit} can be stored; the set is held",
            seg=seg,
            offset=offset,
            found=f"{length} characters",
            expected=f"at most {limit}",
            transaction_seg=transaction_seg,
        )
        for transaction_seg, seg, offset, column, length, limit in zip(
            *(cut[name].tolist() for name in ("transaction_seg", "seg", "offset", "column", "length", "limit")),
            strict=True,
        )
    )


# A payment that may not be posted whatever its sums say: finding code, element, expected, sentence.
PAYMENT_CHECKS = (
    ("payment-negative", "BPR02", "zero or more", "the payment is below zero"),
    ("trace-missing", "TRN02", "a trace number", "no trace number"),
    ("currency-not-usd", "CUR02", "USD", "the payment is not in US dollars"),
    ("payee-not-ours", "N104", "one of our payees", "the payee is not one of ours"),
)


def payment_findings(remittances: pd.DataFrame, our_payees: tuple[str, ...]) -> pd.DataFrame:
    """Findings for payments of `PAYMENT_CHECKS`, one per remittance and check."""
    payee = remittances[["payee_identifier", "payee_tax_id"]]
    wrong = {
        "payment-negative": remittances["payment_cents"] < 0,
        "trace-missing": remittances["trace_number"] == "",
        "currency-not-usd": ~remittances["currency_code"].isin(["", "USD"]),
        "payee-not-ours": ~payee.isin(our_payees).any(axis=1) & bool(our_payees),
    }
    rows = []
    for code, element, expected, sentence in PAYMENT_CHECKS:
        at = remittances[wrong[code]]
        for seg, offset, transaction_seg in zip(
            at["seg"].tolist(), at["offset"].tolist(), at["transaction_seg"].tolist(), strict=True
        ):
            rows.append(
                Finding(
                    code,
                    HOLD,
                    f"segment {seg}, {element}: {sentence}; the remittance is held",
                    seg=seg,
                    element=element,
                    offset=offset,
                    expected=expected,
                    transaction_seg=transaction_seg,
                )
            )
    return findings.frame(rows)


def judge(
    interchanges: pd.DataFrame, transactions: pd.DataFrame, problems: pd.DataFrame, accept_usage: tuple[str, ...]
) -> pd.DataFrame:
    """Add `state` and `reason_code` to the sets: the worst finding of the set or of its envelope decides."""
    supported = transactions["set_code"].isin(HANDLED).to_numpy()
    test = ~transactions["usage_code"].isin([*accept_usage, ""]).to_numpy()
    worst, reason = _worst(interchanges, transactions, problems[problems["severity"] != NOTE])
    state = np.select([~supported, worst == 2, worst == 1], ["refused", "refused", "held"], "stored")
    why = np.select([~supported, worst > 0, test], ["set-not-supported", reason, "test-file"], "")
    return transactions.assign(state=state, reason_code=why).astype({"state": "str", "reason_code": "str"})


def _worst(
    interchanges: pd.DataFrame, transactions: pd.DataFrame, serious: pd.DataFrame
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Give rank (0: none) and code of the worst finding of each set or of its envelope, in the order of the sets."""
    if serious.empty:
        return np.zeros(len(transactions), "int64"), np.full(len(transactions), "", dtype=object)
    rank = {NOTE: 0, HOLD: 1, REJECT: 2}
    serious = serious.assign(rank=serious["severity"].map(rank).astype("int64"))
    envelope = serious[serious["transaction_seg"] == 0]
    own = serious[serious["transaction_seg"] != 0]
    starts = interchanges["seg"].to_numpy()
    at = envelope["seg"].to_numpy()
    inside = np.searchsorted(starts, at, side="right") - 1
    envelope = envelope.assign(
        interchange_seg=np.where(inside >= 0, starts[np.clip(inside, 0, None)] if len(starts) else 0, 0)
    )
    spread = envelope.merge(transactions[["seg", "interchange_seg"]], on="interchange_seg", suffixes=("_of", ""))
    spread = spread.assign(transaction_seg=spread["seg"])
    every = pd.concat([own, spread], ignore_index=True)[["transaction_seg", "rank", "code"]]
    every = every.sort_values(["transaction_seg", "rank"], ascending=[True, False], kind="stable")
    first = every.drop_duplicates("transaction_seg").set_index("transaction_seg")
    worst = first["rank"].reindex(transactions["seg"]).fillna(0).astype("int64").to_numpy()
    return worst, first["code"].reindex(transactions["seg"]).fillna("").to_numpy()


def claims_of(problems: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Give the `seg` of the claim that each finding stands in; 0 where it is the envelope's, the set's or a level's."""
    starts = frames["claims"]["seg"].to_numpy(np.int64)
    ends = [frames["hierarchy"]["seg"].to_numpy(np.int64), frames["transactions"]["end_seg"].to_numpy(np.int64)]
    bounds = np.unique(np.concatenate([[0], starts, *ends]))
    last = bounds[np.searchsorted(bounds, problems["seg"].to_numpy(np.int64), side="right") - 1]
    inside = np.isin(last, starts) & (problems["transaction_seg"] != 0).to_numpy()
    return pd.Series(np.where(inside, last, 0), index=problems.index)


def claim_reasons(problems: pd.DataFrame) -> pd.DataFrame:
    """Give claim_seg, transaction_seg and code of the first finding that stops each claim alone."""
    own = problems[(problems["severity"] != NOTE) & (problems["claim_seg"] != 0)]
    return own.drop_duplicates("claim_seg")[["claim_seg", "transaction_seg", "code"]]


def with_stopped_claims(transactions: pd.DataFrame, stopped: pd.DataFrame) -> pd.DataFrame:
    """Hold the sets in which claims are stopped alone: something of them is not taken in."""
    first = stopped.drop_duplicates("transaction_seg").set_index("transaction_seg")["code"]
    holds = transactions["seg"].isin(first.index) & (transactions["state"] == "stored")
    reason = transactions["reason_code"].where(~holds, first.reindex(transactions["seg"]).to_numpy())
    return transactions.assign(state=transactions["state"].mask(holds, "held"), reason_code=reason)


BALANCE_CODES = ("line-out-of-balance", "claim-out-of-balance", "remittance-out-of-balance")
# What else holds a remittance for one of its amounts: its exception says where that stands, too.
AMOUNT_CODES = ("amount-not-readable", "amount-missing", "adjustment-incomplete")


def payments_of(problems: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Give the `seg` of the claim payment (CLP) that each finding stands in; 0 where it stands in none."""
    starts = np.concatenate([[0], frames["claim_payments"]["seg"].to_numpy(np.int64)])
    last = starts[np.searchsorted(starts, problems["seg"].to_numpy(np.int64), side="right") - 1]
    of_claim = ~problems["element"].str[:3].isin(["BPR", "PLB"])  # which stand before the claims, and after them
    known = (problems["code"].isin([*BALANCE_CODES[:2], *AMOUNT_CODES]) & of_claim).to_numpy()
    return pd.Series(np.where(known, last, 0), index=problems.index)


def off_balance(problems: pd.DataFrame) -> pd.Series:
    """Say what does not balance or cannot be read, by set: each first finding of a level or kind, with its claim."""
    rows = problems[problems["code"].isin([*AMOUNT_CODES, *BALANCE_CODES])]
    rows = rows.drop_duplicates(["transaction_seg", "code"])
    at = rows["payment_seg"].where(rows["payment_seg"] != 0, rows["claim_seg"])
    claim = np.where(at != 0, "; its claim stands at segment " + at.astype("str"), "")
    return (
        rows.assign(text=rows["code"] + ": " + rows["message"].str.rstrip(".") + claim)
        .groupby("transaction_seg")["text"]
        .agg(". ".join)
    )


def file_state(transactions: pd.DataFrame, problems: pd.DataFrame) -> tuple[str, str]:
    """The worst transaction set decides; a file without any is what its findings say, refused at the least held."""
    if transactions.empty:
        worst = findings.worst(problems)
        state = "held" if worst == HOLD else "refused"
        codes_of = problems.loc[problems["severity"] == worst, "code"]
        return state, str(codes_of.iloc[0]) if len(codes_of) else "no-transaction-set"
    ranked = transactions.assign(rank=transactions["state"].map(RANK)).sort_values("rank", kind="stable")
    worst_row = ranked.iloc[-1]
    same = ranked[ranked["state"] == worst_row["state"]]
    return str(worst_row["state"]), str(same["reason_code"].iloc[0])
