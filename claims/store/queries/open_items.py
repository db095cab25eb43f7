"""What lies behind the balances of liabilities (takebacks, forward balances, advances, unapplied cash, refunds): the
ledger by what each cent belongs to and by day, and what is known of those things."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.payees import payee_of, with_remittance
from claims.store.queries.asof import AsOf, J, total
from claims.store.queries.exceptions import open_then
from claims.store.rows import IN_LIST, frame_of

L, R, CP, PA = schema.ledger_lines, schema.remittances, schema.claim_payments, schema.provider_adjustments
E, F, C, FILE, BANK = schema.exceptions, schema.families, schema.claims, schema.files, schema.bank_lines
PP, RF = schema.patient_payments, schema.patient_refunds
ACCOUNTS = ("2100", "2110", "2120", "2200", "2300")
_CASH = "2200"


def movements(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum these accounts by what the money belongs to, its day, and the provider adjustment and claim it came with.

    On 2200 that is a claim payment, a bank line, a provider adjustment or (by reference) a payment of a patient;
    elsewhere a reference of a payer, for a forward balance also the payee, or the key of a refund.
    """
    remits, of_line = with_remittance(L)
    is_cash = L.c.account == _CASH
    none = sa.cast(sa.literal(0), sa.BigInteger)
    of_bank = sa.and_(is_cash, L.c.claim_payment_id.is_(None))
    of_adjustment = sa.and_(of_bank, L.c.bank_line_id.is_(None))
    is_named = sa.or_(~is_cash, sa.and_(of_adjustment, L.c.provider_adjustment_id.is_(None)))
    keys = [
        L.c.account,
        sa.case((is_cash, ""), else_=L.c.payer_code).label("payer_code"),
        payee_of(L, remits).label("payee_identifier"),
        sa.case((is_named, L.c.reference), else_="").label("reference"),
        sa.case((is_cash, sa.func.coalesce(L.c.claim_payment_id, none)), else_=none).label("claim_payment_id"),
        sa.case((of_bank, sa.func.coalesce(L.c.bank_line_id, none)), else_=none).label("bank_line_id"),
        sa.case((of_adjustment, sa.func.coalesce(L.c.provider_adjustment_id, none)), else_=none).label("adjustment_id"),
        J.c.posting_date,
        sa.func.coalesce(L.c.provider_adjustment_id, none).label("came_with_id"),
    ]
    lines = sa.select(*keys, L.c.amount_cents).join(J, J.c.journal_id == L.c.journal_id)
    own = lines.outerjoin(remits, of_line).where(L.c.account.in_(ACCOUNTS), as_of.journals()).subquery()
    columns = [own.c[key.name] for key in keys]
    return frame(conn, sa.select(*columns, total(own.c.amount_cents).label("amount_cents")).group_by(*columns))


_REMITTANCE = (R.c.payer_code, R.c.payer_name, R.c.trace_number, R.c.payment_date, FILE.c.sha256)


def claim_payments(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Read where claim payments stand, by claim_payment_id: their remittance, claim number and bytes."""
    own = (CP.c.claim_payment_id, CP.c.claim_number, CP.c.seg, CP.c.offset, CP.c.length)
    select = sa.select(*own, *_REMITTANCE).join(R, R.c.remit_id == CP.c.remit_id)
    select = select.join(FILE, FILE.c.file_id == CP.c.file_id)
    return frame_of(conn, select, CP.c.claim_payment_id, ids)


def provider_adjustments(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Read where provider adjustments stand, by adjustment_id: their remittance, reference and bytes."""
    own = (PA.c.provider_adjustment_id.label("adjustment_id"), PA.c.reference)
    place = (PA.c.seg, PA.c.offset, PA.c.length)
    select = sa.select(*own, *place, *_REMITTANCE).join(R, R.c.remit_id == PA.c.remit_id)
    select = select.join(FILE, FILE.c.file_id == PA.c.file_id)
    return frame_of(conn, select, PA.c.provider_adjustment_id, ids)


def line_keys(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Read the keys of bank lines: bank_line_id, line_key."""
    return frame_of(conn, sa.select(BANK.c.bank_line_id, BANK.c.line_key), BANK.c.bank_line_id, ids)


def patient_money(conn: sa.Connection, keys: Sequence[str]) -> pd.DataFrame:
    """Read payments of patients and refunds by the reference of their ledger lines: is_refund, claim_number,
    payment_date and bytes: of the payment, or of the claim in credit."""
    place = ("seg", "offset", "length")
    paid = sa.select(
        PP.c.payment_key.label("reference"),
        sa.literal(0).label("is_refund"),
        PP.c.claim_number,
        PP.c.paid_date.label("payment_date"),
        FILE.c.sha256,
        *(PP.c[name] for name in place),
    ).join(FILE, FILE.c.file_id == PP.c.file_id)
    # Of rows that contradict each other at most one is in the books.
    paid = paid.where(PP.c.state.not_in(["new", "held"]))
    no_day = sa.type_coerce(sa.null(), PP.c.paid_date.type).label("payment_date")
    of_payment = (
        sa.select(
            RF.c.refund_key.label("reference"),
            sa.literal(1).label("is_refund"),
            PP.c.claim_number,
            PP.c.paid_date.label("payment_date"),
            FILE.c.sha256,
            *(PP.c[name] for name in place),
        )
        .join(PP, PP.c.patient_payment_id == RF.c.patient_payment_id)
        .join(FILE, FILE.c.file_id == PP.c.file_id)
    )
    first = sa.select(sa.func.min(C.c.claim_id)).where(C.c.family_id == RF.c.family_id, C.c.version == 1)
    of_claim = (
        sa.select(
            RF.c.refund_key.label("reference"),
            sa.literal(1).label("is_refund"),
            F.c.claim_number,
            no_day,
            sa.func.coalesce(FILE.c.sha256, "").label("sha256"),
            *(sa.func.coalesce(C.c[name], 0).label(name) for name in place),
        )
        .join(F, F.c.family_id == RF.c.family_id)
        .outerjoin(C, C.c.claim_id == first.correlate(RF).scalar_subquery())
        .outerjoin(FILE, FILE.c.file_id == C.c.file_id)
    )
    found = []
    for start in range(0, max(len(keys), 1), IN_LIST):
        part = list(keys[start : start + IN_LIST])
        found += [frame(conn, select.where(PP.c.payment_key.in_(part))) for select in (paid,)]
        found += [frame(conn, select.where(RF.c.refund_key.in_(part))) for select in (of_payment, of_claim)]
    return pd.concat(found, ignore_index=True).drop_duplicates("reference", ignore_index=True)


def exceptions(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read which exceptions were open: type_code, claim_payment_id, bank_line_id (0: none), sha256, seg."""
    then = open_then(as_of)
    none = sa.cast(sa.literal(0), sa.BigInteger)
    select = sa.select(
        E.c.type_code,
        sa.func.coalesce(E.c.claim_payment_id, none).label("claim_payment_id"),
        sa.func.coalesce(E.c.bank_line_id, none).label("bank_line_id"),
        sa.func.coalesce(FILE.c.sha256, "").label("sha256"),
        E.c.seg,
    )
    return frame(
        conn,
        select.join(then, then.c.exception_id == E.c.exception_id).outerjoin(FILE, FILE.c.file_id == E.c.file_id),
    )
