"""What stands before a posting: earlier decisions on the same claims, their ledger lines, what people moved since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.in_force import Origin, stands
from claims.store.load import frame
from claims.store.posting import BY_HAND, CASH_RULES, ON_UNDONE, RELEASED, STANDING, TAKEN_BACK, Scope, families_of
from claims.store.posting_order import payment_day, posting_order

CP, R, P, M = schema.claim_payments, schema.remittances, schema.claim_postings, schema.matches
J, L = schema.journals, schema.ledger_lines
ALWAYS = "9"  # after every instant
BY_PAYER = "taken back"  # in place of the outcome of a decision that a reversal took back


def first_at() -> sa.ColumnElement[str]:
    """When a posting was written first: an undo and a replay write it anew, and it is as old as before."""
    since: sa.ColumnElement[str] = sa.func.coalesce(sa.func.nullif(P.c.waits_since, ""), P.c.recorded_at)
    return since


def touched(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """What people moved on 1110 and 1200 of the families in scope: family_id, account, line_number, if not zero."""
    origin = Origin()  # a reversal takes a person's transfer with it
    select = sa.select(L.c.family_id, L.c.account, L.c.line_number).join(J, J.c.journal_id == L.c.journal_id)
    return frame(
        conn,
        origin.joined(select)
        .where(
            L.c.family_id.in_(families_of(scope)),
            L.c.account.in_(["1110", "1200"]),
            origin.source.not_in(["835", "apply", "charge"]),
        )
        .group_by(L.c.family_id, L.c.account, L.c.line_number)
        .having(sa.func.sum(L.c.amount_cents) != 0),
    )


def _decided(scope: Scope, until: str, words: tuple[int, ...] = (STANDING, RELEASED)) -> sa.ColumnElement[bool]:
    """Posted or waiting payments in force that the scope may touch: same family, or same payer and claim number.

    `words`: how they stand. `until`: what came to wait only later is left out (of a posting that is done again).
    """
    own, own_remit = CP.alias("own"), R.alias("own_remit")
    reversing = sa.and_(own.c.claim_payment_id.in_(scope.ids), own.c.status_code == "22")
    numbers = (
        sa.select(own.c.claim_number_normal, own_remit.c.payer_code)
        .join(own_remit, own_remit.c.remit_id == own.c.remit_id)
        .where(reversing, own.c.claim_number_normal != "")
    )
    payers_numbers = (
        sa.select(own.c.payer_claim_number, own_remit.c.payer_code)
        .join(own_remit, own_remit.c.remit_id == own.c.remit_id)
        .where(reversing, own.c.claim_number_normal == "", own.c.payer_claim_number != "")
    )
    return sa.and_(
        P.c.ended_at.is_(None),
        P.c.is_superseded.in_(words),
        P.c.outcome.in_(["posted", "unapplied"]),
        sa.func.coalesce(P.c.reason_code, "") != ON_UNDONE,  # it waits for its turn: nothing is decided yet
        sa.or_(P.c.outcome == "posted", first_at() < until),
        sa.or_(
            P.c.family_id.in_(families_of(scope)),
            sa.tuple_(CP.c.claim_number_normal, R.c.payer_code).in_(numbers),
            sa.tuple_(CP.c.payer_claim_number, R.c.payer_code).in_(payers_numbers),
        ),
    )


def decided(conn: sa.Connection, scope: Scope, until: str = ALWAYS) -> pd.DataFrame:
    """Earlier decisions that the scope may reverse or repeat, newest first (`place` 1 = newest).

    Those that a reversal took back are told too, with `BY_PAYER` for an outcome.
    """
    day = payment_day()
    rows = frame(
        conn,
        sa.select(
            CP.c.claim_payment_id,
            CP.c.remit_id,
            P.c.family_id,
            P.c.payer_sequence,
            posting_order().label("posting_order"),
            CP.c.ordinal,
            R.c.payer_code,
            R.c.payee_identifier,
            CP.c.status_code,
            CP.c.claim_number_normal,
            CP.c.payer_claim_number,
            CP.c.original_reference,
            CP.c.member_id,
            CP.c.charge_cents,
            CP.c.paid_cents,
            sa.type_coerce(sa.func.coalesce(M.c.rule, "") == BY_HAND, sa.Boolean).label("is_by_hand"),
            sa.case((P.c.is_superseded == TAKEN_BACK, BY_PAYER), else_=P.c.outcome).label("outcome"),
            sa.case((P.c.is_superseded == RELEASED, 1), else_=0).label("is_released"),
        )
        .select_from(P)
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .outerjoin(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .where(_decided(scope, until, (STANDING, RELEASED, TAKEN_BACK)))
        .order_by(day.desc(), R.c.remit_key.desc(), CP.c.ordinal.desc()),
    )
    return rows.assign(place=range(1, len(rows) + 1))


def of_decided(scope: Scope, until: str = ALWAYS) -> Scope:
    """Scope of the earlier decisions that the scope may reverse or repeat."""
    return Scope(
        sa.select(P.c.claim_payment_id)
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == CP.c.remit_id)
        .where(_decided(scope, until))
    )


def decided_lines(conn: sa.Connection, scope: Scope, until: str = ALWAYS) -> pd.DataFrame:
    """Ledger lines in force of the decisions that the scope may take back, and of what continues them."""
    return frame(conn, _lines_in_force().where(J.c.claim_payment_id.in_(of_decided(scope, until).ids))).assign(
        reverses_key=""
    )


def corrections(conn: sa.Connection, scope: Scope, decides: Sequence[str]) -> pd.DataFrame:
    """What is decided on the claims of reversals in scope beside them, in one remittance: remit_id, family_id,
    payer_sequence.

    `decides`: the statuses of decisions. Whether one was posted, waits or was taken back is no matter: a reversal that
    is tried later, or posted again, finds what it found first.
    """
    back, claim = CP.alias("back"), M.alias("claim")
    select = (
        sa.select(back.c.remit_id, M.c.family_id, M.c.payer_sequence)
        .select_from(back)
        .join(claim, sa.and_(claim.c.claim_payment_id == back.c.claim_payment_id, claim.c.ended_at.is_(None)))
        .join(M, sa.and_(M.c.family_id == claim.c.family_id, M.c.ended_at.is_(None)))
        .join(CP, sa.and_(CP.c.claim_payment_id == M.c.claim_payment_id, CP.c.remit_id == back.c.remit_id))
        .where(back.c.claim_payment_id.in_(scope.ids), back.c.status_code == "22")
        .where(CP.c.status_code.in_(decides), CP.c.charge_cents >= 0, CP.c.paid_cents >= 0)
    )
    return frame(conn, select.distinct())


def parked(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Ledger lines in force that put cash of the scope on 2200, where it waits."""
    own = sa.and_(J.c.claim_payment_id.in_(scope.ids), J.c.source == "835", L.c.rule_id.in_(CASH_RULES))
    return frame(conn, _lines_in_force().where(own))


def _lines_in_force() -> sa.Select[Any]:
    return (
        sa.select(
            J.c.claim_payment_id,
            J.c.idempotency_key.label("journal_key"),
            L.c.line_number,
            L.c.account,
            L.c.amount_cents,
            L.c.rule_id,
            L.c.payer_code,
            L.c.payer_sequence,
            L.c.group_code,
            L.c.reason_code,
            sa.func.coalesce(L.c.service_payment_id, 0).label("service_payment_id"),
            sa.func.coalesce(L.c.adjustment_id, 0).label("adjustment_id"),
            L.c.family_id,
        )
        .join(L, L.c.journal_id == J.c.journal_id)
        .where(J.c.reverses_journal_id.is_(None), stands())
        .order_by(J.c.journal_id, L.c.ledger_line_id)
    )
