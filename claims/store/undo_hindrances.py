"""What refuses an undo, by the numbers that commands take: actions, payments and refunds of patients, claims, bank
lines, remittances."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import IN_LIST, frame_of

J, L, D, M, R, F = (
    schema.journals,
    schema.ledger_lines,
    schema.deposit_matches,
    schema.matches,
    schema.remittances,
    schema.families,
)
EVENT, PP, RF = schema.denial_events, schema.patient_payments, schema.patient_refunds


def journals(conn: sa.Connection, journal_ids: Sequence[int]) -> pd.DataFrame:
    """Read journals: journal_id, idempotency_key, recorded_at, amount_cents (its debits)."""
    debits = sa.select(sa.func.sum(L.c.amount_cents)).where(L.c.journal_id == J.c.journal_id, L.c.amount_cents > 0)
    cents = sa.cast(sa.func.coalesce(debits.scalar_subquery(), 0), sa.BigInteger).label("amount_cents")
    select = sa.select(J.c.journal_id, J.c.idempotency_key, J.c.recorded_at, cents)
    return frame_of(conn, select, J.c.journal_id, journal_ids)


def references(conn: sa.Connection, journal_ids: Sequence[int]) -> pd.DataFrame:
    """Read the keys of payments and refunds that the lines of journals carry: journal_id, reference."""
    select = sa.select(L.c.journal_id, L.c.reference).where(L.c.reference != "")
    return frame_of(conn, select, L.c.journal_id, journal_ids).drop_duplicates()


def actions(conn: sa.Connection, event_ids: Sequence[int]) -> dict[int, int]:
    """Give the action of the desk that each of these events of cases is of."""
    select = sa.select(EVENT.c.event_id, EVENT.c.action_id).where(EVENT.c.action_id.is_not(None))
    rows = frame_of(conn, select, EVENT.c.event_id, event_ids)
    return dict(rows.itertuples(index=False, name=None))


def payments(conn: sa.Connection, keys: Sequence[str]) -> dict[str, int]:
    """Give our numbers of patients' payments in the books by their keys."""
    select = sa.select(PP.c.payment_key, PP.c.patient_payment_id).where(PP.c.state.not_in(["new", "held"]))
    parts = [frame(conn, select.where(PP.c.payment_key.in_(part))) for part in _parts(keys)]
    return {str(key): int(number) for part in parts for key, number in part.itertuples(index=False)}


def refunds(conn: sa.Connection, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Give our number and the state of patients' refunds by their keys."""
    select = sa.select(RF.c.refund_key, RF.c.patient_refund_id, RF.c.state)
    parts = [frame(conn, select.where(RF.c.refund_key.in_(part))) for part in _parts(keys)]
    return {str(key): (int(no), str(state)) for part in parts for key, no, state in part.itertuples(index=False)}


def _parts(keys: Sequence[str]) -> list[list[str]]:
    return [list(keys[start : start + IN_LIST]) for start in range(0, max(len(keys), 1), IN_LIST)]


def claims_matched(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> dict[int, int]:
    """Give our number of the claim that each of these claim payments is matched to."""
    select = sa.select(M.c.claim_payment_id, M.c.claim_id).where(M.c.ended_at.is_(None), M.c.claim_id.is_not(None))
    rows = frame_of(conn, select, M.c.claim_payment_id, claim_payment_ids)
    return dict(rows.itertuples(index=False, name=None))


def waiting(conn: sa.Connection, claim_payment_ids: Sequence[int]) -> dict[int, int]:
    """Give the open exception of each of these claim payments whose cash waits."""
    E, P = schema.exceptions, schema.claim_postings
    select = (
        sa.select(E.c.claim_payment_id, sa.func.min(E.c.exception_id).label("exception_id"))
        .join(P, P.c.claim_payment_id == E.c.claim_payment_id)
        .where(E.c.state == "open", P.c.ended_at.is_(None), P.c.outcome == "unapplied")
        .group_by(E.c.claim_payment_id)
    )
    rows = frame_of(conn, select, E.c.claim_payment_id, claim_payment_ids)
    return dict(rows.itertuples(index=False, name=None))


def bank_lines(conn: sa.Connection, journal_ids: Sequence[int]) -> dict[int, int]:
    """Give our number of the bank line whose tie these journals posted."""
    rows = frame_of(conn, sa.select(D.c.journal_id, D.c.bank_line_id), D.c.journal_id, journal_ids)
    return dict(rows.itertuples(index=False, name=None))


def traces(conn: sa.Connection, remit_ids: Sequence[int]) -> pd.DataFrame:
    """Read the trace numbers of remittances: remit_id, trace_number, of_posted (how many that stand have it)."""
    other = R.alias("other")
    same = sa.select(sa.func.count()).where(other.c.trace_number == R.c.trace_number, other.c.state == "posted")
    select = sa.select(R.c.remit_id, R.c.trace_number, same.scalar_subquery().label("of_posted"))
    return frame_of(conn, select, R.c.remit_id, remit_ids)


def claim_numbers(conn: sa.Connection, family_ids: Sequence[int]) -> dict[int, int]:
    """Give our number of the first claim of each family: what commands take after ``id:``."""
    C = schema.claims
    select = sa.select(C.c.family_id, sa.func.min(C.c.claim_id).label("claim_id")).group_by(C.c.family_id)
    rows = frame_of(conn, select, C.c.family_id, family_ids)
    return dict(rows.itertuples(index=False, name=None))


def of_trace(conn: sa.Connection, trace_number: str, state: str) -> list[int]:
    """Remittances of a state with a trace number, in whatever case it is typed."""
    same = sa.func.lower(R.c.trace_number) == trace_number.lower()
    rows = frame(conn, sa.select(R.c.remit_id).where(same, R.c.state == state).order_by(R.c.remit_id))
    return [int(one) for one in rows["remit_id"]]
