"""The dtypes of what comes back: decided by the select, the same on both engines."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from claims.errors import FrameError
from claims.store import bulk, engine, load, schema
from tests.store.test_bulk import files_frame, transactions_frame

T, F = schema.transactions, schema.files
RUN = {
    "run_id": 1,
    "kind": "ingest",
    "posting_date": date(2026, 3, 1),
    "state": "done",
    "actor": "a",
    "host": "h",
    "process_id": 1,
    "process_started": "",
    "started_at": "2026-03-01T00:00:00.000000Z",
}


def load_frame(database, select):
    with engine.read(database) as conn:
        return load.frame(conn, select)


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_no_rows_give_the_dtypes_of_the_columns(sqlite_url, table):
    database = engine.open_engine(sqlite_url)
    frame = load_frame(database, sa.select(table))
    database.dispose()
    assert list(frame.columns) == list(table.columns.keys())
    for column in table.columns:
        wanted = "str"
        if isinstance(column.type, sa.Integer):
            wanted = "Int64" if column.nullable and not column.name.endswith("_id") else "int64"
        assert frame[column.name].dtype == wanted, column.name


def test_rows_have_the_dtypes_of_no_rows(database):
    before = load_frame(database, sa.select(T)).dtypes
    with engine.write(database) as conn:
        bulk.bulk_insert(conn, F, files_frame(1))
        bulk.bulk_insert(conn, T, transactions_frame([100, None]))
    after = load_frame(database, sa.select(T).order_by(T.c.transaction_id))
    pd.testing.assert_series_equal(before, after.dtypes)
    assert after["payment_cents"].tolist() == [100, pd.NA]


def test_rows_that_come_in_parts_are_like_others(sqlite_url, monkeypatch):
    monkeypatch.setattr(load, "_FETCH_ROWS", 2)
    database = engine.open_engine(sqlite_url)
    cells = sa.union_all(*(sa.select(sa.literal(one).label("number")) for one in (3, 1, 2, 3, 1)))
    found = load_frame(database, cells)
    database.dispose()
    assert found.groupby("number").size().to_dict() == {1: 2, 2: 1, 3: 2}
    assert found["number"].isin([1]).sum() == 2 and found["number"].dtype == "int64"


def test_what_is_called_text_comes_as_text_whatever_the_driver_gave(sqlite_url, monkeypatch):
    monkeypatch.setattr(load, "_FETCH_ROWS", 2)  # in parts too
    database = engine.open_engine(sqlite_url)
    cells = sa.union_all(*(sa.select(sa.literal(one, sa.String).label("cell")) for one in ("a", None, "", "é")))
    mixed = sa.select(sa.type_coerce(sa.literal(5), sa.String).label("cell"))
    frame, odd = load_frame(database, cells), load_frame(database, mixed)
    database.dispose()
    assert (frame["cell"].tolist(), odd["cell"].tolist()) == (["a", "", "", "é"], ["5"])
    assert (frame["cell"].dtype, odd["cell"].dtype) == ("str", "str")


def test_sums_are_whole_numbers_and_the_sum_of_nothing_is_zero(database):
    total = sa.select(sa.func.sum(T.c.payment_cents).label("payment_cents"), sa.func.count().label("n"))
    assert load_frame(database, total).to_dict("records") == [{"payment_cents": 0, "n": 0}]
    with engine.write(database) as conn:
        bulk.bulk_insert(conn, F, files_frame(1))
        bulk.bulk_insert(conn, T, transactions_frame([2**53 + 1, 2]))
    frame = load_frame(database, total)
    assert frame.to_dict("records") == [{"payment_cents": 2**53 + 3, "n": 2}]
    assert frame.dtypes.tolist() == ["int64", "int64"]


def test_an_outer_join_fills_its_gaps(database):
    with engine.write(database) as conn:
        bulk.bulk_insert(conn, F, files_frame(1))
    joined = sa.select(F.c.file_id, T.c.transaction_id, T.c.guide, T.c.segments).select_from(F.outerjoin(T))
    assert load_frame(database, joined).to_dict("records") == [
        {"file_id": 1, "transaction_id": 0, "guide": "", "segments": 0}
    ]


def test_unions_subqueries_and_yes_no_expressions(database):
    with engine.write(database) as conn:
        bulk.bulk_insert(conn, F, files_frame(2))
    part = sa.select(F.c.file_id, (F.c.file_id > 1).label("is_second")).subquery()
    frame = load_frame(database, sa.select(part).order_by(part.c.file_id))
    assert frame["is_second"].tolist() == [False, True] and frame["is_second"].dtype == "bool"
    both = sa.union_all(sa.select(F.c.file_id, F.c.run_id), sa.select(F.c.file_id, F.c.run_id)).order_by("file_id")
    assert load_frame(database, both)["file_id"].tolist() == [1, 1, 2, 2]


def test_days_are_iso_text_from_any_engine(database):
    with engine.write(database) as conn:
        conn.execute(schema.runs.insert(), RUN)
    frame = load_frame(database, sa.select(sa.func.max(schema.runs.c.posting_date).label("last_date")))
    assert frame["last_date"].tolist() == ["2026-03-01"] and frame["last_date"].dtype == "str"


def test_a_column_without_a_type_is_refused(database):
    with pytest.raises(FrameError, match="give it one"):
        load_frame(database, sa.select(sa.func.avg(T.c.seg).label("average")))
