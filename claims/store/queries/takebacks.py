"""What payers announced to take back and what they took, across remittances, by payer and reference."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.differing_reversals import RULE as OF_REVERSAL
from claims.store.load import frame
from claims.store.payees import payee_of, with_remittance
from claims.store.queries.asof import AsOf
from claims.store.queries.exceptions import open_then

J, L, R, F = schema.journals, schema.ledger_lines, schema.remittances, schema.files
E = schema.exceptions
PA, CP, P = schema.provider_adjustments, schema.claim_payments, schema.claim_postings

TAKEN_BACK = ("2100", "2110")


def notice_day() -> sa.ColumnElement[Any]:
    """Day of an entry on 2100 or 2110: that of the remittance or cheque; the accounting day where that comes first."""
    is_before = J.c.effective_date < J.c.posting_date
    return sa.case((is_before, J.c.effective_date), else_=J.c.posting_date)


def entries(conn: sa.Connection, as_of: AsOf, payer_code: str | None = None) -> pd.DataFrame:
    """Read every entry on 2100 and 2110 in order of its day; of one payer: only those on 2100.

    account, payer_code, payee (of a forward balance), reference, code (of the PLB; 22: what a reversal differs by;
    empty: what we sent), amount_cents (debit positive), is_undo (it takes an entry back), effective_date, posting_date,
    day (`notice_day`), remit_id, provider_adjustment_id (0: none), trace_number, sha256, seg.
    """
    of_payer = sa.and_(L.c.account == "2100", L.c.payer_code == payer_code)
    remits, of_line = with_remittance(L)
    return frame(
        conn,
        sa.select(
            *(L.c.account, L.c.payer_code, payee_of(L, remits).label("payee"), L.c.reference, L.c.amount_cents),
            L.c.rule_id,
            sa.func.coalesce(PA.c.reason_code, sa.case((L.c.rule_id == OF_REVERSAL, "22"), else_="")).label("code"),
            sa.type_coerce(J.c.reverses_journal_id.is_not(None), sa.Boolean).label("is_undo"),
            J.c.effective_date,
            J.c.posting_date,
            notice_day().label("day"),
            J.c.remit_id,
            sa.func.coalesce(L.c.provider_adjustment_id, 0).label("provider_adjustment_id"),
            sa.func.coalesce(R.c.trace_number, "").label("trace_number"),
            sa.func.coalesce(F.c.sha256, "").label("sha256"),
            sa.func.coalesce(PA.c.seg, 0).label("seg"),
        )
        .join(J, J.c.journal_id == L.c.journal_id)
        .outerjoin(PA, PA.c.provider_adjustment_id == L.c.provider_adjustment_id)
        .outerjoin(remits, of_line)
        .outerjoin(R, R.c.remit_id == J.c.remit_id)
        .outerjoin(F, F.c.file_id == PA.c.file_id)
        .where(of_payer if payer_code is not None else L.c.account.in_(TAKEN_BACK), as_of.journals())
        .order_by(J.c.effective_date, J.c.journal_id, L.c.ledger_line_id),
    )


def unexplained(conn: sa.Connection, as_of: AsOf) -> set[tuple[str, str]]:
    """Payer and reference of refunds that were acknowledged and taken at once while nothing in the books was them.

    Such a pair (72, WO) leaves no balance: an open exception (REFUND_NOT_IN_BOOKS) says that it is not done with.
    """
    own = sa.and_(PA.c.remit_id == E.c.remit_id, PA.c.seg == E.c.seg, PA.c.reason_code == "72")
    select = sa.select(L.c.payer_code, L.c.reference).select_from(E).join(PA, own)
    select = select.join(L, sa.and_(L.c.provider_adjustment_id == PA.c.provider_adjustment_id, L.c.account == "2100"))
    is_open = E.c.exception_id.in_(sa.select(open_then(as_of).c.exception_id))
    found = conn.execute(select.where(E.c.type_code == "REFUND_NOT_IN_BOOKS", is_open).distinct())
    return {(str(payer), str(reference)) for payer, reference in found}


def payer_names(conn: sa.Connection) -> dict[str, str]:
    """Read the names of payers by the code that their remittances carry."""
    rows = conn.execute(sa.select(R.c.payer_code, sa.func.min(R.c.payer_name)).group_by(R.c.payer_code))
    return {str(code): str(name) for code, name in rows}


def claims_behind(conn: sa.Connection, account: str, payer_code: str, reference: str, normal: str) -> pd.DataFrame:
    """Read the claim payments that a takeback is about, newest last.

    A recovery names a claim (the payer's number, or ours); a forward balance the payment whose reversals made it. With
    them goes what the payer decided for the same claims under another number: corrections have one of their own.
    claim_number, payer_claim_number, status_code, charge_cents, paid_cents, payment_date, trace_number, outcome,
    sha256, seg.
    """
    of_payer = sa.and_(R.c.payer_code == payer_code, R.c.state == "posted")
    if account == "2110":
        of_payer = sa.and_(of_payer, R.c.trace_number == reference)
        named: sa.ColumnElement[bool] = CP.c.status_code == "22"
    else:
        named = CP.c.payer_claim_number == reference
        named = sa.or_(named, CP.c.claim_number_normal == normal) if normal else named
    decided = CP.join(R, R.c.remit_id == CP.c.remit_id).outerjoin(
        P, sa.and_(P.c.claim_payment_id == CP.c.claim_payment_id, P.c.ended_at.is_(None))
    )
    families = sa.select(P.c.family_id).select_from(decided).where(of_payer, named, P.c.family_id.is_not(None))
    return frame(
        conn,
        sa.select(
            *(CP.c.claim_number, CP.c.payer_claim_number, CP.c.status_code, CP.c.charge_cents, CP.c.paid_cents),
            *(R.c.payment_date, R.c.trace_number),
            sa.func.coalesce(P.c.outcome, "").label("outcome"),
            *(F.c.sha256, CP.c.seg),
        )
        .select_from(decided.join(F, F.c.file_id == CP.c.file_id))
        .where(of_payer, sa.or_(named, P.c.family_id.in_(families.correlate(None))))
        .order_by(R.c.payment_date, R.c.remit_key, CP.c.ordinal),
    )
