"""Denial cases as they stand, what changed them after a day, and where the decisions stand in their files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import AsOf, total
from claims.store.rows import frame_of

J, L = schema.journals, schema.ledger_lines
CASE, EVENT, CP, FILE, F, EA, P = (
    schema.denial_cases,
    schema.denial_events,
    schema.claim_payments,
    schema.files,
    schema.families,
    schema.expected_allowed,
    schema.claim_postings,
)


def cases(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read all cases opened by then, with the billing provider of a known claim."""
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    return frame(
        conn,
        sa.select(*columns, sa.func.coalesce(F.c.billing_npi, "").label("billing_npi"))
        .outerjoin(F, F.c.family_id == CASE.c.family_id)
        .where(CASE.c.posting_date <= as_of.day, CASE.c.recorded_at <= as_of.known_at),
    )


def later_changes(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read the events since then that say what a case looked like before them, oldest first."""
    return frame(
        conn,
        sa.select(EVENT.c.case_id, EVENT.c.body)
        .where(
            sa.or_(EVENT.c.posting_date > as_of.day, EVENT.c.recorded_at > as_of.known_at),
            EVENT.c.body.like('%"before"%'),
        )
        .order_by(EVENT.c.event_id),
    )


def expected(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read what contracts allow for each line of the decisions that cases stand on, as it was known then."""
    return frame(
        conn,
        sa.select(EA.c.claim_payment_id, EA.c.line_number, EA.c.expected_cents).where(
            EA.c.claim_payment_id.in_(sa.select(EVENT.c.claim_payment_id).where(EVENT.c.claim_payment_id.is_not(None))),
            EA.c.recorded_at <= as_of.known_at,
            sa.or_(EA.c.ended_at.is_(None), EA.c.ended_at > as_of.known_at),
        ),
    )


def addresses(conn: sa.Connection) -> pd.DataFrame:
    """Read where each decision that a case ever stood on stands: file hash, segment, offset, length."""
    decided = sa.select(EVENT.c.claim_payment_id).where(EVENT.c.claim_payment_id.is_not(None))
    return frame(
        conn,
        sa.select(CP.c.claim_payment_id, FILE.c.sha256, CP.c.seg, CP.c.offset, CP.c.length)
        .join(FILE, FILE.c.file_id == CP.c.file_id)
        .where(CP.c.claim_payment_id.in_(decided)),
    )


def open_cases(conn: sa.Connection, family_ids: Collection[int] | None = None) -> pd.DataFrame:
    """Read the open cases (of these claims): case_id, family_id, payer_sequence, reason_code, cents, is_held."""
    names = ("case_id", "family_id", "payer_sequence", "reason_code", "at_risk_cents", "worth_cents", "denied_cents")
    waits = sa.select(sa.literal(1)).where(
        P.c.claim_payment_id == CASE.c.claim_payment_id, P.c.ended_at.is_(None), P.c.outcome == "unapplied"
    )
    is_held = sa.and_(CASE.c.family_id.is_not(None), waits.exists()).label("is_held")
    select = sa.select(*(CASE.c[name] for name in names), is_held).where(CASE.c.state != "closed")
    return _of(conn, select, CASE.c.family_id, family_ids)


def held(conn: sa.Connection, as_of: AsOf, family_ids: Collection[int] | None = None) -> pd.DataFrame:
    """Sum what stood on 1110 (of these claims) by the decision that put it there, less what took that back.

    What a reversal, or an undo of it, moves is its target's: a decision that was taken back holds nothing.

    Gives family_id, payer_sequence, claim_payment_id, group_code, reason_code, rule_id, amount_cents (not zero).
    """
    target, first = J.alias("target"), J.alias("first_target")
    decision = sa.func.coalesce(first.c.claim_payment_id, target.c.claim_payment_id, J.c.claim_payment_id)
    keys = (
        L.c.family_id,
        L.c.payer_sequence,
        decision.label(J.c.claim_payment_id.name),
        L.c.group_code,
        L.c.reason_code,
        L.c.rule_id,
    )
    select = sa.select(*keys, total(L.c.amount_cents).label("amount_cents"))
    select = select.join(J, J.c.journal_id == L.c.journal_id).where(L.c.account == "1110", as_of.journals())
    # An undo reverses a journal that may itself have taken a decision back.
    select = select.outerjoin(target, target.c.journal_id == J.c.reverses_journal_id)
    select = select.outerjoin(first, first.c.journal_id == target.c.reverses_journal_id)
    select = select.group_by(*keys).having(sa.func.sum(L.c.amount_cents) != 0)
    return _of(conn, select, L.c.family_id, family_ids)


def held_decisions(conn: sa.Connection, as_of: AsOf) -> pd.Series[int]:
    """Read the claim payments that stand in cases and that were held and not posted by then."""
    stood = sa.select(EVENT.c.claim_payment_id).where(EVENT.c.claim_payment_id.is_not(None))
    known = sa.and_(P.c.posting_date <= as_of.day, P.c.recorded_at <= as_of.known_at)
    last = sa.select(sa.func.max(P.c.claim_posting_id)).where(known, P.c.claim_payment_id.in_(stood))
    select = sa.select(P.c.claim_payment_id).where(
        P.c.claim_posting_id.in_(last.group_by(P.c.claim_payment_id)), P.c.outcome == "unapplied"
    )
    return frame(conn, select.order_by(P.c.claim_payment_id))["claim_payment_id"]


def happened(
    conn: sa.Connection, as_of: AsOf, kinds: Sequence[str], case_ids: Collection[int] | None = None
) -> pd.DataFrame:
    """Read the events of these kinds by then (of these cases): case_id, kind, claim_payment_id, amount_cents."""
    names = (EVENT.c.event_id, EVENT.c.case_id, EVENT.c.kind, EVENT.c.claim_payment_id, EVENT.c.amount_cents)
    known = sa.and_(EVENT.c.posting_date <= as_of.day, EVENT.c.recorded_at <= as_of.known_at)
    rows = _of(conn, sa.select(*names).where(known, EVENT.c.kind.in_(list(kinds))), EVENT.c.case_id, case_ids)
    return rows.sort_values("event_id", ignore_index=True).drop(columns="event_id")


def _of(
    conn: sa.Connection, select: sa.Select[Any], column: sa.ColumnElement[Any], values: Collection[int] | None
) -> pd.DataFrame:
    """Run a select for all rows, or for those whose `column` is one of `values`."""
    return frame(conn, select) if values is None else frame_of(conn, select, column, sorted(values))
