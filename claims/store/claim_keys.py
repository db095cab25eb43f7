"""What makes two claim payments of a payer the same news: their claim key, its lines included."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.rows import frame_of

CP, SP = schema.claim_payments, schema.service_payments
FACTS = (CP.c.claim_number_normal, CP.c.payer_claim_number, CP.c.status_code, CP.c.charge_cents, CP.c.paid_cents)


def claim_keys(conn: sa.Connection, column: str, ids: Sequence[int]) -> pd.DataFrame:
    """Keys of claim payments whose `column` (remit_id, claim_payment_id) is one of `ids`.

    claim_payment_id, remit_id, claim_key: both numbers, status, charge, cash and every line.
    """
    select = sa.select(CP.c.claim_payment_id, CP.c.remit_id, *FACTS)
    claims = frame_of(conn, select, CP.c[column], ids)
    lines = frame_of(
        conn,
        sa.select(
            *(SP.c.claim_payment_id, SP.c.procedure_code, SP.c.modifiers, SP.c.charge_cents, SP.c.paid_cents),
            *(SP.c.service_date, SP.c.line_control_number),
        ),
        SP.c.claim_payment_id,
        claims["claim_payment_id"].tolist(),
    )
    text = _joined(lines.drop(columns="claim_payment_id"))
    told = lines[["claim_payment_id"]].assign(text=text).sort_values("text").groupby("claim_payment_id")["text"]
    own = told.agg("|".join).reindex(claims["claim_payment_id"]).fillna("").to_numpy(dtype=object)
    keys = _joined(claims.drop(columns=["claim_payment_id", "remit_id"])) + "\x1e" + own
    return claims[["claim_payment_id", "remit_id"]].assign(claim_key=keys.astype("str"))


def _joined(rows: pd.DataFrame) -> pd.Series:
    text = rows[rows.columns[0]].astype("str")
    for name in rows.columns[1:]:
        text = text + "\x1f" + rows[name].fillna("").astype("str")
    return text
