"""Exceptions that something had closed that stands no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema, settled
from claims.store.load import frame
from claims.store.replaced import is_replaced
from claims.store.rows import IN_LIST, frame_of

E, P, R, T, J = (
    schema.exceptions,
    schema.claim_postings,
    schema.remittances,
    schema.transactions,
    schema.journals,
)
# What the posting of a remittance as a whole, its provider adjustments included, may name.
OF_REMITTANCES = (
    "INTEREST_DIFFERS",
    "PLB_UNCONFIGURED",
    "PLB_UNKNOWN",
    "WO_WITHOUT_REVERSAL",
    "FB_WITHOUT_FORWARD",
)


def _closed(reason: str) -> sa.Select[Any]:
    return sa.select(E.c.exception_id).where(E.c.state == "closed", E.c.closed_reason == reason)


def closed_keys(conn: sa.Connection, reason: str, keys: Sequence[str]) -> list[int]:
    """Those of these keys that were closed for a reason."""
    found: list[int] = []
    for start in range(0, len(keys), IN_LIST):
        own = _closed(reason).where(E.c.exception_key.in_(keys[start : start + IN_LIST]))
        found += [int(one) for one in conn.scalars(own)]
    return found


def of_payments(conn: sa.Connection, reason: str, claim_payment_ids: Sequence[int], types: Sequence[str]) -> list[int]:
    """Those of some types that hang on claim payments and were closed for a reason."""
    own = _closed(reason).where(E.c.type_code.in_(types))
    return [int(one) for one in frame_of(conn, own, E.c.claim_payment_id, claim_payment_ids)["exception_id"]]


def unsettled(conn: sa.Connection, family_ids: Sequence[int]) -> list[int]:
    """Balances of claims that were settled and are not any more, where the decision that they are of stands."""
    stands = sa.select(P.c.claim_payment_id).where(
        P.c.ended_at.is_(None), P.c.is_superseded == 0, P.c.outcome == "posted"
    )
    of_standing = sa.or_(E.c.claim_payment_id.is_(None), E.c.claim_payment_id.in_(stands))
    own = _closed("settled").where(E.c.type_code.in_(settled.TYPES), of_standing, ~settled.is_settled())
    return [int(one) for one in frame_of(conn, own, E.c.family_id, family_ids)["exception_id"]]


def voids_again(conn: sa.Connection, family_ids: Sequence[int]) -> list[int]:
    """Versions of claims whose void held until the charge was put back."""
    undone = J.alias("undone")
    void = (
        sa.select(J.c.family_id)
        .join(undone, undone.c.reverses_journal_id == J.c.journal_id)
        .where(J.c.source == "charge", J.c.reason_code == "voided")
    )
    C = schema.claims
    claims = sa.select(C.c.claim_id).where(C.c.family_id.in_(void))
    own = _closed("voided").where(E.c.type_code == "CLAIM_VERSION_OPEN", E.c.claim_id.in_(claims))
    return [int(one) for one in frame_of(conn, own, E.c.family_id, family_ids)["exception_id"]]


def held_again(conn: sa.Connection) -> list[int]:
    """Sets held for their content whose payment is posted from no other file any more."""
    held = (
        sa.select(E.c.exception_id)
        .join(T, sa.and_(T.c.file_id == E.c.file_id, T.c.seg == E.c.seg))
        .join(R, R.c.transaction_id == T.c.transaction_id)
        .where(E.c.type_code == "REMIT_HELD", E.c.state == "closed", E.c.closed_reason == "replaced")
        .where(R.c.state == "held", ~is_replaced())
    )
    rows: pd.DataFrame = frame(conn, held)
    return [int(one) for one in rows["exception_id"]]
