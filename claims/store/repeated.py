"""The same decision on a claim in two payments, both in force: named on the later one until one is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import exceptions, schema
from claims.store.claim_keys import claim_keys
from claims.store.load import frame
from claims.store.posting import STANDING
from claims.store.posting_order import posting_order
from claims.store.rows import frame_of

CP, R, P, E = schema.claim_payments, schema.remittances, schema.claim_postings, schema.exceptions
TYPE = "DECISION_REPEATED"
_IN_FORCE = (P.c.ended_at.is_(None), P.c.is_superseded == STANDING, P.c.outcome == "posted")


def name_repeated(conn: sa.Connection, family_ids: Sequence[int], posting_date: date) -> None:
    """Open an exception for each decision on these claims that another payment holds word for word."""
    exceptions.open_all(conn, repeated(conn, family_ids), posting_date)


def close_repeated(conn: sa.Connection, posting_date: date) -> None:
    """Close the exceptions of decisions that no other one in force repeats any more."""
    rows = frame(
        conn,
        sa.select(E.c.exception_id, E.c.exception_key, E.c.family_id).where(E.c.type_code == TYPE, E.c.state == "open"),
    )
    if rows.empty:
        return
    still = repeated(conn, rows["family_id"].drop_duplicates().tolist())["exception_key"]
    over = rows.loc[~rows["exception_key"].isin(still), "exception_id"]
    exceptions.close_for(conn, "exception_id", over, [TYPE], "settled", posting_date)


def repeated(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """Decisions in force that say again what an earlier payment of the same payer says, as rows of exceptions."""
    select = (
        sa.select(
            *(P.c.claim_payment_id, P.c.family_id, P.c.payer_sequence, CP.c.paid_cents.label("amount_cents")),
            *(CP.c.file_id, CP.c.seg, CP.c.ordinal, R.c.remit_id, R.c.remit_key, R.c.payer_code),
            posting_order().label("posting_order"),
        )
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == P.c.remit_id)
        .where(*_IN_FORCE)
    )
    rows = frame_of(conn, select, P.c.family_id, family_ids).sort_values(["posting_order", "ordinal"])
    rows = rows.merge(
        claim_keys(conn, "claim_payment_id", rows["claim_payment_id"].tolist()).drop(columns="remit_id"),
        on="claim_payment_id",
    )
    first = rows.groupby(["family_id", "payer_code", "payer_sequence", "claim_key"])["remit_id"].transform("first")
    again = rows[rows["remit_id"] != first]
    key = TYPE + ":" + again["remit_key"] + ":" + again["ordinal"].astype("str")
    return again.assign(type_code=TYPE, exception_key=key)
