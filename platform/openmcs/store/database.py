"""
The database: SQLite by default, MySQL or MariaDB by setting. Synchronous, used from threads.

Transactions are short. SQLite runs in WAL with full synchronisation: what was committed survives a
power cut. MySQL runs at READ COMMITTED; nothing relies on isolation alone, a changed row is found by
its etag.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from openmcs.errors import ConfigurationError, StoreUnavailable


class Database:
    """One engine and its two kinds of transaction."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self.engine = engine
        self._shown = shown

    @classmethod
    def open(cls, url: str) -> Database:
        """Make the engine; nothing is connected yet. Raises `ConfigurationError` for a URL of no use."""
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() == "sqlite":
                engine = _sqlite(url, parsed.database)
            elif parsed.drivername in ("mysql+pymysql", "mariadb+pymysql"):
                engine = create_engine(
                    url,
                    pool_pre_ping=True,
                    pool_recycle=1800,
                    pool_size=10,
                    isolation_level="READ COMMITTED",
                    connect_args={"charset": "utf8mb4", "connect_timeout": 5},
                )
            else:
                raise ConfigurationError(
                    f"store.url: {parsed.drivername!r} is not supported; use sqlite:///… or mysql+pymysql://…"
                )
        except (ArgumentError, NoSuchModuleError):
            raise ConfigurationError("store.url is no database URL; use sqlite:///… or mysql+pymysql://…") from None
        return cls(engine, parsed.render_as_string(hide_password=True))

    @property
    def dialect(self) -> str:
        """`sqlite`, or `mysql` for MySQL and MariaDB alike."""
        return "sqlite" if self.engine.dialect.name == "sqlite" else "mysql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that changes nothing. Raises `StoreUnavailable`."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at its end. Raises `StoreUnavailable`."""
        with self._translated(), self.engine.connect() as connection:
            connection = connection.execution_options(openmcs_write=True)
            with connection.begin():
                yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if not _is_outage(error):
                raise
            # The driver's text may repeat the URL, so it stays the private cause.
            raise StoreUnavailable(f"The database {self._shown} does not answer.") from error

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _is_outage(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    original: Any = error.orig
    if isinstance(original, sqlite3.OperationalError):
        text = str(original)
        return any(part in text for part in ("locked", "unable to open", "disk I/O", "database or disk is full", "readonly"))
    code = original.args[0] if getattr(original, "args", ()) else None
    # 1040 too many connections, 1044/1045 access denied, 1049 unknown database, 1053 shutdown,
    # 1205 lock wait, 1213 deadlock, 2002/2003/2006/2013 no server.
    return code in (1040, 1044, 1045, 1049, 1053, 1205, 1213, 2002, 2003, 2006, 2013)


def _sqlite(url: str, file: str | None) -> Engine:
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 15, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: object) -> None:
        # SQLAlchemy's driver would begin late; transactions begin where `begin` below says.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: two that both began by reading would fail at their first write.
        immediate = connection.get_execution_options().get("openmcs_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
