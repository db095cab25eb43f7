"""Claims that never reached adjudication have a queue of their own, and are no denials (R8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from claims.service.life import CONTRADICTION, contradiction_keys
from claims.service.rejection_words import worded
from claims.store import exceptions, lives, rejections
from claims.store.handles import Connection

DECIDED = ("paid", "partly_paid", "denied", "reversed")
ANSWERED, ADJUDICATED, SENT_AGAIN = "answered", "adjudicated", "sent_again"


def put(conn: Connection, refused: pd.DataFrame, posting_date: date) -> None:
    """Write a rejection for each sending that was refused (rows of `answer_events`, with their words)."""
    rows = worded(refused)
    rejections.put(
        conn,
        rows.assign(
            rejection_key=keys(rows),
            amount_cents=rows["charge_cents"],
            closed_reason=np.where(rows["said"] == "set-refused", SENT_AGAIN, ""),
        ).astype({"closed_reason": "str"}),
        posting_date,
    )


def keys(sendings: pd.DataFrame) -> pd.Series:
    """Name the rejection of each sending (claim_id, submission_id)."""
    return "claim:" + sendings["claim_id"].astype("str") + ":" + sendings["submission_id"].astype("str")


def answered(conn: Connection, sendings: pd.DataFrame, posting_date: date) -> None:
    """Close the rejections of sendings that a later or farther answer took after all."""
    closed_as(conn, sendings, ANSWERED, posting_date)


def closed_as(conn: Connection, sendings: pd.DataFrame, reason: str, posting_date: date) -> None:
    """Close the rejections of these sendings (claim_id, submission_id) for a reason."""
    known = rejections.of_claims(conn, np.unique(sendings["claim_id"]).tolist())
    mine = known[known["rejection_key"].isin(keys(sendings))]
    rejections.close(conn, mine["rejection_id"].tolist(), reason, posting_date)


def settle(conn: Connection, claim_ids: Sequence[int], posting_date: date) -> None:
    """Close the rejections of claims that the payer decided all the same; that it did is an exception."""
    claims = lives.of_claims(conn, claim_ids)
    decided = claims[claims["life"].isin(DECIDED)]
    known = rejections.of_claims(conn, decided["claim_id"].tolist())
    standing = known[(known["state"] == "open") | (known["closed_reason"] == ADJUDICATED)]
    rejections.close(conn, standing["rejection_id"].tolist(), ADJUDICATED, posting_date)
    refused = decided["claim_id"].isin(standing["claim_id"])
    odd = decided[refused]
    exceptions.open_all(
        conn,
        odd.assign(
            exception_key=contradiction_keys(odd, ADJUDICATED),
            type_code=CONTRADICTION,
            amount_cents=odd["charge_cents"],
            message="the payer decided a claim that an answer had refused",
        ),
        posting_date,
    )
    exceptions.close_keys(conn, contradiction_keys(decided[~refused], ADJUDICATED), ANSWERED, posting_date)
