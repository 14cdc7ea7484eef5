"""The schema of a database: which revision it has, and how it gets the newest."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from openmcs.errors import ConfigurationError, StoreUnavailable
from openmcs.store.database import Database

LOCK_SECONDS = 120
MIGRATIONS = Path(__file__).parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration; there is no alembic.ini to be found or lost."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision that this version of the platform knows."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    if newest is None:
        raise RuntimeError(f"no migrations in {MIGRATIONS}")
    return newest


def revision(database: Database) -> str | None:
    """The revision that the database has; None while it is empty. Raises `StoreUnavailable`."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> None:
    """
    Bring the schema to `head()`; of several processes that start at once, one does it and the others wait.

    Raises `StoreUnavailable`, and `ConfigurationError` when a newer platform has used the database.
    """
    current = revision(database)
    if current == head():
        return
    if current is not None and current not in _known():
        raise ConfigurationError(
            f"The database's schema ({current}) was made by a newer version of the platform than this one "
            f"(which knows up to {head()}). Start the newer version, or restore the backup made before it."
        )
    locked = _sqlite_locked if database.dialect == "sqlite" else _mysql_locked
    with locked(database) as connection:
        command.upgrade(configuration(connection), "head")


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}


@contextlib.contextmanager
def _sqlite_locked(database: Database) -> Iterator[Connection]:
    """
    SQLite changes its schema in a transaction, so taking the lock for writing is enough.

    Foreign keys are off meanwhile: a table is changed by copying it, and dropping the old one must not
    delete what refers to it. That switch works outside of a transaction only, hence on the driver's connection.
    """
    with database.write() as connection:
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        connection.exec_driver_sql("ROLLBACK")
        driver.execute("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the migration broke references: {broken[:5]}")
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        finally:
            driver.execute("PRAGMA foreign_keys = ON")
            connection.exec_driver_sql("BEGIN")


@contextlib.contextmanager
def _mysql_locked(database: Database) -> Iterator[Connection]:
    """MySQL commits with every change of the schema, so the lock is a named one of the session."""
    name = f"openmcs.schema.{database.engine.url.database}"[:64]
    with database.write() as connection:
        got = connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), {"name": name, "seconds": LOCK_SECONDS})
        if got != 1:
            raise StoreUnavailable("Another process has been changing the database's schema for two minutes.")
        try:
            yield connection
            connection.exec_driver_sql("COMMIT")  # the revision is written before the next one looks at it
        finally:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})
