"""Write what people say of exceptions: the row changes, and an event keeps who, when and in what words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import pandas as pd
import sqlalchemy as sa

from claims.store import clock, schema, sealed
from claims.store.exceptions import ACCEPTED, reopen
from claims.store.rows import update_where_in

E, EVENT, P, R, TIE = (
    schema.exceptions,
    schema.exception_events,
    schema.claim_postings,
    schema.remittances,
    schema.deposit_matches,
)


class Standing(NamedTuple):
    """How an exception stands before somebody acts on it; `events`: how many times somebody did."""

    type_code: str
    state: str
    closed_reason: str
    amount_cents: int
    owner: str
    events: int


def standing(conn: sa.Connection, exception_id: int) -> Standing | None:
    """Read how an exception stands; none: there is no such one."""
    events = sa.select(sa.func.count()).where(EVENT.c.exception_id == E.c.exception_id).scalar_subquery()
    reason = sa.func.coalesce(E.c.closed_reason, "")
    select = sa.select(E.c.type_code, E.c.state, reason, E.c.amount_cents, E.c.owner, events)
    row = conn.execute(select.where(E.c.exception_id == exception_id)).one_or_none()
    return None if row is None else Standing(*row)


def family_of(conn: sa.Connection, exception_id: int) -> int:
    """Give the claim (family_id) that an exception is about; 0: it is about none."""
    C = schema.claims
    select = sa.select(sa.func.coalesce(E.c.family_id, C.c.family_id, 0)).outerjoin(C, C.c.claim_id == E.c.claim_id)
    return int(conn.scalar(select.where(E.c.exception_id == exception_id)) or 0)


def is_over(conn: sa.Connection, exception_id: int) -> bool:
    """Tell whether the posting, remittance or tie that an exception speaks of stands no more."""
    posting = sa.select(P.c.claim_posting_id).where(
        P.c.claim_payment_id == E.c.claim_payment_id, P.c.ended_at.is_(None), P.c.outcome != "unapplied"
    )
    remittance = sa.select(R.c.remit_id).where(R.c.remit_id == E.c.remit_id, R.c.state == "posted")
    tie = sa.select(TIE.c.deposit_match_id).where(TIE.c.bank_line_id == E.c.bank_line_id, TIE.c.ended_at.is_(None))
    stands = sa.case(
        (E.c.claim_payment_id.is_not(None), posting.correlate(E).exists()),
        (E.c.remit_id.is_not(None), remittance.correlate(E).exists()),
        (E.c.bank_line_id.is_not(None), tie.correlate(E).exists()),
        else_=sa.true(),
    )
    return conn.scalar(sa.select(E.c.exception_id).where(E.c.exception_id == exception_id, ~stands)) is not None


def own(conn: sa.Connection, exception_id: int, owner: str, actor: str, posting_date: date) -> None:
    """Give an exception to somebody; empty: to nobody."""
    update_where_in(conn, E, E.c.exception_id, [exception_id], owner=owner)
    kind = "assigned" if owner else "unassigned"
    tell(conn, exception_id, kind, {"owner": owner} if owner else {}, actor, posting_date, clock.now())


def accept(conn: sa.Connection, exception_id: int, reason: str, actor: str, posting_date: date) -> None:
    """Close an exception as accepted."""
    settle(conn, exception_id, ACCEPTED, {"reason": reason}, actor, posting_date)


def settle(
    conn: sa.Connection, exception_id: int, word: str, said: Mapping[str, str], actor: str, posting_date: date
) -> None:
    """Close an exception for what a person did with it (`word`, which its event is called by, too)."""
    at = clock.now()
    closed = {"state": "closed", "closed_at": at, "closed_posting_date": posting_date, "closed_reason": word}
    update_where_in(conn, E, E.c.exception_id, [exception_id], **closed)
    tell(conn, exception_id, word, said, actor, posting_date, at)


def take_up(conn: sa.Connection, exception_id: int, reason: str, actor: str, posting_date: date) -> None:
    """Open an accepted exception again; it is as old as it was."""
    reopen(conn, [exception_id], posting_date, is_as_old=True)
    said = {"reason": reason} if reason else {}
    tell(conn, exception_id, "taken_up_again", said, actor, posting_date, clock.now())


def tell(
    conn: sa.Connection,
    exception_id: int,
    kind: str,
    said: Mapping[str, str],
    actor: str,
    posting_date: date,
    recorded_at: str,
) -> None:
    """Append an event of an exception as it stands by now."""
    amount = conn.scalar(sa.select(E.c.amount_cents).where(E.c.exception_id == exception_id))
    row = {"exception_id": exception_id, "kind": kind, "amount_cents": int(amount or 0)}
    row |= {"body": json.dumps(said, sort_keys=True), "posting_date": posting_date.isoformat(), "actor": actor}
    row |= {"recorded_at": recorded_at}
    texts = ("kind", "body", "posting_date", "actor", "recorded_at")
    sealed.append(conn, EVENT, E, pd.DataFrame([row]).astype(dict.fromkeys(texts, "str")))
