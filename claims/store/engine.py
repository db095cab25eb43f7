"""Opens the database: an address comes in, an engine and its two kinds of transaction go out.

`write` and `read` are the only ways to a connection. A write transaction is alone: SQLite by ``BEGIN IMMEDIATE``,
PostgreSQL by an advisory lock, so that what a step has checked stays true until it commits, on both. A read transaction
sees one snapshot and cannot write. Errors of the database leave both as `DatabaseError`, which never quotes a row.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import PoolProxiedConnection

from claims.config import masked
from claims.errors import ConfigError, DatabaseBusyError, DatabaseError, DatabaseNotReadyError

BUSY_SECONDS = 30
_WRITER_LOCK = 4_277_009_102  # any number, the same in every process of ours
_PRAGMAS = (
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "recursive_triggers=ON",  # else INSERT OR REPLACE deletes rows behind the back of triggers
)
_READ = "claims_read"
# In the `info` of a connection: what is to be done before its transaction commits. It writes, too.
BEFORE_COMMIT = "claims_before_commit"
# Among the options of a connection: where the audit key lies, without which nothing that is sealed can be written.
AUDIT_KEY_FILE = "claims_audit_key_file"


def open_engine(url: str, *, reads_only: bool = False, audit_key_file: Path | None = None) -> sa.Engine:
    """Open the database at `url` (``sqlite:///FILE`` or ``postgresql+psycopg://...``) without touching its tables.

    Through an engine that `reads_only` nothing can be changed, not by `write` either: the database refuses. With
    `audit_key_file` what is sealed can be written and checked (`store.seals`).
    """
    engine = _opened(url, reads_only)
    return engine if audit_key_file is None else engine.execution_options(**{AUDIT_KEY_FILE: audit_key_file})


def _opened(url: str, reads_only: bool) -> sa.Engine:
    try:
        address = sa.make_url(url)
    except ArgumentError:
        raise ConfigError("database_url", "is not an address like sqlite:///FILE or postgresql+psycopg://...") from None
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername in ("sqlite", "sqlite+pysqlite"):
        return _open_sqlite(address, reads_only)
    if address.drivername == "postgresql+psycopg":
        return _open_postgresql(address, reads_only)
    raise ConfigError("database_url", f"{address.drivername} is not supported; use sqlite or postgresql+psycopg")


def _open_postgresql(address: sa.URL, reads_only: bool) -> sa.Engine:
    engine = sa.create_engine(address, hide_parameters=True, pool_pre_ping=True)
    if reads_only:

        @event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    return engine


def _open_sqlite(address: sa.URL, reads_only: bool) -> sa.Engine:
    if address.database in (None, "", ":memory:"):
        raise ConfigError("database_url", "must name a file: every connection to :memory: is another database")
    engine = sa.create_engine(address, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # else the driver sends BEGINs of its own
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        reads = reads_only or connection.get_execution_options().get(_READ, False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _sqlite_file(engine: sa.Engine) -> Path | None:
    return Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else None


# The connection of a transaction around several steps that is going on in this thread; see `together`.
_around: ContextVar[sa.Connection | None] = ContextVar("_around", default=None)
# Whether who asks to write in this thread only looks; see `looking`.
_looks: ContextVar[bool] = ContextVar("_looks", default=False)


@contextlib.contextmanager
def rehearsal(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Let everything inside read and write as always, in one transaction that is rolled back at the end."""
    with _named_errors(), engine.connect() as connection:
        transaction = connection.begin()
        _be_the_writer(connection)
        tokens = _around.set(connection), _looks.set(False)
        try:
            yield connection
        finally:
            _around.reset(tokens[0])
            _looks.reset(tokens[1])
            transaction.rollback()
            connection.info.pop(BEFORE_COMMIT, None)


@contextlib.contextmanager
def looking() -> Iterator[None]:
    """Give who asks to write inside a snapshot that cannot be changed, as `read` does: nobody waits for it."""
    token = _looks.set(True)
    try:
        yield
    finally:
        _looks.reset(token)


@contextlib.contextmanager
def together(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Let steps that open transactions of their own be one: what they write is committed at the end, or nothing is."""
    with write(engine) as connection:
        token = _around.set(connection)
        try:
            yield connection
        finally:
            _around.reset(token)


def is_together() -> bool:
    """Tell whether this thread is inside a transaction around several steps, or inside a rehearsal."""
    return _around.get() is not None


@contextlib.contextmanager
def write(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open the one write transaction; commit at the end, roll back when anything is raised."""
    around = _around.get()
    if around is not None:
        with around.begin_nested():
            yield around
        return
    if _looks.get():
        with read(engine) as connection:
            yield connection
        return
    with _named_errors(), engine.connect() as connection, connection.begin():
        _be_the_writer(connection)
        connection.info.pop(BEFORE_COMMIT, None)  # what one that was rolled back has left
        yield connection
        before_commit: Callable[[sa.Connection], None] | None = connection.info.pop(BEFORE_COMMIT, None)
        if before_commit is not None:
            before_commit(connection)


def _be_the_writer(connection: sa.Connection) -> None:
    """Wait for every other writer; SQLite did so at BEGIN IMMEDIATE."""
    if is_postgresql(connection):
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))


@contextlib.contextmanager
def read(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that sees one snapshot of the database and cannot change it."""
    around = _around.get()
    if around is not None:
        yield around
        return
    options: dict[str, Any] = {_READ: True}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _named_errors(), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def upgrade(url: str) -> str:
    """Create or upgrade the tables at `url` in one transaction and return their version; prints nothing."""
    engine = open_engine(url)
    path = _sqlite_file(engine)
    if path is not None and not path.exists():  # only its owner may read it; SQLite itself would follow the umask
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    try:
        with write(engine) as connection:
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    return newest_version()


def newest_version() -> str:
    """Give the version that this program's tables have."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    assert head is not None, "the package holds at least one migration"
    return head


def version(engine: sa.Engine) -> str | None:
    """Give the version of the database's tables; None when there are none of ours. Creates no file."""
    path = _sqlite_file(engine)
    if path is not None and not path.exists():
        return None
    with read(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_ready(engine: sa.Engine) -> bool:
    """Tell whether the tables are those of this program."""
    return version(engine) == newest_version()


def require_ready(engine: sa.Engine) -> None:
    """Raise DatabaseNotReadyError unless the tables are those of this program."""
    found, expected = version(engine), newest_version()
    if found != expected:
        raise DatabaseNotReadyError(shown(engine), found, expected)


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def shown(engine: sa.Engine) -> str:
    """Give the engine's address without its password."""
    return masked(engine.url.render_as_string(hide_password=True))


def is_postgresql(connection: sa.Connection) -> bool:
    """Tell which of the two engines this is."""
    return connection.dialect.name == "postgresql"


def driver_connection(connection: sa.Connection) -> Any:
    """Give the driver's own connection below this transaction, for COPY and online backup."""
    pooled: PoolProxiedConnection = connection.connection
    return pooled.driver_connection


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _explained(error.orig) from None
    except (psycopg.Error, sqlite3.Error) as error:  # COPY and backup speak to the driver directly
        raise _explained(error) from None
    except NoSuchModuleError:
        raise ConfigError("database_url", "its driver is not installed") from None


def _explained(error: BaseException | None) -> DatabaseError:
    """Say what failed by class and rule: a driver's own text quotes the row."""
    kind = type(error).__name__
    if isinstance(error, psycopg.Error):
        names = (error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
        return DatabaseError(f"{kind} {error.sqlstate or ''}".strip(), ".".join(name for name in names if name))
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith("SQLITE_BUSY"):
            return DatabaseBusyError(BUSY_SECONDS)
        constraint = str(error).partition(" constraint failed: ")[2] if "constraint failed: " in str(error) else ""
        return DatabaseError(f"{kind} {code}".strip(), constraint)
    return DatabaseError(kind)
