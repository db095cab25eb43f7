"""Runs, and what each did file by file."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.queries.asof import count, total

RUN, RECEIPT, FILE, SET = schema.runs, schema.receipts, schema.files, schema.transactions
FINDING = schema.findings
_RUN = ("run_id", "kind", "posting_date", "state", "actor", "started_at", "counts")


def listed(conn: sa.Connection, limit: int, before: int = 0, kind: str = "") -> pd.DataFrame:
    """Read runs, newest first; `before`: only those with a smaller key; `kind`: only those of it."""
    columns = [*(RUN.c[name] for name in _RUN), sa.func.coalesce(RUN.c.finished_at, "").label("finished_at")]
    select = sa.select(*columns).order_by(RUN.c.run_id.desc()).limit(limit)
    select = select.where(RUN.c.kind == kind) if kind else select
    return frame(conn, select.where(RUN.c.run_id < before) if before else select)


def one(conn: sa.Connection, run_id: int) -> pd.DataFrame:
    """Read one run."""
    columns = [*(RUN.c[name] for name in _RUN), sa.func.coalesce(RUN.c.finished_at, "").label("finished_at")]
    return frame(conn, sa.select(*columns).where(RUN.c.run_id == run_id))


def last(conn: sa.Connection, kinds: tuple[str, ...]) -> int:
    """Give the newest run of these kinds; 0: there is none."""
    found = conn.execute(sa.select(sa.func.max(RUN.c.run_id)).where(RUN.c.kind.in_(kinds))).scalar()
    return int(found or 0)


_FILE = ("sha256", "bytes", "direction", "content", "sets", "state", "counts")


def files(conn: sa.Connection, run_id: int) -> pd.DataFrame:
    """Read what came in with a run: what each file is, what became of it, its sets, claims, money and findings."""
    sets = (
        sa.select(
            SET.c.file_id,
            count().label("sets_in_it"),
            total(SET.c.claims).label("claims"),
            total(SET.c.payment_cents).label("payment_cents"),
            total(SET.c.charge_cents).label("charge_cents"),
        )
        .group_by(SET.c.file_id)
        .subquery()
    )
    found = sa.select(FINDING.c.file_id, count().label("findings")).group_by(FINDING.c.file_id).subquery()

    def number(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
        return sa.type_coerce(sa.func.coalesce(column, 0), sa.BigInteger).label(str(column.key))

    names = ("sets_in_it", "claims", "payment_cents", "charge_cents")
    return frame(
        conn,
        sa.select(
            *(FILE.c[name] for name in _FILE),
            sa.func.coalesce(FILE.c.reason_code, "").label("reason_code"),
            RECEIPT.c.is_duplicate,
            *(number(sets.c[name]) for name in names),
            number(found.c.findings),
        )
        .join(FILE, FILE.c.file_id == RECEIPT.c.file_id)
        .outerjoin(sets, sets.c.file_id == FILE.c.file_id)
        .outerjoin(found, found.c.file_id == FILE.c.file_id)
        .where(RECEIPT.c.run_id == run_id)
        .order_by(RECEIPT.c.receipt_id),
    )


def file(conn: sa.Connection, sha256: str) -> pd.DataFrame:
    """Read one file; two when the beginning of a hash fits two."""
    columns: list[sa.ColumnElement[Any]] = [FILE.c.file_id, *(FILE.c[name] for name in _FILE), FILE.c.recorded_at]
    columns.append(sa.func.coalesce(FILE.c.reason_code, "").label("reason_code"))
    return frame(conn, sa.select(*columns).where(FILE.c.sha256.startswith(sha256, autoescape=True)).limit(2))


def sets(conn: sa.Connection, file_id: int) -> pd.DataFrame:
    """Read the transaction sets of a file."""
    names = ("seg", "offset", "set_code", "control_number", "state", "segments", "claims", "service_lines")
    amounts = ("charge_cents", "paid_cents", "plb_cents", "payment_cents")
    columns = [*(SET.c[name] for name in names), sa.func.coalesce(SET.c.reason_code, "").label("reason_code")]
    select = sa.select(*columns, *(SET.c[name] for name in amounts)).where(SET.c.file_id == file_id)
    return frame(conn, select.order_by(SET.c.seg).limit(500))


def findings(conn: sa.Connection, file_id: int) -> pd.DataFrame:
    """Read the findings of a file, the worst first."""
    names = ("severity", "code", "seg", "element", "offset", "found", "expected", "message")
    worst = sa.case({"reject": 0, "hold": 1}, value=FINDING.c.severity, else_=2)
    select = sa.select(*(FINDING.c[name] for name in names)).where(FINDING.c.file_id == file_id)
    return frame(conn, select.order_by(worst, FINDING.c.seg).limit(500))
