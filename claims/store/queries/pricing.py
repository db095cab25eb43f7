"""What is held against contracts: the next families, their postings, what was granted by line, the lines as sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from claims.store import schema, step_marks
from claims.store.load import frame
from claims.store.queries.asof import total
from claims.store.schema.matching import PRICED_AND_ENDED, TO_PRICE

P, CP, SP, A = schema.claim_postings, schema.claim_payments, schema.service_payments, schema.adjustments
R, M, LM, F = schema.remittances, schema.matches, schema.line_matches, schema.families
C, SL, CLASS = schema.claims, schema.service_lines, schema.classifications
E, CASE, EVENT = schema.expected_allowed, schema.variance_cases, schema.variance_events
ROWS, STATE = schema.master_rows, schema.contract_states

KINDS = ("fee_schedules", "contract_terms", "modifier_factors", "variance_tolerances", "payers")
DECIDED = ("posted", "reversal")
HELD = "CORRECTION_WITHOUT_REVERSAL"


# ---- what contracts say, and since when


def contracts_known_at(conn: sa.Connection) -> str:
    """Give the instant of the last change of contracts and what belongs to them; empty: there are none."""
    newest = sa.select(sa.func.max(ROWS.c.recorded_at), sa.func.max(ROWS.c.ended_at)).where(ROWS.c.kind.in_(KINDS))
    return max(one or "" for one in conn.execute(newest).one())


def has_contracts(conn: sa.Connection) -> bool:
    """Tell whether anything was ever said of what a payer pays."""
    asked = sa.select(ROWS.c.master_row_id).where(ROWS.c.kind.in_(KINDS[:2])).limit(1)
    return conn.execute(asked).first() is not None


def priced_by(conn: sa.Connection) -> str:
    """Give the state of contracts that decisions were priced by last."""
    return str(conn.scalar(sa.select(sa.func.max(STATE.c.known_at))) or "")


def changed_since(conn: sa.Connection, known_at: str) -> pd.DataFrame:
    """Read rows of contracts that came or ended after an instant: kind, body."""
    since = sa.or_(ROWS.c.recorded_at > known_at, ROWS.c.ended_at > known_at)
    return frame(conn, sa.select(ROWS.c.kind, ROWS.c.body).where(ROWS.c.kind.in_(KINDS), since))


def price_again(conn: sa.Connection, payers: Iterable[str]) -> None:
    """Let everything that these payers decided (as claims name them; "": every payer) be priced again."""
    names = list(payers)
    again = (P.c.priced_at.is_not(None), P.c.ended_at.is_(None))
    if "" in names:
        step_marks.mark(conn, step_marks.PRICED, None, *again)
        return
    for start in range(0, len(names), 900):
        of_payers = sa.select(M.c.claim_payment_id).where(
            M.c.ended_at.is_(None), M.c.payer_code.in_(names[start : start + 900])
        )
        step_marks.mark(conn, step_marks.PRICED, None, *again, P.c.claim_payment_id.in_(of_payers))


# ---- the next families


@dataclass(frozen=True)
class Scope:
    """Families with postings to be priced, from one id to another."""

    first: int
    last: int

    def families(self) -> sa.CompoundSelect[tuple[int]]:
        """Select their ids."""
        return (
            _waiting()
            .where(P.c.family_id.between(self.first, self.last))
            .union(_ended().where(P.c.family_id.between(self.first, self.last)))
        )

    def postings(self) -> sa.ColumnElement[bool]:
        """Condition on claim_postings: in force, a decision (held ones too) or a reversal, of these families."""
        kinds = sa.or_(P.c.outcome.in_(DECIDED), P.c.reason_code == HELD)
        return sa.and_(P.c.family_id.in_(self.families()), P.c.ended_at.is_(None), kinds)

    def decisions(self) -> sa.Select[tuple[int]]:
        """Select the claim payments by which first payers decided, and that were posted or held until taken back."""
        return self.priced().where(sa.or_(P.c.outcome == "posted", P.c.is_superseded != 0))

    def priced(self) -> sa.Select[tuple[int]]:
        """Select the claim payments by which first payers decided, those that are held among them."""
        first = (P.c.outcome.in_(["posted", "unapplied"]), P.c.payer_sequence == "P")
        return sa.select(P.c.claim_payment_id).where(self.postings(), *first)


def _waiting() -> sa.Select[tuple[int]]:
    return sa.select(P.c.family_id).where(sa.text(TO_PRICE))


def _ended() -> sa.Select[tuple[int]]:
    return sa.select(P.c.family_id).where(sa.text(PRICED_AND_ENDED))


def next_families(conn: sa.Connection, at_most: int) -> Scope | None:
    """Give the next families to be priced, at most so many; None when all are."""
    both = _waiting().union(_ended()).subquery()
    ids = sa.select(both.c.family_id).order_by(both.c.family_id).limit(at_most).subquery()
    first, last = conn.execute(sa.select(sa.func.min(ids.c.family_id), sa.func.max(ids.c.family_id))).one()
    return None if first is None else Scope(int(first), int(last))


def mark(conn: sa.Connection, scope: Scope, at: str) -> None:
    """Note that the postings of these families are priced, and that ended ones no longer count."""
    of_these = P.c.family_id.between(scope.first, scope.last)
    step_marks.mark(conn, step_marks.PRICED, at, sa.text(TO_PRICE), of_these)
    step_marks.mark(conn, step_marks.PRICED, None, sa.text(PRICED_AND_ENDED), of_these)


# ---- what payers decided, and on what


def postings(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Read decisions (held ones are unapplied) and reversals of the families, by any payer, in posting order."""
    day = sa.func.coalesce(sa.cast(R.c.payment_date, sa.String), "")
    select = (
        sa.select(
            *(P.c.claim_payment_id, P.c.remit_id, P.c.family_id, P.c.payer_sequence, P.c.outcome),
            P.c.reverses_claim_payment_id,
            *(CP.c.charge_cents, CP.c.paid_cents, M.c.claim_id, R.c.payer_code, R.c.payer_name),
        )
        .join(CP, CP.c.claim_payment_id == P.c.claim_payment_id)
        .join(R, R.c.remit_id == P.c.remit_id)
        .outerjoin(M, sa.and_(M.c.claim_payment_id == P.c.claim_payment_id, M.c.ended_at.is_(None)))
        .where(scope.postings())
        .order_by(day, R.c.remit_key, sa.case((CP.c.status_code == "22", 0), else_=1), CP.c.ordinal)
    )
    return frame(conn, select)


def service_payments(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Read the lines of the decisions with the number of ours, 0 where none fits."""
    select = (
        sa.select(
            *(SP.c.service_payment_id, SP.c.claim_payment_id, SP.c.charge_cents, SP.c.paid_cents),
            sa.func.coalesce(LM.c.line_number, 0).label("line_number"),
        )
        .outerjoin(M, sa.and_(M.c.claim_payment_id == SP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(LM, sa.and_(LM.c.match_id == M.c.match_id, LM.c.service_payment_id == SP.c.service_payment_id))
        .where(SP.c.claim_payment_id.in_(scope.decisions()))
    )
    return frame(conn, select)


def sums(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Add up the adjustments of each line of the decisions by what they are; service_payment_id 0: of the claim."""

    def of(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return total(sa.case((condition, A.c.amount_cents), else_=0))

    kind = CLASS.c.adjustment_class
    bundled = sa.and_(kind == "info", A.c.reason_code.in_(["94", "97"]))
    line = sa.func.coalesce(A.c.service_payment_id, 0)
    select = (
        sa.select(
            A.c.claim_payment_id,
            line.label("service_payment_id"),
            of(kind == "patient").label("patient_cents"),
            of(kind == "sequestration").label("sequestration_cents"),
            of(CLASS.c.counts_as_denial == 1).label("denied_cents"),
            of(kind == "pending").label("pending_cents"),
            sa.func.max(sa.case((bundled, 1), else_=0)).label("is_bundled"),
        )
        .outerjoin(CLASS, CLASS.c.adjustment_id == A.c.adjustment_id)
        .where(A.c.claim_payment_id.in_(scope.decisions()))
        .group_by(A.c.claim_payment_id, line)
    )
    return frame(conn, select)


def lines(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Read the lines of the claims that were decided, as they were sent, with what terms ask of their claim."""
    of_these = sa.select(M.c.claim_id).where(
        M.c.ended_at.is_(None), M.c.claim_id.is_not(None), M.c.claim_payment_id.in_(scope.priced())
    )
    day = sa.func.coalesce(SL.c.service_date, C.c.statement_from_date)
    last = sa.func.coalesce(SL.c.service_to_date, SL.c.service_date, C.c.statement_to_date, C.c.statement_from_date)
    select = (
        sa.select(
            *(SL.c.claim_id, SL.c.line_number, SL.c.procedure_code, SL.c.modifiers, SL.c.revenue_code),
            *(SL.c.units_milli, SL.c.charge_cents, C.c.payer_code, C.c.kind, C.c.place_of_service, C.c.frequency_code),
            day.label("service_date"),
            last.label("service_to_date"),
        )
        .join(C, C.c.claim_id == SL.c.claim_id)
        .where(SL.c.claim_id.in_(of_these))
        .order_by(SL.c.claim_id, SL.c.line_number)
    )
    return frame(conn, select)


def expected(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Read what is stored, and in force, as expected of the families' decisions."""
    columns = [one for one in E.c if one.name not in ("recorded_at", "ended_at")]
    return frame(conn, sa.select(*columns).where(E.c.family_id.in_(scope.families()), E.c.ended_at.is_(None)))


def cases(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Read the families' variance cases."""
    return frame(conn, sa.select(*CASE.c).where(CASE.c.family_id.in_(scope.families())))


def families(conn: sa.Connection, scope: Scope) -> pd.DataFrame:
    """Read billing_npi and claim_number of the families."""
    select = sa.select(F.c.family_id, F.c.billing_npi, F.c.claim_number)
    return frame(conn, select.where(F.c.family_id.in_(scope.families())))
