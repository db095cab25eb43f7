"""The denial queue, and all that is stored about one case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total

CASE, EVENT, CP, SP, A = (
    schema.denial_cases,
    schema.denial_events,
    schema.claim_payments,
    schema.service_payments,
    schema.adjustments,
)
CLASS, REM, R, M, LM, F = (
    schema.classifications,
    schema.remarks,
    schema.remittances,
    schema.matches,
    schema.line_matches,
    schema.families,
)
FILE, L, J, P = schema.files, schema.ledger_lines, schema.journals, schema.claim_postings


@dataclass(frozen=True)
class Filter:
    """What of the queue is asked for; empty means any. ``state`` open means not closed."""

    payer: str = ""
    category: str = ""
    state: str = "open"
    due_by: date | None = None

    def condition(self) -> sa.ColumnElement[bool]:
        """Give it as a condition on cases."""
        parts: list[sa.ColumnElement[bool]] = [sa.true()]
        if self.payer:
            name = sa.func.upper(CASE.c.payer_name)
            parts.append(sa.or_(CASE.c.payer_code == self.payer, name.contains(self.payer.upper(), autoescape=True)))
        if self.category:
            parts.append(CASE.c.category == self.category.upper())
        if self.state == "open":
            parts.append(CASE.c.state != "closed")
        elif self.state:
            parts.append(CASE.c.state == self.state)
        if self.due_by is not None:
            parts.append(CASE.c.deadline_date <= self.due_by)
        return sa.and_(*parts)


def cases(conn: sa.Connection, asked: Filter, limit: int) -> pd.DataFrame:
    """Read the most valuable cases: by money at risk, then earlier deadline, then key."""
    names = (
        "case_id",
        "case_key",
        "family_id",
        "state",
        "outcome",
        "payer_code",
        "payer_name",
        "payer_type",
        "own_payer_code",
        "next_payer_code",
        "queue",
        "waiting_for",
        "snoozed_until_date",
        "claim_number",
        "payer_sequence",
        "line_number",
    )
    facts = (
        "extent",
        "all_codes",
        "remark_codes",
        "category",
        "cause",
        "next_action",
        "then_action",
        "procedure_codes",
    )
    amounts = ("billed_cents", "denied_cents", "at_risk_cents", "service_date", "remit_date", "deadline_date")
    columns = [CASE.c[name] for name in (*names, *facts, *amounts, "deadline_rule")]
    return frame(
        conn,
        sa.select(*columns)
        .where(asked.condition())
        .order_by(CASE.c.at_risk_cents.desc(), CASE.c.deadline_date.is_(None), CASE.c.deadline_date, CASE.c.case_key)
        .limit(limit),
    )


def totals(conn: sa.Connection, asked: Filter) -> tuple[int, int]:
    """Count the cases asked for and add up their money at risk."""
    row = conn.execute(sa.select(count(), total(CASE.c.at_risk_cents)).where(asked.condition())).one()
    return int(row[0]), int(row[1])


def find(conn: sa.Connection, prefix: str) -> pd.DataFrame:
    """Read the cases whose key begins so; two at most."""
    columns = [column for column in CASE.c if column.name != "recorded_at"]
    # As an index answers it: keys are hex.
    asked = sa.select(*columns).where(CASE.c.case_key >= prefix, CASE.c.case_key < prefix + "g")
    return frame(conn, asked.order_by(CASE.c.case_key).limit(2))


def decision(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read the CLP that a case stands on, with remittance, posting, match and family."""
    return frame(
        conn,
        sa.select(
            CP.c.claim_number,
            CP.c.payer_claim_number,
            CP.c.patient_last_name,
            CP.c.patient_first_name,
            CP.c.status_code,
            CP.c.charge_cents,
            CP.c.paid_cents,
            CP.c.patient_responsibility_cents,
            R.c.payer_name,
            R.c.trace_number,
            R.c.payment_date,
            sa.func.coalesce(P.c.outcome, "").label("posting"),
            sa.func.coalesce(M.c.rule, "").label("match_rule"),
            sa.func.coalesce(M.c.score, 0).label("match_score"),
            sa.func.coalesce(M.c.evidence, "").label("match_evidence"),
            sa.func.coalesce(F.c.billing_npi, "").label("billing_npi"),
            sa.func.coalesce(F.c.claim_number, "").label("our_claim_number"),
            FILE.c.sha256,
            CP.c.seg,
            CP.c.offset,
            CP.c.length,
        )
        .join(R, R.c.remit_id == CP.c.remit_id)
        .join(FILE, FILE.c.file_id == CP.c.file_id)
        .outerjoin(P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None)))
        .outerjoin(M, sa.and_(M.c.claim_payment_id == CP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(F, F.c.family_id == M.c.family_id)
        .where(CP.c.claim_payment_id == claim_payment_id),
    )


def lines(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read the service payments of a CLP with the line that each was matched to."""
    return frame(
        conn,
        sa.select(
            SP.c.service_payment_id,
            SP.c.ordinal,
            sa.func.coalesce(LM.c.line_number, 0).label("line_number"),
            SP.c.procedure_code,
            SP.c.modifiers,
            SP.c.service_date,
            SP.c.charge_cents,
            SP.c.allowed_cents,
            SP.c.paid_cents,
            SP.c.seg,
            SP.c.offset,
            SP.c.length,
        )
        .outerjoin(M, sa.and_(M.c.claim_payment_id == SP.c.claim_payment_id, M.c.ended_at.is_(None)))
        .outerjoin(LM, sa.and_(LM.c.match_id == M.c.match_id, LM.c.service_payment_id == SP.c.service_payment_id))
        .where(SP.c.claim_payment_id == claim_payment_id)
        .order_by(SP.c.ordinal),
    )


def adjustments(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read the adjustments of a CLP with the class that they were given."""
    return frame(
        conn,
        sa.select(
            A.c.service_payment_id,
            A.c.group_code,
            A.c.reason_code,
            A.c.amount_cents,
            sa.func.coalesce(CLASS.c.adjustment_class, "").label("adjustment_class"),
            sa.func.coalesce(CLASS.c.counts_as_denial, 0).label("counts_as_denial"),
            sa.func.coalesce(CLASS.c.rule_priority, 0).label("rule_priority"),
            A.c.seg,
            A.c.ordinal,
            A.c.offset,
            A.c.length,
        )
        .outerjoin(CLASS, CLASS.c.adjustment_id == A.c.adjustment_id)
        .where(A.c.claim_payment_id == claim_payment_id)
        .order_by(A.c.seg, A.c.ordinal),
    )


def remarks(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read the remark codes of a CLP."""
    names = ("service_payment_id", "source", "remark_code", "seg", "ordinal", "offset", "length")
    select = sa.select(*(REM.c[name] for name in names)).where(REM.c.claim_payment_id == claim_payment_id)
    return frame(conn, select.order_by(REM.c.seg, REM.c.ordinal))


def ledger(conn: sa.Connection, claim_payment_id: int) -> pd.DataFrame:
    """Read what the ledger posted for a CLP: day, journal reason, account, line, amount; taken back ones too."""
    return frame(
        conn,
        sa.select(
            J.c.posting_date,
            J.c.reason_code,
            L.c.account,
            L.c.line_number,
            total(L.c.amount_cents).label("amount_cents"),
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(J.c.claim_payment_id == claim_payment_id)
        .group_by(J.c.posting_date, J.c.reason_code, L.c.account, L.c.line_number)
        .order_by(J.c.posting_date, L.c.account, L.c.line_number, J.c.reason_code),
    )


def events(conn: sa.Connection, case_id: int) -> pd.DataFrame:
    """Read what happened to a case."""
    names = ("event_id", "case_id", "posting_date", "kind", "amount_cents", "actor", "recorded_at", "body")
    decided_by = sa.func.coalesce(EVENT.c.claim_payment_id, 0).label("claim_payment_id")
    select = sa.select(*(EVENT.c[name] for name in names), decided_by).where(EVENT.c.case_id == case_id)
    return frame(conn, select.order_by(EVENT.c.event_id))
