"""Files that came in and the remittances in them, by our own numbers; nothing that names a patient."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.replaced import is_replaced

F, R, DM, RECEIPT = schema.files, schema.remittances, schema.deposit_matches, schema.receipts
BL = schema.bank_lines


def files(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Read files, the newest first: number, hash, content, sets, state, reason, size, arrivals, remittances."""
    arrivals = sa.select(sa.func.count()).where(RECEIPT.c.file_id == F.c.file_id).correlate(F).scalar_subquery()
    remits = sa.select(sa.func.count()).where(R.c.file_id == F.c.file_id).correlate(F).scalar_subquery()
    names = (F.c.file_id, F.c.sha256, F.c.direction, F.c.content, F.c.sets, F.c.state, F.c.reason_code, F.c.bytes)
    return frame(
        conn,
        sa.select(
            *names,
            F.c.recorded_at,
            sa.cast(arrivals, sa.BigInteger).label("arrivals"),
            sa.cast(remits, sa.BigInteger).label("remittances"),
        )
        .where(*conditions)
        .order_by(F.c.file_id.desc()),
    )


def _state() -> sa.ColumnElement[str]:
    """What a remittance is: held no more, but replaced, once its corrected copy is posted."""
    return sa.type_coerce(sa.case((is_replaced(), "replaced"), else_=R.c.state), sa.String)


def _why() -> sa.ColumnElement[str]:
    """Why it is not posted; what one was held for that a person let stand is over."""
    is_over = R.c.state.in_(["ready", "posted", "undone"])
    return sa.type_coerce(sa.case((is_over, ""), else_=sa.func.coalesce(R.c.reason_code, "")), sa.String)


def files_hashed(conn: sa.Connection, beginning: str) -> list[int]:
    """Numbers of the files whose hash begins so."""
    return [int(one) for one in conn.scalars(sa.select(F.c.file_id).where(F.c.sha256.startswith(beginning)))]


def keyed(conn: sa.Connection, table: str, beginning: str) -> list[int]:
    """Numbers of the remittances or bank_lines whose key begins so; of copies of one remittance those that count."""
    number, key = (R.c.remit_id, R.c.remit_key) if table == "remittances" else (BL.c.bank_line_id, BL.c.line_key)
    found = sa.select(number).where(key.startswith(beginning))
    found = found.where(R.c.state.in_(["posted", "undone", "held"])) if table == "remittances" else found
    return [int(one) for one in conn.scalars(found.order_by(number))]


def remittances(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Read remittances, the newest first: number, state, reason, day, trace, payer, amounts, where it stands."""
    names: tuple[sa.ColumnElement[Any], ...] = (
        *(
            R.c.remit_id,
            _state().label("state"),
            _why().label("reason_code"),
            R.c.payment_date,
            R.c.trace_number,
            R.c.method_code,
        ),
        *(R.c.payer_code, R.c.payer_name, R.c.payment_cents, R.c.paid_cents, R.c.plb_cents, R.c.claim_count),
        *(R.c.posting_date, R.c.generation, R.c.file_id, F.c.sha256, R.c.seg, R.c.offset, R.c.length),
    )
    select = sa.select(*names).join(F, F.c.file_id == R.c.file_id).where(*conditions)
    return frame(conn, select.order_by(R.c.payment_date.desc(), R.c.remit_id.desc()))


def deposits_of(conn: sa.Connection, remit_ids: list[int] | None = None) -> pd.DataFrame:
    """Read the bank lines that remittances are tied to: remit_id, bank_line_id, amount_cents, fee_cents, rule."""
    own = sa.select(DM.c.remit_id, DM.c.bank_line_id, DM.c.amount_cents, DM.c.fee_cents, DM.c.rule)
    own = own.where(DM.c.ended_at.is_(None), DM.c.remit_id.is_not(None)).order_by(DM.c.bank_line_id)
    return frame(conn, own if remit_ids is None else own.where(DM.c.remit_id.in_(remit_ids)))


def in_file(file_id: int) -> sa.ColumnElement[bool]:
    """Condition on remittances: they stand in this file."""
    return R.c.file_id == file_id


def with_state(kind: str, state: str) -> list[sa.ColumnElement[bool]]:
    """Condition on the state of files or remittances; empty: any."""
    return [(F.c.state if kind == "files" else _state()) == state] if state else []


def numbered(kind: str, number: int) -> sa.ColumnElement[bool]:
    """Condition: the file or remittance with this number."""
    return (F.c.file_id if kind == "files" else R.c.remit_id) == number
