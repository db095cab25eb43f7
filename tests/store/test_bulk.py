"""Frames into tables and back, on both engines."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from claims.errors import DatabaseError, FrameError, ValueTooLongError
from claims.store import bulk, engine, load, schema

FILES, FAMILIES = schema.files, schema.families


def files_frame(n, first=1):
    ids = range(first, first + n)
    return pd.DataFrame(
        {
            "file_id": pd.Series(ids, dtype="int64"),
            "sha256": pd.Series([f"{i:064x}" for i in ids], dtype="str"),
            "bytes": pd.Series(10, index=range(n), dtype="int64"),
            "direction": pd.Series("received", index=range(n), dtype="str"),
            "content": pd.Series("x12", index=range(n), dtype="str"),
            "state": pd.Series("stored", index=range(n), dtype="str"),
            "recorded_at": pd.Series("2026-01-01T00:00:00.000000Z", index=range(n), dtype="str"),
        }
    )


def transactions_frame(payment_cents, file_id=1):
    """One row per amount, with texts, optional money and no optional text."""
    n = len(payment_cents)
    numbers = pd.Series(range(1, n + 1), dtype="int64")
    text = {"set_code": "835", "guide": "", "control_number": "0001", "usage_code": "P", "state": "stored"}
    return pd.DataFrame(
        {
            "transaction_id": numbers,
            "file_id": file_id,
            "seg": numbers,
            "offset": 0,
            "length": 2**40,
            **{name: pd.Series(value, index=numbers.index, dtype="str") for name, value in text.items()},
            "body_hash": pd.Series("é" * 64, index=numbers.index, dtype="str"),
            "segments": 1,
            "claims": 1,
            "service_lines": 0,
            "payment_cents": pd.Series(payment_cents, dtype="Int64"),
        }
    )


def insert(database, table, frame):
    with engine.write(database) as conn:
        return bulk.bulk_insert(conn, table, frame)


def stored(database, *columns):
    with engine.read(database) as conn:
        return load.frame(conn, sa.select(*columns).order_by(columns[0]))


def test_rows_come_back_as_they_went(database):
    insert(database, FILES, files_frame(1))
    frame = transactions_frame([None, 0, -5, 2**62])
    assert insert(database, schema.transactions, frame) == 4
    back = stored(database, *(schema.transactions.c[name] for name in frame.columns))
    pd.testing.assert_frame_equal(back, frame)


def test_more_rows_than_a_chunk(database, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 7)
    frame = files_frame(50)
    insert(database, FILES, frame)
    pd.testing.assert_frame_equal(stored(database, *(FILES.c[name] for name in frame.columns)), frame)


def test_left_out_columns_take_their_default(database):
    insert(database, FILES, files_frame(1))
    back = stored(database, FILES.c.counts, FILES.c.sets, FILES.c.reason_code, FILES.c.run_id)
    assert back.to_dict("records") == [{"counts": "{}", "sets": "", "reason_code": "", "run_id": 0}]


def test_zero_id_and_empty_day_become_null(database):
    insert(database, FILES, files_frame(2).assign(run_id=0))
    days = pd.Series(["2026-02-28", ""], dtype="str")
    keys = pd.Series([1, 2], dtype="int64")
    text = pd.Series(["a", "b"], dtype="str")
    frame = pd.DataFrame({"interchange_id": keys, "file_id": keys, "seg": 1, "offset": 0, "length": 106})
    frame = frame.assign(control_number=text, sender_id=text, receiver_id=text, usage_code=text, interchange_date=days)
    insert(database, schema.interchanges, frame)
    with engine.read(database) as conn:
        empty = sa.select(schema.interchanges.c.interchange_id).where(schema.interchanges.c.interchange_date.is_(None))
        assert conn.execute(empty).scalars().all() == [2]
        assert conn.scalar(sa.select(sa.func.count()).where(FILES.c.run_id.is_(None))) == 2
    back = stored(database, schema.interchanges.c.interchange_id, schema.interchanges.c.interchange_date)
    assert back["interchange_date"].tolist() == ["2026-02-28", ""]


def test_missing_text_is_null_where_the_column_may_be_null(database):
    insert(database, FILES, files_frame(2).assign(reason_code=pd.Series(["held", None], dtype="str")))
    with engine.read(database) as conn:
        assert conn.execute(sa.select(FILES.c.reason_code).order_by(FILES.c.file_id)).scalars().all() == ["held", None]


def test_a_nul_character_is_replaced_alike(database):
    frame = pd.DataFrame({"family_id": [1], "billing_npi": ["1"], "claim_number": ["A\0B"], "claim_number_normal": ""})
    insert(database, FAMILIES, frame)
    assert stored(database, FAMILIES.c.claim_number)["claim_number"].tolist() == ["A\ufffdB"]


def test_booleans_become_numbers(database):
    insert(database, FILES, files_frame(2))
    keys = pd.Series([1, 2], dtype="int64")
    at = pd.Series(["2026-01-01T00:00:00.000000Z"] * 2, dtype="str")
    frame = pd.DataFrame({"receipt_id": keys, "file_id": keys, "is_duplicate": [True, False], "recorded_at": at})
    insert(database, schema.receipts, frame.assign(source_name="x"))
    assert stored(database, schema.receipts.c.receipt_id, schema.receipts.c.is_duplicate)["is_duplicate"].tolist() == [
        1,
        0,
    ]


def test_an_empty_frame_inserts_nothing(database):
    assert insert(database, FILES, files_frame(0)) == 0
    assert insert(database, FILES, pd.DataFrame(columns=files_frame(0).columns)) == 0
    assert len(stored(database, FILES.c.file_id)) == 0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"surprise": 1}, "no such column"),
        ({"bytes": 1.0}, "float64"),
        ({"bytes": "1"}, "needs whole numbers"),
        ({"state": 1}, "needs text"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused_whole(database, change, problem):
    with pytest.raises(FrameError, match=problem):
        insert(database, FILES, files_frame(2).assign(**change))
    assert len(stored(database, FILES.c.file_id)) == 0


def test_a_required_column_must_be_there(database):
    with pytest.raises(FrameError, match="sha256: is missing"):
        insert(database, FILES, files_frame(1).drop(columns="sha256"))


def test_a_text_that_is_no_day_is_refused(database):
    frame = pd.DataFrame({"run_id": [1], "kind": "ingest", "posting_date": "20260101", "state": "done", "actor": "a"})
    frame = frame.assign(host="h", process_id=1, process_started="", started_at="2026-01-01T00:00:00.000000Z")
    assert insert(database, schema.runs, frame) == 1  # ISO basic form is a day too
    assert stored(database, schema.runs.c.posting_date)["posting_date"].tolist() == ["2026-01-01"]
    with pytest.raises(FrameError, match="not a day"):
        insert(database, schema.runs, frame.assign(run_id=2, posting_date="yesterday"))


def test_a_text_longer_than_its_column_is_found_before_and_refused(database):
    frame = pd.DataFrame({"family_id": [1, 2], "billing_npi": "1", "claim_number": ["x" * 60, "é" * 61]})
    frame = frame.assign(claim_number_normal="")
    found = bulk.overlong(FAMILIES, frame)
    assert found.to_dict("records") == [{"row": 1, "column": "claim_number", "length": 61, "limit": 60}]
    with pytest.raises(ValueTooLongError, match="claim_number: 1 text"):
        insert(database, FAMILIES, frame)
    assert insert(database, FAMILIES, frame.iloc[:1]) == 1
    assert len(bulk.overlong(FAMILIES, frame.iloc[:1])) == 0


def test_a_second_equal_key_fails_and_leaves_nothing(database):
    twice = pd.concat([files_frame(3), files_frame(1)], ignore_index=True)
    with pytest.raises(DatabaseError) as caught:
        insert(database, FILES, twice)
    assert "0000001" not in str(caught.value)
    assert len(stored(database, FILES.c.file_id)) == 0


def test_bulk_rows_roll_back_with_their_transaction(database):
    with pytest.raises(ZeroDivisionError), engine.write(database) as conn:
        bulk.bulk_insert(conn, FILES, files_frame(3))
        assert conn.scalar(sa.select(sa.func.count()).select_from(FILES)) == 3
        raise ZeroDivisionError
    assert len(stored(database, FILES.c.file_id)) == 0


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=8, unique_by=lambda row: row[0]))
@profile(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives(database, rows):
    frame = pd.DataFrame(
        {
            "family_id": pd.Series(range(1, len(rows) + 1), dtype="int64"),
            "billing_npi": pd.Series("1", index=range(len(rows)), dtype="str"),
            "claim_number": pd.Series([row[0] for row in rows], dtype="str"),
            "claim_number_normal": pd.Series([row[1] for row in rows], dtype="str"),
        }
    )
    connection = database.connect()
    with connection, connection.begin() as transaction:
        bulk.bulk_insert(connection, FAMILIES, frame)
        back = load.frame(connection, sa.select(FAMILIES).order_by(FAMILIES.c.family_id))
        transaction.rollback()
    pd.testing.assert_frame_equal(back, frame)


LOADER = """
import sys
from claims.store import bulk, engine, schema
from tests.store.test_bulk import files_frame
database = engine.open_engine(sys.argv[1])
print("open", flush=True)
with engine.write(database) as conn:
    print("begun", flush=True)
    for batch in range(40):
        bulk.bulk_insert(conn, schema.files, files_frame(2_000, first=1 + batch * 2_000))
        print(batch, flush=True)
print("committed", flush=True)
"""


def kill_loader(url, folder, milliseconds):
    """Start a process that inserts 80,000 rows in one transaction, kill it while it does, and return what it said."""
    process = subprocess.Popen([sys.executable, "-c", LOADER, url], stdout=subprocess.PIPE, text=True, cwd=folder)
    assert [process.stdout.readline(), process.stdout.readline()] == ["open\n", "begun\n"]
    time.sleep(milliseconds / 1000)
    process.send_signal(signal.SIGKILL)
    said = process.stdout.read()
    process.wait()
    process.stdout.close()
    return said


@pytest.mark.long
def test_kill_during_bulk_insert_leaves_nothing_half(database, database_url, pytestconfig):
    for milliseconds in (0, 80):
        said = kill_loader(database_url, pytestconfig.rootpath, milliseconds)
        assert "committed" not in said, "the kill came too late to prove anything"
        assert len(stored(database, FILES.c.file_id)) == 0
    assert insert(database, FILES, files_frame(5)) == 5


@pytest.mark.long
def test_a_hundred_kills_leave_all_or_nothing(database, database_url, pytestconfig):
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    for _ in range(50):
        kill_loader(database_url, pytestconfig.rootpath, moments.uniform(0, 3000))
        count = len(stored(database, FILES.c.file_id))
        assert count in (0, 80_000), f"seed {seed}"
        with engine.write(database) as conn:
            conn.execute(FILES.delete())
