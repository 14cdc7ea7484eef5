"""
The database: SQLite in a file, or a server that speaks MySQL's protocol.

Engines are synchronous and used from threads.
A transaction is a `with` block: `read()` sees one state and never changes anything, `write()` commits at its end.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import StaticPool

from openmcs.errors import ConfigurationError, StoreUnavailable

BUSY_SECONDS = 15.0
"""How long a SQLite writer waits for another one."""


class Database:
    """A pool of connections to one database; threads may share it."""

    def __init__(self, engine: Engine, *, alone: bool = False) -> None:
        self.engine = engine
        self._alone: contextlib.AbstractContextManager[Any] = threading.RLock() if alone else contextlib.nullcontext()

    @classmethod
    def open(cls, url: str) -> Database:
        """
        Make the engine for `sqlite:///file` or `mysql+pymysql://…`; nothing is connected yet.

        The folder of a SQLite file is made.
        Raises `ConfigurationError` when the URL is neither.
        """
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise ConfigurationError(
                "store.url is no database URL; write sqlite:///file or mysql+pymysql://user@host/database"
            ) from None
        if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
            return _sqlite(parsed)
        if parsed.drivername in ("mysql+pymysql", "mariadb+pymysql"):
            return _mysql(parsed)
        raise ConfigurationError(
            f"store.url: {parsed.drivername} is not supported; write sqlite:///file or mysql+pymysql://user@host/database"
        )

    @property
    def dialect(self) -> str:
        """`sqlite`, or `mysql` (which MariaDB is as well)."""
        return "sqlite" if self.engine.dialect.name == "sqlite" else "mysql"

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """
        A connection for questions; what is changed through it is rolled back.

        Raises `StoreUnavailable` when the database does not answer.
        """
        with self._answering(), self._alone, self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """
        A connection in a transaction that is committed at the end, or rolled back by an exception.

        SQLite takes the lock for writing at once, so that a transaction never fails half way for another writer.
        Raises `StoreUnavailable` when the database does not answer; then nothing was changed, or (if the
        connection broke in the commit itself) everything.
        """
        with self._answering(), self._alone, self.engine.connect() as connection:
            writing = connection.execution_options(openmcs_write=True)
            with writing.begin():
                yield writing

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, DisconnectionError, PoolTimeout) as error:
            raise self._unavailable(error) from error
        except DBAPIError as error:
            # A plain DatabaseError is SQLite's for a file that is damaged or no database at all.
            if error.connection_invalidated or type(error) is DatabaseError:
                raise self._unavailable(error) from error
            raise

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        reason = str(getattr(error, "orig", None) or error)
        password = self.engine.url.password
        if password:
            reason = reason.replace(str(password), "***")
        return StoreUnavailable(f"The database ({_place(self.engine.url)}) does not answer: {reason}")


def _place(url: URL) -> str:
    """Where the database is, without user and password."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite, {url.database or 'in memory'}"
    return f"MySQL at {url.host or 'localhost'}:{url.port or 3306}, {url.database}"


def _sqlite(url: URL) -> Database:
    in_memory = url.database in (None, "", ":memory:")
    arguments: dict[str, Any] = {"hide_parameters": True, "connect_args": {"timeout": BUSY_SECONDS}}
    if in_memory:
        arguments["poolclass"] = StaticPool
        arguments["connect_args"]["check_same_thread"] = False
    else:
        folder = Path(str(url.database)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"store.url: the folder {folder} cannot be made: {error.strerror}") from error
        arguments |= {"pool_size": 8, "max_overflow": 24, "pool_timeout": 10}
    engine = create_engine(url, **arguments)

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `begin` below says, not where the driver guesses
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        connection.execute("PRAGMA foreign_keys = ON")
        if not in_memory:
            _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("openmcs_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return Database(engine, alone=in_memory)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers and the writer do not block one another. The switch ignores the busy timeout, so it is tried again."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _mysql(url: URL) -> Database:
    engine = create_engine(
        url.update_query_dict({"charset": "utf8mb4"}),
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_size=8,
        max_overflow=24,
        pool_timeout=10,
        connect_args={
            "connect_timeout": 5,
            "read_timeout": 60,
            "write_timeout": 60,
            # A value that does not fit is an error, never cut silently, whatever the server's default is.
            "init_command": "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
        },
    )
    return Database(engine)
