"""Transactions, upgrade and error texts on both engines."""

from __future__ import annotations

import re
import stat
import threading
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from claims.errors import ConfigError, DatabaseError, DatabaseNotReadyError
from claims.store import engine, schema
from claims.store.migrations import snapshot

BLOCKS = schema.id_blocks


def rows(database):
    with engine.read(database) as conn:
        return conn.execute(sa.select(BLOCKS.c.table_name, BLOCKS.c.next_id).order_by("table_name")).all()


def put(conn, name, number=1):
    conn.execute(BLOCKS.insert(), {"table_name": name, "next_id": number})


def test_write_commits(database):
    with engine.write(database) as conn:
        put(conn, "claims")
    assert rows(database) == [("claims", 1)]


def test_write_rolls_back_when_the_step_raises(database):
    with pytest.raises(ZeroDivisionError), engine.write(database) as conn:
        put(conn, "claims")
        raise ZeroDivisionError
    assert rows(database) == []


def test_read_refuses_to_write(database):
    with pytest.raises(DatabaseError), engine.read(database) as conn:
        put(conn, "claims")
    with engine.write(database) as conn:  # the same pooled connection writes again
        put(conn, "claims")
    assert rows(database) == [("claims", 1)]


def test_read_sees_one_snapshot(database):
    count = sa.select(sa.func.count()).select_from(BLOCKS)
    with engine.read(database) as reader:
        assert reader.scalar(count) == 0
        with engine.write(database) as conn:
            put(conn, "claims")
        assert reader.scalar(count) == 0
    assert rows(database) == [("claims", 1)]


def test_writers_take_turns_and_lose_no_update(database):
    with engine.write(database) as conn:
        put(conn, "claims", 0)

    def add():
        for _ in range(25):
            with engine.write(database) as conn:
                seen = conn.scalar(sa.select(BLOCKS.c.next_id))
                conn.execute(BLOCKS.update().values(next_id=seen + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(database) == [("claims", 100)]


def test_an_error_names_the_rule_and_never_the_row(database):
    with pytest.raises(DatabaseError) as caught, engine.write(database) as conn:
        put(conn, "ZZCANARY")
        put(conn, "ZZCANARY")
    assert "ZZCANARY" not in str(caught.value)
    assert "id_blocks" in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_foreign_keys_hold(database):
    line = {"match_id": 1, "service_payment_id": 1, "line_match_id": 1, "line_number": 1, "rule": "x"}
    with pytest.raises(DatabaseError), engine.write(database) as conn:
        conn.execute(schema.line_matches.insert(), line)


@pytest.mark.parametrize("table", ["journals", "ledger_lines", "audit_events"])
def test_append_only_tables_have_their_triggers(database, table):
    on_sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{}'"
    on_postgresql = "SELECT tgname FROM pg_trigger WHERE tgrelid = '{}'::regclass AND NOT tgisinternal"
    with engine.read(database) as conn:
        statement = on_postgresql if engine.is_postgresql(conn) else on_sqlite
        found = set(conn.execute(sa.text(statement.format(table))).scalars())
    assert found >= {f"{table}_no_update", f"{table}_no_delete"}


def test_upgrade_makes_an_empty_database_ready_and_can_be_repeated(empty_url, capsys):
    database = engine.open_engine(empty_url)
    assert engine.version(database) is None
    with pytest.raises(DatabaseNotReadyError, match="claims init"):
        engine.require_ready(database)
    assert engine.upgrade(empty_url) == engine.upgrade(empty_url) == engine.version(database)
    assert engine.is_ready(database)
    engine.require_ready(database)
    database.dispose()
    assert capsys.readouterr() == ("", "")


def _is_told_otherwise(one, kind):
    """Columns that are worked out, and indexes of expressions: each engine spells these in its own way."""
    if kind == "index":
        return any(not isinstance(part, sa.Column) for part in one.expressions)
    return kind == "column" and one.computed is not None


def test_migrations_build_exactly_the_schema(empty_url):
    engine.upgrade(empty_url)
    database = engine.open_engine(empty_url)
    with engine.write(database) as conn:
        context = MigrationContext.configure(
            conn,
            opts={
                "compare_type": True,
                "compare_server_default": _defaults_differ,
                "include_object": lambda one, _name, kind, *_: not _is_told_otherwise(one, kind),
            },
        )
        with warnings.catch_warnings():  # what SQLite cannot tell of itself stands in the snapshot, compared below
            warnings.filterwarnings("ignore", message=".*expression-based index")
            difference = compare_metadata(context, schema.metadata)
        assert snapshot.path(conn.dialect.name).read_text("utf-8") == snapshot.statements(conn.dialect)
        inspector = sa.inspect(conn)
        computed = {
            (name, column["name"]): re.sub(r"[() ]", "", column["computed"]["sqltext"])
            for name in schema.metadata.tables
            for column in inspector.get_columns(name)
            if "computed" in column
        }
    assert computed == {
        (column.table.name, column.name): re.sub(r"[() ]", "", str(column.computed.sqltext))
        for table in schema.metadata.tables.values()
        for column in table.columns
        if column.computed is not None
    }
    assert difference == [], "schema differs from the migrations; before the first release: make schema"
    database.dispose()


def _defaults_differ(_context, _stored, _column, inspected, _metadata, rendered):
    """Compare defaults as values: the engines write '0', 0 and ''::text for what the schema calls "0" and ""."""
    plain = [None if text is None else str(text).split("::")[0].strip("()'") for text in (inspected, rendered)]
    return plain[0] != plain[1]


def test_migrations_and_schema_agree_on_checks(empty_url):
    """Autogenerate does not look at CHECK constraints, so they are compared here by name."""
    engine.upgrade(empty_url)
    database = engine.open_engine(empty_url)
    with engine.read(database) as conn:
        inspector = sa.inspect(conn)
        found = {check["name"] for name in schema.metadata.tables for check in inspector.get_check_constraints(name)}
    database.dispose()
    wanted = {
        str(check.name)
        for table in schema.metadata.tables.values()
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    }
    assert found == wanted != set()


def test_a_sqlite_file_is_private_and_durable(tmp_path):
    url = f"sqlite:///{tmp_path / 'new' / 'claims.db'}"
    engine.upgrade(url)
    assert stat.S_IMODE(Path(tmp_path / "new" / "claims.db").stat().st_mode) == 0o600
    database = engine.open_engine(url)
    with engine.read(database) as conn:
        pragmas = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
    database.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


@pytest.mark.parametrize("url", ["nonsense", "mysql://h/db", "sqlite://", "sqlite:///:memory:"])
def test_an_unusable_address_is_a_config_error(url):
    with pytest.raises(ConfigError):
        engine.open_engine(url)


def test_no_server_is_a_database_error_without_the_password(tmp_path):
    database = engine.open_engine(f"postgresql://u:ZZCANARY@/x?host={tmp_path}")
    with pytest.raises(DatabaseError) as caught, engine.read(database):
        pass
    assert "ZZCANARY" not in str(caught.value) + engine.shown(database)


def test_through_an_engine_that_reads_only_nothing_is_written(database_url):
    database = engine.open_engine(database_url, reads_only=True)
    with engine.read(database) as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(schema.runs)).scalar_one() == 0
    with pytest.raises(DatabaseError), engine.write(database) as conn:
        conn.execute(sa.delete(schema.runs))
    database.dispose()
