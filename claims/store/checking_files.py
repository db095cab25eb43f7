"""Stored rows of one file, each with the segments of the rows it hangs on: what a file is held against.

All select by an index: rows of a file or remittance, then what hangs on them by their keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from claims.store import schema
from claims.store.load import frame
from claims.store.rows import frame_of, frame_of_texts

F, T, R, C = schema.files, schema.transactions, schema.remittances, schema.claims
CP, SP, A, REM, PLB = (
    schema.claim_payments,
    schema.service_payments,
    schema.adjustments,
    schema.remarks,
    schema.provider_adjustments,
)
SL, B, PP, RUN = schema.service_lines, schema.bank_lines, schema.patient_payments, schema.runs

# Tables whose rows of a file are counted, so that none can be put in. Findings are compared; files have some from which
# nothing came.
COUNTED = (T, R, CP, SP, A, REM, PLB, C, SL, B, PP, schema.interchanges, schema.acknowledgements)
# Rows of claims that are sent: seals hold them, or what they hang on, and no cash comes of them.
OF_CLAIMS = frozenset(table.name for table in (schema.interchanges, T, C, SL))


def files(conn: sa.Connection) -> pd.DataFrame:
    """Files whose contents are rows: file_id, sha256, direction, content, state, reason_code, run_kind.

    Batches that we wrote are not among them: their claims stand in the files that they came from.
    """
    batches = sa.select(schema.batches.c.file_id).where(schema.batches.c.file_id.is_not(None))
    names = (F.c.file_id, F.c.sha256, F.c.direction, F.c.content, F.c.state, F.c.reason_code)
    return frame(
        conn,
        sa.select(*names, sa.func.coalesce(RUN.c.kind, "").label("run_kind"))
        .outerjoin(RUN, RUN.c.run_id == F.c.run_id)
        .where(F.c.content.in_(["x12", "bank", "charges", "payments"]), F.c.state != "registered")
        .where(F.c.file_id.not_in(batches))
        .order_by(F.c.sha256),
    )


def batch_files(conn: sa.Connection) -> set[int]:
    """Give the file_id of batches that we wrote: nobody reads those again, for their claims stand in other files."""
    batches = schema.batches.c.file_id
    return {int(one) for one in conn.scalars(sa.select(batches).where(batches.is_not(None)))}


def hashes_of(conn: sa.Connection, file_ids: Sequence[int]) -> dict[int, str]:
    """Give the sha256 of files by their file_id."""
    rows = frame_of(conn, sa.select(F.c.file_id, F.c.sha256), F.c.file_id, file_ids)
    return dict(zip(rows["file_id"].tolist(), rows["sha256"].tolist(), strict=True))


def strayed_payers(conn: sa.Connection) -> list[int]:
    """Give the claim_payer_id of payers that name another family than their claim does."""
    payers = schema.claim_payers
    joined = payers.join(C, C.c.claim_id == payers.c.claim_id)
    select = sa.select(payers.c.claim_payer_id).select_from(joined).where(payers.c.family_id != C.c.family_id)
    return [int(one) for one in conn.scalars(select.order_by(payers.c.claim_payer_id))]


def counts(conn: sa.Connection) -> dict[tuple[str, int], int]:
    """Number of rows by table and file_id."""
    found: dict[tuple[str, int], int] = {}
    for table in COUNTED:
        select = sa.select(table.c.file_id, sa.func.count()).group_by(table.c.file_id)
        found.update({(table.name, int(file_id)): int(rows) for file_id, rows in conn.execute(select)})
    return found


def _own(table: sa.Table, *more: sa.ColumnElement[Any]) -> Any:
    """Select what a row says, its key and `more`; not what it hangs on, which is told by segments."""
    own = [column for column in table.columns if column.name != "file_id" and not column.foreign_keys]
    return sa.select(*own, *more)


def _in_set(table: sa.Table) -> Any:
    """Select what rows say, with the segment of the set that they hang on: 0 for none, -1 for one of another file."""
    of_another = sa.case((table.c.transaction_id.is_(None), 0), else_=-1)
    select = _own(table, sa.func.coalesce(T.c.seg, of_another).label("transaction_seg"))
    return select.outerjoin(T, sa.and_(T.c.transaction_id == table.c.transaction_id, T.c.file_id == table.c.file_id))


def sets(conn: sa.Connection, file_id: int) -> dict[str, pd.DataFrame]:
    """Interchanges, transaction sets, remittances and findings of a file."""
    found = {
        table.name: frame(conn, _own(table).where(table.c.file_id == file_id)) for table in (schema.interchanges, T)
    }
    found["findings"] = frame(conn, _in_set(schema.findings).where(schema.findings.c.file_id == file_id))
    found["remittances"] = frame(
        conn,
        _own(R, T.c.seg.label("transaction_seg"))
        .join(T, sa.and_(T.c.transaction_id == R.c.transaction_id, T.c.file_id == file_id))
        .where(R.c.file_id == file_id),
    )
    return found


def claim_payments(
    conn: sa.Connection, remit_ids: Sequence[int], first_seg: int, last_seg: int
) -> dict[str, pd.DataFrame]:
    """Claim payments of remittances that stand in a stretch of their file, and all that hangs on them."""
    stretch = CP.c.seg.between(first_seg, last_seg)
    of_set = T.c.seg.label("transaction_seg")
    remits = R.join(T, T.c.transaction_id == R.c.transaction_id)
    select = _own(CP, of_set).join(remits, R.c.remit_id == CP.c.remit_id).where(stretch)
    found = {"claim_payments": frame_of(conn, select, CP.c.remit_id, remit_ids)}
    ids = found["claim_payments"]["claim_payment_id"].tolist()
    lines = _own(SP, CP.c.seg.label("claim_seg")).join(CP, CP.c.claim_payment_id == SP.c.claim_payment_id)
    found["service_payments"] = frame_of(conn, lines, SP.c.claim_payment_id, ids)
    for table in (A, REM):
        hanging = (
            _own(table, CP.c.seg.label("claim_seg"), sa.func.coalesce(SP.c.seg, 0).label("service_seg"))
            .join(CP, CP.c.claim_payment_id == table.c.claim_payment_id)
            .outerjoin(SP, SP.c.service_payment_id == table.c.service_payment_id)
        )
        found[table.name] = frame_of(conn, hanging, table.c.claim_payment_id, ids)
    plb = _own(PLB, of_set).join(remits, R.c.remit_id == PLB.c.remit_id)
    found["provider_adjustments"] = frame_of(
        conn, plb.where(PLB.c.seg.between(first_seg, last_seg)), PLB.c.remit_id, remit_ids
    )
    return found


def claims(conn: sa.Connection, file_id: int, first_seg: int, last_seg: int) -> dict[str, pd.DataFrame]:
    """Claims that stand in a stretch of a file, with their lines and payers."""
    own = _in_set(C).where(C.c.file_id == file_id, C.c.seg.between(first_seg, last_seg))
    found = {"claims": frame(conn, own)}
    ids = found["claims"]["claim_id"].tolist()
    for table in (SL, schema.claim_payers):
        select = _own(table, C.c.seg.label("claim_seg")).join(C, C.c.claim_id == table.c.claim_id)
        found[table.name] = frame_of(conn, select, table.c.claim_id, ids)
    return found


def answers(conn: sa.Connection, file_id: int, first_seg: int, last_seg: int) -> pd.DataFrame:
    """What a stretch of a file answers to what was sent, with the segment of its set: 0 where it has none."""
    table = schema.acknowledgements
    return frame(conn, _in_set(table).where(table.c.file_id == file_id, table.c.seg.between(first_seg, last_seg)))


def keyed(conn: sa.Connection, table: sa.Table, column: str, keys: Sequence[str]) -> pd.DataFrame:
    """Bank lines or patients' payments by their keys, with the file that they first came in."""
    select = _own(table, table.c.file_id)
    return frame_of_texts(conn, select, table.c[column], keys)


def missing_rows(conn: sa.Connection) -> Mapping[str, int]:
    """Tables that hold fewer rows than keys were handed out for (table: rows missing), of those that delete none."""
    given = _given(conn)
    found = {}
    for name in sorted(given):
        rows = int(conn.scalar(sa.select(sa.func.count()).select_from(schema.metadata.tables[name])) or 0)
        if rows < given[name]:
            found[name] = given[name] - rows
    return found


def above_given(conn: sa.Connection) -> list[str]:
    """Name tables with keys that were never handed out: of rows put in, or of a count that was turned back."""
    given = {str(name): int(next_id) for name, next_id in conn.execute(sa.select(schema.id_blocks))}
    keys = [next(iter(table.primary_key.columns)) for table in schema.metadata.sorted_tables]
    return [
        key.table.name
        for key in keys
        if key.name.endswith("_id")
        and not key.foreign_keys  # the key of another row
        and int(conn.scalar(sa.select(sa.func.max(key))) or 0) >= given.get(key.table.name, 1)
    ]


def rows_given(conn: sa.Connection) -> int:
    """Keys that were handed out for rows that stay."""
    return sum(_given(conn).values())


def _given(conn: sa.Connection) -> dict[str, int]:
    blocks = schema.id_blocks
    given = {str(name): int(next_id) - 1 for name, next_id in conn.execute(sa.select(blocks))}
    return {name: rows for name, rows in given.items() if name in schema.metadata.tables and name not in DELETING}


# Rows of these may go: sessions and what belongs to signing in, views, findings of a master file that is judged again.
# The chain of journals counts its own.
DELETING = frozenset(
    {"sessions", "login_attempts", "recovery_codes", "saved_views", "searches", "users", "findings", "journals"}
)
