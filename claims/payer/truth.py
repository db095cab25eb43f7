"""What really happened in a simulated month, as rows to test a reader of its files against.

kind: claim (no answer came), claim_payment, remittance, deposit. expected: what a correct night makes of it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames

COLUMNS = [
    *("kind", "expected", "file", "payer_code", "trace_number", "claim_number", "status_code", "charge_cents"),
    *("paid_cents", "contractual_cents", "patient_cents", "denied_cents", "plb_cents", "payment_cents", "causes"),
]


def truth(
    claims: pd.DataFrame,
    adjudicated: Frames,
    remits: pd.DataFrame,
    plb: pd.DataFrame,
    names: pd.Series,
    deposits: pd.DataFrame,
) -> pd.DataFrame:
    """Give one row per claim payment, per claim without answer, per remittance and per deposit."""
    by_key = remits.set_index("remit_key")
    payments = adjudicated["claim_payments"]
    fate = payments["remit_key"].map(_fate)
    rows = [
        pd.DataFrame(
            {
                "kind": "claim_payment",
                "expected": fate,
                "file": names.reindex(payments["remit_key"]).to_numpy(),
                "payer_code": payments["payer_code"],
                "trace_number": by_key["trace_number"].reindex(payments["remit_key"]).to_numpy(),
                **{name: payments[name] for name in ("claim_number", "status_code", "charge_cents", "paid_cents")},
                **_parts(adjudicated, payments),
            }
        ),
        _unanswered(claims, payments),
        pd.DataFrame(
            {
                "kind": "remittance",
                "expected": remits["remit_key"].map(_fate),
                "file": names.reindex(remits["remit_key"]).to_numpy(),
                "payer_code": remits["payer_code"],
                "trace_number": remits["trace_number"],
                "paid_cents": remits["claims_cents"],
                "plb_cents": remits["plb_cents"],
                "payment_cents": remits["payment_cents"],
                "causes": plb.groupby("remit_key")["reason_code"].agg(" ".join).reindex(remits["remit_key"]).to_numpy(),
            }
        ),
        pd.DataFrame(
            {
                "kind": "deposit",
                "expected": np.where(deposits["remit_key"] == "", "no-remittance", "matched"),
                "file": "bank.csv",
                "trace_number": deposits["trace_number"],
                "payment_cents": deposits["amount_cents"],
            }
        ),
    ]
    frame = pd.concat(rows, ignore_index=True).reindex(columns=COLUMNS)
    money = [name for name in COLUMNS if name.endswith("_cents")]
    text = [name for name in COLUMNS if not name.endswith("_cents")]
    frame[money] = frame[money].astype("Int64")
    frame[text] = frame[text].fillna("")
    return frame


def _fate(remit_key: str) -> str:
    return {"DRAGN-2-unbalanced": "held", "FABLE-unknown-claim": "unmatched"}.get(remit_key, "posted")


def _parts(adjudicated: Frames, payments: pd.DataFrame) -> dict[str, pd.Series]:
    """Add up each claim payment's adjustments: contractual, patient's share and denied; and name the causes."""
    decisions = adjudicated["decisions"]
    sums = decisions.groupby("claim_seg")[["contractual_cents", "share_cents", "denied_cents"]].sum()
    sums = sums.reindex(payments["seg"]).reset_index(drop=True).astype("Int64")
    causes = decisions[decisions["cause"] != ""].drop_duplicates(["claim_seg", "cause"])
    named = causes.groupby("claim_seg")["cause"].agg(" ".join).reindex(payments["seg"])
    return {
        "contractual_cents": sums["contractual_cents"].set_axis(payments.index),
        "patient_cents": sums["share_cents"].set_axis(payments.index),
        "denied_cents": sums["denied_cents"].set_axis(payments.index),
        "causes": named.fillna("").set_axis(payments.index),
    }


def _unanswered(claims: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    open_claims = claims[~claims["claim_number"].isin(payments["claim_number"])]
    return pd.DataFrame(
        {
            "kind": "claim",
            "expected": np.where(open_claims["is_rejected"], "rejected", "no-answer"),
            "payer_code": open_claims["payer_code"],
            "claim_number": open_claims["claim_number"],
            "charge_cents": open_claims["charge_cents"],
        }
    )
