"""Exceptions that something had closed that stands no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema, settled
from claims.store.bulk_update import bulk_update
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
PAST, RUN = schema.past_exceptions, schema.runs
# What names a provider adjustment carries the generation of its posting, and the word of a journal that moved it since.
GENERATION = r":plb:[0-9]+(:[0-9]+(?::[a-z-]+)?)$"
# What the posting of a remittance as a whole, its provider adjustments included, may name.
OF_REMITTANCES = (
    "INTEREST_DIFFERS",
    "PLB_UNCONFIGURED",
    "PLB_UNKNOWN",
    "WO_WITHOUT_REVERSAL",
    "FB_WITHOUT_FORWARD",
    "ADVANCE_MISSING",
    "WITHHOLDING_MISSING",
    "REFUND_WITHOUT_RECOVERY",
    "REFUND_NOT_IN_BOOKS",
)


def _closed_as(reason: str) -> sa.Select[Any]:
    return sa.select(E.c.exception_id).where(E.c.state == "closed", E.c.closed_reason == reason)


def closed_keys(conn: sa.Connection, reason: str, keys: Sequence[str]) -> list[int]:
    """Those of these keys that were closed for a reason."""
    found: list[int] = []
    for start in range(0, len(keys), IN_LIST):
        own = _closed_as(reason).where(E.c.exception_key.in_(keys[start : start + IN_LIST]))
        found += [int(one) for one in conn.scalars(own)]
    return found


def of_payments(conn: sa.Connection, reason: str, claim_payment_ids: Sequence[int], types: Sequence[str]) -> list[int]:
    """Those of some types that hang on claim payments and were closed for a reason."""
    own = _closed_as(reason).where(E.c.type_code.in_(types))
    return [int(one) for one in frame_of(conn, own, E.c.claim_payment_id, claim_payment_ids)["exception_id"]]


def unsettled(conn: sa.Connection, family_ids: Sequence[int]) -> list[int]:
    """Balances of claims that were settled and are not any more, where the decision that they are of stands."""
    stands = sa.select(P.c.claim_payment_id).where(
        P.c.ended_at.is_(None), P.c.is_superseded == 0, P.c.outcome == "posted"
    )
    of_standing = sa.or_(E.c.claim_payment_id.is_(None), E.c.claim_payment_id.in_(stands))
    own = _closed_as("settled").where(E.c.type_code.in_(settled.TYPES), of_standing, ~settled.is_settled())
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
    own = _closed_as("voided").where(E.c.type_code == "CLAIM_VERSION_OPEN", E.c.claim_id.in_(claims))
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


def age_as_before(conn: sa.Connection, run_id: int, *, by_undo: bool = True) -> None:
    """Let exceptions that a replay has opened, and that an undo had closed last, wait since the day that they had then.

    Whatever the undo closed them for: by its own word, or because what is left of a deposit, of a debit or of a balance
    was another thing then. Nothing else closes exceptions while an undo goes on: such a run is alone.

    Not `by_undo`: those that the undo of a bank file has opened are as old as when its deposits had closed them.
    """
    began = sa.select(RUN.c.started_at).where(RUN.c.run_id == run_id).scalar_subquery()
    own = sa.select(E.c.exception_id, E.c.exception_key)
    day = sa.type_coerce(sa.func.coalesce(E.c.since_date, E.c.posting_date), sa.Date).label("told_date")
    opened = frame(
        conn, own.add_columns(day).where(E.c.state == "open", E.c.opened_at >= began, E.c.type_code != "UNDONE")
    )
    if opened.empty:
        return
    opened["own_key"] = _without_generation(opened["exception_key"])
    past = own.add_columns(*_closed(PAST)).join(PAST, PAST.c.exception_id == E.c.exception_id)
    parts = [frame_of(conn, past, E.c.exception_id, opened["exception_id"].tolist())]
    if (opened["own_key"] != opened["exception_key"]).any():
        # A provider adjustment that is posted again has another key; what its former one named stays closed.
        of_adjustment = E.c.exception_key.like("%:plb:%")
        parts.append(frame(conn, past.where(of_adjustment)))
        parts.append(frame(conn, own.add_columns(*_closed(E)).where(of_adjustment, E.c.state == "closed")))
    before = pd.concat(parts, ignore_index=True)
    before["own_key"] = _without_generation(before["exception_key"])
    last = before.sort_values("closed_at").drop_duplicates("own_key", keep="last").set_index("own_key")
    kept = last["since_date"].where(last["by_undo"]) if by_undo else last["since_date"]
    rows = opened.assign(since_date=kept.reindex(opened["own_key"]).to_numpy())
    older = rows[rows["since_date"].notna() & (rows["since_date"] < rows["told_date"])]
    bulk_update(conn, E, older[["exception_id", "since_date"]])


def _closed(table: Any) -> tuple[sa.ColumnElement[Any], ...]:
    """Of exceptions that were closed: when, since which day they were open then, and whether an undo did it."""
    in_run = table.c.closed_at.between(RUN.c.started_at, RUN.c.finished_at)
    by_undo = sa.select(sa.literal(1)).where(RUN.c.kind == "undo", in_run).correlate(table).exists()
    since = sa.type_coerce(sa.func.coalesce(table.c.since_date, table.c.posting_date), sa.Date).label("since_date")
    return table.c.closed_at, since, sa.type_coerce(by_undo, sa.Boolean).label("by_undo")


def _without_generation(keys: pd.Series[str]) -> pd.Series[str]:
    end = keys.str.extract(GENERATION, expand=False).fillna("")
    own = [key.removesuffix(generation) for key, generation in zip(keys, end, strict=True)]
    return pd.Series(own, index=keys.index, dtype="str")
