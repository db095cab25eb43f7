"""Exceptions as they stood on a day, and everything that is held now, with what releases it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import AsOf
from claims.store.undo_bank import REPLACED

E, FILE, R, CP = schema.exceptions, schema.files, schema.remittances, schema.claim_payments
F, BANK, T, C = schema.families, schema.bank_lines, schema.transactions, schema.claims
PAST = schema.past_exceptions
M = schema.matches
SP, A, PA = schema.service_payments, schema.adjustments, schema.provider_adjustments


def rows() -> sa.Select[tuple[Any, ...]]:
    """Give the statement of exceptions with what they hang on, to be narrowed."""
    return (
        sa.select(
            E.c.exception_id,
            E.c.exception_key,
            E.c.type_code,
            E.c.state,
            E.c.amount_cents,
            E.c.message,
            E.c.release,
            sa.type_coerce(sa.func.coalesce(E.c.since_date, E.c.posting_date), sa.Date).label("posting_date"),
            E.c.closed_posting_date,
            sa.func.coalesce(E.c.closed_reason, "").label("closed_reason"),
            E.c.owner,
            sa.func.coalesce(R.c.payer_name, "").label("payer_name"),
            sa.func.coalesce(R.c.trace_number, "").label("trace_number"),
            sa.func.coalesce(F.c.claim_number, CP.c.claim_number, "").label("claim_number"),
            sa.func.coalesce(FILE.c.sha256, "").label("sha256"),
            E.c.seg,
        )
        .outerjoin(FILE, FILE.c.file_id == E.c.file_id)
        .outerjoin(R, R.c.remit_id == E.c.remit_id)
        .outerjoin(CP, CP.c.claim_payment_id == E.c.claim_payment_id)
        .outerjoin(F, F.c.family_id == E.c.family_id)
    )


def open_as_of(conn: sa.Connection, as_of: AsOf) -> pd.DataFrame:
    """Read the exceptions that were open at the end of a day, as known at an instant."""
    then = open_then(as_of)
    found = frame(
        conn,
        rows()
        .add_columns(_place("offset"), _place("length"), then.c.then_cents, then.c.then_date)
        .join(then, then.c.exception_id == E.c.exception_id),
    )
    found = found.assign(amount_cents=found["then_cents"], posting_date=found["then_date"])
    return found.drop(columns=["then_cents", "then_date"])


def open_then(as_of: AsOf) -> sa.Subquery:
    """Exceptions that were open at the end of a day, as known at an instant: exception_id, then_cents, then_date.

    One that was closed and opened again has a row for each time.
    """
    parts = []
    for table in (E, PAST):
        closed_later = sa.or_(
            table.c.closed_at.is_(None),
            table.c.closed_posting_date > as_of.day,
            table.c.closed_at > as_of.known_at,
        )
        columns = (
            table.c.exception_id,
            table.c.amount_cents.label("then_cents"),
            sa.type_coerce(sa.func.coalesce(table.c.since_date, table.c.posting_date), sa.Date).label("then_date"),
        )
        opened = sa.and_(table.c.posting_date <= as_of.day, table.c.opened_at <= as_of.known_at)
        parts.append(sa.select(*columns).where(opened, closed_later))
    return sa.union_all(*parts).subquery()


def undone_then(as_of: AsOf) -> sa.Select[tuple[int]]:
    """Of exceptions that say a bank file is undone: those that said so then, whether they were open, or closed because
    another statement stood in its place and nobody had replayed it since (exception_id)."""

    def closed_as(table: sa.FromClause, reason: str) -> sa.ColumnElement[bool]:
        known = (table.c.closed_posting_date <= as_of.day, table.c.closed_at <= as_of.known_at)
        return sa.and_(table.c.closed_reason == reason, *known)

    parts: list[sa.Select[tuple[int]]] = [sa.select(open_then(as_of).c.exception_id)]
    for table in (E, PAST):
        later = [
            sa.select(sa.literal(1))
            .where(back.c.exception_id == table.c.exception_id, closed_as(back, "replayed"))
            .where(back.c.closed_at > table.c.closed_at)
            .correlate(table)
            .exists()
            for back in (E.alias("back"), PAST.alias("back"))
        ]
        parts.append(sa.select(table.c.exception_id).where(closed_as(table, REPLACED), ~sa.or_(*later)))
    return sa.select(sa.union_all(*parts).subquery().c.exception_id)


def closed_between(conn: sa.Connection, first: date, as_of: AsOf) -> pd.DataFrame:
    """Read the exceptions that were closed from a day to the end of another, as known at an instant.

    One that was closed and opened again has a row for each time: then_cents, then_date (since when it was open),
    closed_date, closed_at, resolution.
    """
    parts = []
    for table in (E, PAST):
        columns = (
            table.c.exception_id,
            table.c.amount_cents.label("then_cents"),
            sa.type_coerce(sa.func.coalesce(table.c.since_date, table.c.posting_date), sa.Date).label("then_date"),
            table.c.closed_posting_date.label("closed_date"),
            table.c.closed_at,
            sa.func.coalesce(table.c.closed_reason, "").label("resolution"),
        )
        in_period = table.c.closed_posting_date.between(first, as_of.day)
        parts.append(sa.select(*columns).where(in_period, table.c.closed_at <= as_of.known_at))
    then = sa.union_all(*parts).subquery()
    names = ("then_cents", "then_date", "closed_date", "closed_at", "resolution")
    own = sa.select(E.c.exception_id, E.c.exception_key, E.c.type_code, *(then.c[name] for name in names))
    return frame(conn, own.join(then, then.c.exception_id == E.c.exception_id))


def _place(name: str) -> sa.ColumnElement[int]:
    """Find offset or length of the segment that an exception names, in whatever was read from it; 0: not known."""
    owned = (
        (T, T.c.file_id == E.c.file_id, T.c.seg),
        (R, R.c.remit_id == E.c.remit_id, R.c.seg),
        (CP, CP.c.claim_payment_id == E.c.claim_payment_id, CP.c.seg),
        (SP, SP.c.claim_payment_id == E.c.claim_payment_id, SP.c.seg),
        (A, A.c.claim_payment_id == E.c.claim_payment_id, A.c.seg),
        (PA, PA.c.remit_id == E.c.remit_id, PA.c.seg),
        (C, C.c.claim_id == E.c.claim_id, C.c.seg),
        (BANK, BANK.c.bank_line_id == E.c.bank_line_id, BANK.c.row_number),
    )
    found = [
        sa.select(sa.func.max(table.c[name])).where(mine, seg == E.c.seg).correlate(E).scalar_subquery()
        for table, mine, seg in owned
    ]
    return sa.func.coalesce(*found, 0).label(name)


def listed(conn: sa.Connection, state: str, type_code: str, owner: str | None) -> pd.DataFrame:
    """Read exceptions of a state and type (empty: any) and an owner (none: any), the largest amounts first."""
    select = rows()
    if state:
        select = select.where(E.c.state == state)
    if type_code:
        select = select.where(E.c.type_code == type_code)
    if owner is not None:
        select = select.where(E.c.owner == owner)
    return frame(conn, select.order_by(sa.func.abs(E.c.amount_cents).desc(), E.c.exception_key))


def one(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Read one exception, with the claim it is about (claim_id: the newest version, 0: none) and its bank line."""
    matched = sa.select(sa.func.max(M.c.claim_id)).where(
        M.c.claim_payment_id == E.c.claim_payment_id, M.c.ended_at.is_(None)
    )
    newest = sa.select(sa.func.max(C.c.claim_id)).where(C.c.family_id == E.c.family_id, C.c.state == "stored")
    about = sa.func.coalesce(E.c.claim_id, matched.scalar_subquery(), newest.scalar_subquery(), 0).label("claim_id")
    none = sa.cast(sa.literal(0), sa.BigInteger)
    remit = sa.func.coalesce(E.c.remit_id, CP.c.remit_id, none).label("remit_id")
    select = rows().add_columns(sa.cast(about, sa.BigInteger).label("claim_id"), E.c.bank_line_id, remit)
    return frame(conn, select.where(E.c.exception_id == exception_id))


def source_names(conn: sa.Connection, exception_id: int) -> list[str]:
    """Read the names of an exception's file as it lay in the inbox: they may name a patient."""
    receipts = schema.receipts
    names = sa.select(receipts.c.source_name).join(E, E.c.file_id == receipts.c.file_id)
    asked = names.where(E.c.exception_id == exception_id).distinct().order_by(receipts.c.source_name)
    return [str(name) for (name,) in conn.execute(asked)]


def payment(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Read the remittance that an exception is about, whether it names it, a claim of it or its set."""
    names = ("payer_name", "payer_identifier", "trace_number", "payment_date", "payment_cents", "method_code")
    return frame(
        conn,
        sa.select(*(R.c[name] for name in names))
        .select_from(E)
        .outerjoin(CP, CP.c.claim_payment_id == E.c.claim_payment_id)
        .outerjoin(T, sa.and_(T.c.file_id == E.c.file_id, T.c.seg == E.c.seg))
        .join(
            R,
            sa.or_(
                R.c.remit_id == sa.func.coalesce(E.c.remit_id, CP.c.remit_id), R.c.transaction_id == T.c.transaction_id
            ),
        )
        .where(E.c.exception_id == exception_id)
        .limit(1),
    )


def deposit(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Read the row of the bank file that an exception is about."""
    names = ("bank_date", "amount_cents", "payer_name", "trace_number", "reference")
    return frame(
        conn,
        sa.select(*(BANK.c[name] for name in names))
        .join(E, E.c.bank_line_id == BANK.c.bank_line_id)
        .where(E.c.exception_id == exception_id),
    )


def findings(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Read the findings above a note of what an exception hangs on, in file order.

    That is a row of a bank file; a claim, to where the next one begins; a set; or else the whole file.
    """
    table = schema.findings
    names = ("severity", "code", "seg", "element", "offset", "found", "expected", "message")
    return frame(
        conn,
        sa.select(*(table.c[name] for name in names))
        .where(*_scope(conn, exception_id), table.c.severity != "note")
        .order_by(table.c.seg, table.c.finding_id)
        .limit(200),
    )


def _scope(conn: sa.Connection, exception_id: int) -> list[sa.ColumnElement[bool]]:
    of = schema.findings.c
    row = conn.execute(sa.select(E).where(E.c.exception_id == exception_id)).one_or_none()
    if row is None or row.file_id is None:
        return [sa.false()]
    parts: list[sa.ColumnElement[bool]] = [of.file_id == row.file_id]
    if row.bank_line_id is not None:
        return [*parts, of.seg == row.seg]
    for table, key in ((CP, row.claim_payment_id), (C, row.claim_id)):
        if key is not None:
            (first,) = conn.execute(sa.select(table.c.seg).where(table.primary_key.columns[0] == key)).one()
            after = sa.select(sa.func.min(table.c.seg)).where(table.c.file_id == row.file_id, table.c.seg > first)
            following = conn.execute(after).scalar()
            return [*parts, of.seg >= first, *([of.seg < following] if following is not None else [])]
    if row.remit_id is not None:
        own_set = sa.select(T.c.transaction_id, T.c.reason_code).join(R, R.c.transaction_id == T.c.transaction_id)
        found = conn.execute(own_set.where(R.c.remit_id == row.remit_id)).one_or_none()
    else:
        own_set = sa.select(T.c.transaction_id, T.c.reason_code)
        found = conn.execute(own_set.where(T.c.file_id == row.file_id, T.c.seg == row.seg)).one_or_none()
    if found is not None:
        # What stops an envelope stops the sets in it, and hangs on none of them.
        outside = sa.and_(of.transaction_id.is_(None), of.code == (found.reason_code or ""))
        parts.append(sa.or_(of.transaction_id == found.transaction_id, outside))
    return parts


def claim_payment_of(conn: sa.Connection, exception_id: int) -> int:
    """Give the claim payment that an exception hangs on; 0 for none."""
    return int(conn.scalar(sa.select(E.c.claim_payment_id).where(E.c.exception_id == exception_id)) or 0)
