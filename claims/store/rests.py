"""What later payers left open: named on the last decision in force of each, whichever decision made the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import exceptions, schema
from claims.store.posting import STANDING
from claims.store.posting_order import posting_order
from claims.store.rows import frame_of

CP, R, P, E, L = (
    schema.claim_payments,
    schema.remittances,
    schema.claim_postings,
    schema.exceptions,
    schema.ledger_lines,
)
TYPE = "SECONDARY_SHORT"
FIRST_PAYER = "P"


def name_rests(conn: sa.Connection, family_ids: Sequence[int], posting_date: date) -> None:
    """Keep one open exception for each later payer of these claims that has decided and left something open.

    Its amount is what is open by now. One without a rest `settled.close_settled` closes.
    """
    rows = _rests(conn, family_ids)
    open_now = frame_of(
        conn,
        sa.select(E.c.exception_id, E.c.exception_key, P.c.family_id, P.c.payer_sequence)
        .join(P, sa.and_(P.c.claim_payment_id == E.c.claim_payment_id, P.c.ended_at.is_(None)))
        .where(E.c.type_code == TYPE, E.c.state == "open"),
        P.c.family_id,
        family_ids,
    )
    turn = ["family_id", "payer_sequence"]
    is_named_by_later = pd.MultiIndex.from_frame(open_now[turn]).isin(pd.MultiIndex.from_frame(rows[turn]))
    older = open_now[is_named_by_later & ~open_now["exception_key"].isin(rows["exception_key"])]
    exceptions.close_for(conn, "exception_id", older["exception_id"], [TYPE], "reclassified", posting_date)
    exceptions.open_all(conn, rows, posting_date)
    exceptions.restate(conn, rows)


def _rests(conn: sa.Connection, family_ids: Sequence[int]) -> pd.DataFrame:
    """What is open with later payers that have decided, as rows of exceptions of the last decision of each."""
    cents = sa.func.sum(L.c.amount_cents)
    open_ = frame_of(
        conn,
        sa.select(L.c.family_id, L.c.payer_sequence, sa.cast(cents, sa.BigInteger).label("amount_cents"))
        .where(L.c.account == "1100", L.c.payer_sequence.not_in(["", FIRST_PAYER]))
        .group_by(L.c.family_id, L.c.payer_sequence)
        .having(cents > 0),
        L.c.family_id,
        family_ids,
    )
    decided = frame_of(
        conn,
        sa.select(
            *(P.c.claim_payment_id, P.c.family_id, P.c.payer_sequence, CP.c.file_id, CP.c.seg, CP.c.ordinal),
            *(R.c.remit_id, R.c.remit_key, posting_order().label("posting_order")),
        )
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == P.c.remit_id)
        .where(P.c.ended_at.is_(None), P.c.is_superseded == STANDING, P.c.outcome == "posted"),
        P.c.family_id,
        open_["family_id"].drop_duplicates().tolist(),
    ).sort_values(["posting_order", "ordinal"])
    turn = ["family_id", "payer_sequence"]
    rows = decided.drop_duplicates(turn, keep="last").merge(open_, on=turn)
    key = TYPE + ":" + rows["remit_key"] + ":" + rows["ordinal"].astype("str")
    return rows.assign(type_code=TYPE, exception_key=key)
