"""Decided claims as payments that know their way: who pays whom and when, and what the truth about each is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from claims.payer.adjudicate import Frames, decide
from claims.payer.books import Books
from claims.payer.draws import Integers

ROUTE = ["payer", "payee", "mailbox", "sequence", "pay_day"]


def issued(claims: pd.DataFrame, work: pd.DataFrame, draw: Integers, books: Books) -> Frames:
    """Decide claims, and put with each payment its way and its truth; one row of `claims` is one payment."""
    found = decide(claims, work, draw, books)
    payments = found["claim_payments"]
    told = found.pop("decisions")
    sums = (
        told.groupby("claim_seg")[["contractual_cents", "share_cents", "denied_cents"]].sum().reindex(payments["seg"])
    )
    named = told[told["cause"] != ""].drop_duplicates(["claim_seg", "cause"]).groupby("claim_seg")["cause"]
    causes = named.agg(" ".join).reindex(payments["seg"]).fillna("")
    # Denied lines and nothing else: 4 only when the member is not known, as causes.csv says.
    place = claims["payer_sequence"].map({"P": "1", "U": "1", "": "1", "S": "2"}).fillna("3").to_numpy()
    status = np.where(payments["status_code"] == "4", "4", place)
    found["claim_payments"] = payments.assign(
        **{name: claims[name].to_numpy() for name in ROUTE},
        status_code=np.where(claims["submission_reason_code"] == "PB", "25", status),
        original_reference=claims["original_reference"].to_numpy(),
        contractual_cents=sums["contractual_cents"].to_numpy(np.int64),
        patient_cents=sums["share_cents"].to_numpy(np.int64),
        denied_cents=sums["denied_cents"].to_numpy(np.int64),
        causes=pd.Series(causes.to_numpy(), index=payments.index, dtype="str"),
        reverses="",
        ugly="",
        is_final=(claims["submission_reason_code"] != "PB").to_numpy(),
        is_crossover=False,
        crossover_name="",
        crossover_code="",
    )
    return found
