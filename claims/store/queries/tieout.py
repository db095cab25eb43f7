"""Remittances, what the ledger did for each, and the bank: the four legs of the tie-out."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from claims.store import schema, waiting_adjustments
from claims.store.exceptions import ACCEPTED
from claims.store.load import frame
from claims.store.queries.asof import AsOf, J, count, total
from claims.store.queries.exceptions import open_then, undone_then
from claims.store.queries.posted_then import was_posted
from claims.store.replaced import is_replaced
from claims.store.same_money import TYPE as COPIED
from claims.store.undo_bank import is_marker

R, CP, PA, L = schema.remittances, schema.claim_payments, schema.provider_adjustments, schema.ledger_lines
FILE, BANK, DM = schema.files, schema.bank_lines, schema.deposit_matches
E, T, A = schema.exceptions, schema.transactions, schema.adjustments

# A payment counts once: copies of it and what is no payment stand in the completeness section.
COUNTED = ("new", "ready", "posted", "held", "undone")


def remittances(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read one row per payment with its sums, recomputed from its claims and provider adjustments."""
    claims = (
        sa.select(
            CP.c.remit_id,
            count().label("claims"),
            total(CP.c.paid_cents).label("claims_paid_cents"),
            total(CP.c.charge_cents).label("charge_cents"),
        )
        .group_by(CP.c.remit_id)
        .subquery()
    )
    reduced = (
        sa.select(CP.c.remit_id, total(A.c.amount_cents).label("cents"))
        .join(CP, CP.c.claim_payment_id == A.c.claim_payment_id)
        .group_by(CP.c.remit_id)
        .subquery()
    )
    adjusted = sa.select(PA.c.remit_id, total(PA.c.amount_cents).label("cents")).group_by(PA.c.remit_id).subquery()
    return frame(
        conn,
        sa.select(
            R.c.remit_id,
            R.c.remit_key,
            R.c.body_hash,
            R.c.payer_code,
            R.c.payer_name,
            R.c.payee_identifier,
            R.c.payee_tax_id,
            R.c.method_code,
            R.c.trace_number,
            R.c.payer_identifier,
            R.c.payment_date,
            R.c.payment_cents,
            sa.func.coalesce(R.c.reason_code, "").label("reason_code"),
            sa.case((was_posted(as_of), 1), else_=0).label("is_posted"),
            sa.func.coalesce(claims.c.claims, 0).label("claims"),
            sa.func.coalesce(claims.c.claims_paid_cents, 0).label("claims_paid_cents"),
            sa.func.coalesce(claims.c.charge_cents, 0).label("claims_charge_cents"),
            sa.func.coalesce(reduced.c.cents, 0).label("claims_adjusted_cents"),
            sa.func.coalesce(adjusted.c.cents, 0).label("provider_adjustments_cents"),
            FILE.c.sha256,
            R.c.seg,
            R.c.offset,
            R.c.length,
        )
        .join(FILE, FILE.c.file_id == R.c.file_id)
        .outerjoin(claims, claims.c.remit_id == R.c.remit_id)
        .outerjoin(reduced, reduced.c.remit_id == R.c.remit_id)
        .outerjoin(adjusted, adjusted.c.remit_id == R.c.remit_id)
        # What was posted by that day is known by then, whenever its file came in.
        .where(sa.or_(R.c.file_id.in_(as_of.file_ids()), was_posted(as_of)), R.c.state.in_(COUNTED))
        # One that was held counts no more when its corrected copy was posted by then.
        .where(~is_replaced(lambda good: was_posted(as_of, good))),
    )


def ledger_by_remittance(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Sum the ledger per remittance and account, the bank's own journals apart (``is_bank``).

    So is its clearing where the journal is another remittance's, ``by_remit_id`` (else 0), which issued it again (CS).
    What others of the same reference take back of a provider adjustment waits no more on 2200: it has no account ("").
    """
    is_bank = sa.case((J.c.source == "bank", 1), else_=0)
    of_other = sa.and_(J.c.source != "bank", L.c.account == "1050", J.c.remit_id != L.c.remit_id)
    by_other = sa.case((of_other, J.c.remit_id), else_=0)
    parts = (is_bank.label("is_bank"), by_other.label("by_remit_id"))
    sums = frame(
        conn,
        sa.select(L.c.remit_id, L.c.account, *parts, total(L.c.amount_cents).label("amount_cents"))
        .join(J, J.c.journal_id == L.c.journal_id)
        .where(as_of.journals(), L.c.remit_id.is_not(None))
        .group_by(L.c.remit_id, L.c.account, is_bank, by_other),
    )
    waits = waiting_adjustments.rows(conn, as_of)
    netted = waits.loc[waits["is_netted"], ["remit_id", "amount_cents"]].assign(account="", is_bank=0, by_remit_id=0)
    off = netted.assign(account=waiting_adjustments.UNAPPLIED, amount_cents=-netted["amount_cents"])
    return pd.concat([sums, netted, off], ignore_index=True) if len(netted) else sums


def deposits(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read bank lines with what each is tied to, one row per tie; remit_id 0 where that is no remittance, or nothing.

    `is_booked`: the line stands in the ledger. One of a later day that does not is left out: its day has not come.
    So is one whose file was undone: what it had moved is back; and a copy, whose money another line brings.
    """
    stands = sa.or_(DM.c.ended_at.is_(None), DM.c.ended_at > as_of.known_at, DM.c.ended_posting_date > as_of.day)
    in_force = (
        sa.select(DM.c.bank_line_id, DM.c.remit_id, DM.c.amount_cents, DM.c.fee_cents, DM.c.rule)
        .join(J, J.c.journal_id == DM.c.journal_id)
        .where(as_of.journals(), DM.c.recorded_at <= as_of.known_at, stands)
        .subquery()
    )
    written = sa.select(L.c.bank_line_id).join(J, J.c.journal_id == L.c.journal_id)
    written = written.where(L.c.bank_line_id == BANK.c.bank_line_id, as_of.journals()).correlate(BANK)
    # Whatever is booked of a line moves cash by its amount, and what takes it apart leaves that where it is.
    moved = written.where(L.c.account == "1000").group_by(L.c.bank_line_id)
    booked = moved.having(sa.func.sum(L.c.amount_cents) != 0)
    undone = sa.select(E.c.file_id).where(is_marker(), E.c.exception_id.in_(undone_then(as_of)))
    accepted = sa.and_(
        E.c.closed_reason == ACCEPTED, E.c.closed_at <= as_of.known_at, E.c.closed_posting_date <= as_of.day
    )
    is_copy = sa.or_(E.c.exception_id.in_(sa.select(open_then(as_of).c.exception_id)), accepted)
    copies = sa.select(E.c.bank_line_id).where(E.c.type_code == COPIED, is_copy)
    is_gone = sa.or_(written.exists(), BANK.c.file_id.in_(undone), BANK.c.bank_line_id.in_(copies))
    has_come = BANK.c.bank_date <= as_of.day  # else no money of it is in the bank
    return frame(
        conn,
        sa.select(
            BANK.c.line_key,
            BANK.c.bank_date,
            BANK.c.trace_number,
            BANK.c.payer_name,
            BANK.c.reference,
            BANK.c.amount_cents.label("deposit_cents"),
            sa.case((booked.exists(), 1), else_=0).label("is_booked"),
            sa.func.coalesce(in_force.c.remit_id, 0).label("remit_id"),
            sa.func.coalesce(in_force.c.amount_cents, 0).label("tied_cents"),
            sa.func.coalesce(in_force.c.fee_cents, 0).label("fee_cents"),
            sa.func.coalesce(in_force.c.rule, "").label("rule"),
            FILE.c.sha256,
            BANK.c.row_number.label("seg"),
            BANK.c.offset,
            BANK.c.length,
        )
        .join(FILE, FILE.c.file_id == BANK.c.file_id)
        .outerjoin(in_force, in_force.c.bank_line_id == BANK.c.bank_line_id)
        .where(sa.or_(sa.and_(BANK.c.file_id.in_(as_of.file_ids()), has_come, ~is_gone), booked.exists())),
    )


def payer_names(conn: sa.Connection, as_of: AsOf) -> list[str]:
    """Names of payers in the 835s and 837s that were known: whatever else a bank calls a payer may be a patient."""
    known = [
        sa.select(table.c.payer_name).where(table.c.file_id.in_(as_of.file_ids())).distinct()
        for table in (R, schema.claims)
    ]
    return sorted({str(name) for select in known for name in conn.scalars(select)} - {""})


def bank_cash(conn: sa.Connection, as_of: AsOf) -> int:
    """Sum what bank lines moved on 1000."""
    select = sa.select(total(L.c.amount_cents)).join(J, J.c.journal_id == L.c.journal_id)
    return int(conn.scalar(select.where(as_of.journals(), L.c.account == "1000", L.c.bank_line_id.is_not(None))) or 0)


def exceptions(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read which exceptions were open for which remittance (remit_id, else 0) or bank line (line_key, else empty)."""
    is_open = E.c.exception_id.in_(sa.select(open_then(as_of).c.exception_id))
    nobody = sa.literal("").label("line_key")
    of_set = sa.select(R.c.remit_id, nobody, E.c.type_code).select_from(E)
    of_set = of_set.join(T, sa.and_(T.c.file_id == E.c.file_id, T.c.seg == E.c.seg))
    parts = [
        sa.select(E.c.remit_id, nobody, E.c.type_code).where(is_open, E.c.remit_id.is_not(None)),
        sa.select(CP.c.remit_id, nobody, E.c.type_code)
        .select_from(E)
        .join(CP, CP.c.claim_payment_id == E.c.claim_payment_id)
        .where(is_open),
        of_set.join(R, R.c.transaction_id == T.c.transaction_id).where(is_open),
        sa.select(sa.cast(sa.literal(0), sa.BigInteger).label("remit_id"), BANK.c.line_key, E.c.type_code)
        .select_from(E)
        .join(BANK, BANK.c.bank_line_id == E.c.bank_line_id)
        .where(is_open),
    ]
    return pd.concat([frame(conn, part) for part in parts], ignore_index=True).drop_duplicates(ignore_index=True)
