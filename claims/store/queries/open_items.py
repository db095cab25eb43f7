"""What lies behind the balances of accounts that are settled item by item (cash, clearing, withholdings, takebacks,
forward balances, advances, unapplied cash, refunds): the ledger by what each cent belongs to and by day, and what is
known of those things."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from claims import codes
from claims.store import schema
from claims.store.in_force import Origin
from claims.store.load import frame
from claims.store.payees import payee_of, with_remittance
from claims.store.queries.asof import AsOf, J, total
from claims.store.queries.exceptions import open_then
from claims.store.queries.takebacks import TAKEN_BACK, notice_day
from claims.store.rows import IN_LIST, frame_of

L, R, CP, PA = schema.ledger_lines, schema.remittances, schema.claim_payments, schema.provider_adjustments
E, F, C, FILE, BANK = schema.exceptions, schema.families, schema.claims, schema.files, schema.bank_lines
PP, RF = schema.patient_payments, schema.patient_refunds
MR = schema.money_requests
_TAKES_BACK = ("undo", "bank")  # sources of journals by which we take back what we wrote; else it is the payer's doing
LISTED = "open_items"  # in the column items_in of codes/accounts.csv
_CASH, _CLEARING, _WITHHELD, _UNAPPLIED = "1000", "1050", "1400", "2200"


def accounts() -> list[str]:
    """Give the accounts whose balances are listed item by item."""
    known = codes.table("accounts")
    return [str(account) for account in known.loc[known["items_in"] == LISTED, "account"]]


def movements(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum these accounts by what the money belongs to, its day, and what brought it (`open_items.BROUGHT`).

    On 2200 that is a claim payment, a bank line, a provider adjustment or (by reference) a payment of a patient; on
    1000 a payment or refund that no bank line has taken up, and all that is in the bank together; on 1050 a
    remittance; on 1400 a claim and adjustment code of a payer, or its reference; elsewhere a reference of a payer, for
    a forward balance also the payee, or the key of a refund. The day of what payers take back is that of the notice
    (`takebacks.notice_day`), of all else the accounting day.

    `root_id`: of what an undo, or a tie that was taken apart, took back, and of what did so, the journal at the
    beginning (else 0); `is_back`: it takes back. Notices keep their day by themselves.
    """
    remits, of_line = with_remittance(L)
    account, none = L.c.account, sa.cast(sa.literal(0), sa.BigInteger)
    is_cash = account.in_([_CASH, _UNAPPLIED])
    unapplied = account == _UNAPPLIED
    of_bank = sa.and_(unapplied, L.c.claim_payment_id.is_(None))
    of_adjustment = sa.and_(of_bank, L.c.bank_line_id.is_(None))
    by_reference = sa.or_(
        account.not_in([_CASH, _CLEARING, _UNAPPLIED]),
        sa.and_(account == _CASH, L.c.bank_line_id.is_(None)),
        sa.and_(of_adjustment, L.c.provider_adjustment_id.is_(None)),
    )
    # What a decision withheld has no number under which it comes back: it is the claim's, by its code.
    of_claim = sa.and_(account == _WITHHELD, L.c.provider_adjustment_id.is_(None), L.c.family_id.is_not(None))
    decides = sa.or_(of_claim, account.in_(["2100"]))  # there, of a reversal that took less than was paid
    origin, back = Origin(), J.alias("back")
    own_doing = sa.and_(J.c.reverses_journal_id.is_not(None), J.c.source.in_(_TAKES_BACK))
    taken = sa.select(back.c.journal_id).where(
        back.c.reverses_journal_id == J.c.journal_id, back.c.source.in_(_TAKES_BACK), as_of.journals(back)
    )
    is_pair = sa.and_(account.not_in([*TAKEN_BACK]), sa.or_(own_doing, taken.correlate(J).exists()))
    is_single = account.not_in([_CASH, _CLEARING])
    keys = [
        account,
        sa.case((sa.or_(is_cash, account == _CLEARING), ""), else_=L.c.payer_code).label("payer_code"),
        payee_of(L, remits).label("payee_identifier"),
        sa.case((of_claim, L.c.group_code + "-" + L.c.reason_code), (by_reference, L.c.reference), else_="").label(
            "reference"
        ),
        sa.case((unapplied, sa.func.coalesce(L.c.claim_payment_id, none)), else_=none).label("claim_payment_id"),
        sa.case((of_bank, sa.func.coalesce(L.c.bank_line_id, none)), else_=none).label("bank_line_id"),
        sa.case((of_adjustment, sa.func.coalesce(L.c.provider_adjustment_id, none)), else_=none).label("adjustment_id"),
        sa.case((account == _CLEARING, sa.func.coalesce(L.c.remit_id, none)), else_=none).label("remit_id"),
        sa.case((of_claim, L.c.family_id), else_=none).label("family_id"),
        sa.case((account.in_([*TAKEN_BACK]), notice_day()), else_=J.c.posting_date).label("day"),
        sa.case((is_single, sa.func.coalesce(L.c.provider_adjustment_id, none)), else_=none).label("came_with_id"),
        sa.case((decides, sa.func.coalesce(L.c.claim_payment_id, none)), else_=none).label("decided_by_id"),
        sa.case((is_single, none), else_=sa.func.coalesce(L.c.bank_line_id, none)).label("moved_by_id"),
        sa.case((is_pair, origin.journal_id), else_=none).label("root_id"),
        sa.case((sa.and_(is_pair, own_doing), 1), else_=0).label("is_back"),
    ]
    lines = origin.joined(sa.select(*keys, L.c.amount_cents).join(J, J.c.journal_id == L.c.journal_id))
    own = lines.outerjoin(remits, of_line).where(account.in_(accounts()), as_of.journals()).subquery()
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


def remittances(conn: sa.Connection, ids: Sequence[int]) -> pd.DataFrame:
    """Read where remittances stand, by remit_id: payer, trace number, day and bytes."""
    select = sa.select(R.c.remit_id, *_REMITTANCE, R.c.seg, R.c.offset, R.c.length)
    return frame_of(conn, select.join(FILE, FILE.c.file_id == R.c.file_id), R.c.remit_id, ids)


def payer_refunds(conn: sa.Connection, keys: Sequence[str]) -> pd.DataFrame:
    """Read refunds to payers by the reference of their line on 1000: payer_code."""
    select = sa.select(MR.c.request_key.label("reference"), MR.c.payer_code)
    parts = [list(keys[start : start + IN_LIST]) for start in range(0, max(len(keys), 1), IN_LIST)]
    return pd.concat([frame(conn, select.where(MR.c.request_key.in_(part))) for part in parts], ignore_index=True)


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
    """Read which exceptions were open: type_code, claim_payment_id, bank_line_id, remit_id (0: none), sha256, seg."""
    then = open_then(as_of)
    none = sa.cast(sa.literal(0), sa.BigInteger)
    select = sa.select(
        E.c.type_code,
        sa.func.coalesce(E.c.claim_payment_id, none).label("claim_payment_id"),
        sa.func.coalesce(E.c.bank_line_id, none).label("bank_line_id"),
        sa.func.coalesce(E.c.remit_id, none).label("remit_id"),
        sa.func.coalesce(FILE.c.sha256, "").label("sha256"),
        E.c.seg,
    )
    return frame(
        conn,
        select.join(then, then.c.exception_id == E.c.exception_id).outerjoin(FILE, FILE.c.file_id == E.c.file_id),
    )
