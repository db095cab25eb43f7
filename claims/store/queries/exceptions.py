"""Exceptions as they stood on a day, and everything that is held now, with what releases it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import AsOf

E, FILE, R, CP = schema.exceptions, schema.files, schema.remittances, schema.claim_payments
F, BANK = schema.families, schema.bank_lines


def _rows() -> sa.Select[tuple[Any, ...]]:
    return (
        sa.select(
            E.c.exception_id,
            E.c.exception_key,
            E.c.type_code,
            E.c.state,
            E.c.amount_cents,
            E.c.message,
            E.c.release,
            E.c.posting_date,
            E.c.closed_posting_date,
            sa.func.coalesce(E.c.closed_reason, "").label("closed_reason"),
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
    closed_later = sa.or_(E.c.closed_at.is_(None), E.c.closed_posting_date > as_of.day, E.c.closed_at > as_of.known_at)
    return frame(
        conn,
        _rows().where(E.c.posting_date <= as_of.day, E.c.opened_at <= as_of.known_at, closed_later),
    )


def listed(conn: sa.Connection, state: str, type_code: str) -> pd.DataFrame:
    """Read exceptions of a state (empty: any) and type (empty: any), the largest amounts first."""
    select = _rows()
    if state:
        select = select.where(E.c.state == state)
    if type_code:
        select = select.where(E.c.type_code == type_code)
    return frame(conn, select.order_by(sa.func.abs(E.c.amount_cents).desc(), E.c.exception_key))


def held(conn: sa.Connection) -> pd.DataFrame:
    """Read files, sets, remittances and claims that are held or refused: kind, state, reason_code, amount, address."""
    t, c = schema.transactions, schema.claims
    stopped = ("held", "refused")

    def part(kind: str, table: sa.Table, amount: sa.ColumnElement[int], seg: sa.ColumnElement[int]) -> sa.Select[Any]:
        return sa.select(
            sa.literal(kind).label("kind"),
            table.c.state,
            sa.func.coalesce(table.c.reason_code, "").label("reason_code"),
            sa.cast(sa.func.coalesce(amount, 0), sa.BigInteger).label("amount_cents"),
            FILE.c.sha256,
            seg.label("seg"),
        ).where(table.c.state.in_(stopped))

    nothing = sa.cast(sa.literal(0), sa.BigInteger)
    parts = [
        part("file", FILE, nothing, nothing),
        part("set", t, sa.func.coalesce(t.c.payment_cents, t.c.charge_cents), t.c.seg).join(
            FILE, FILE.c.file_id == t.c.file_id
        ),
        part("remittance", R, R.c.payment_cents, R.c.seg).join(FILE, FILE.c.file_id == R.c.file_id),
        part("claim", c, c.c.charge_cents, c.c.seg).join(FILE, FILE.c.file_id == c.c.file_id),
    ]
    return frame(conn, sa.union_all(*parts).order_by("kind", "sha256", "seg"))


def one(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Read one exception."""
    return frame(conn, _rows().where(E.c.exception_id == exception_id))


def findings(conn: sa.Connection, exception_id: int) -> pd.DataFrame:
    """Read the findings above a note of the file that an exception hangs on, in file order."""
    table = schema.findings
    file_id = sa.select(E.c.file_id).where(E.c.exception_id == exception_id).scalar_subquery()
    names = ("severity", "code", "seg", "element", "offset", "found", "expected", "message")
    return frame(
        conn,
        sa.select(*(table.c[name] for name in names))
        .where(table.c.file_id == file_id, table.c.severity != "note")
        .order_by(table.c.seg, table.c.finding_id)
        .limit(200),
    )
