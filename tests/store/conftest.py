"""Every test of the store runs on SQLite and on MariaDB."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from openmcs.store import schema
from openmcs.store.database import Database
from openmcs.store.tables import metadata
from tests.mariadb import mariadb

_EMPTY: dict[str, str] = {}
"""Where the migrated, empty databases are: made once, used by each test."""


@pytest.fixture(params=["sqlite", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database without rows."""
    with open_empty(request.param, tmp_path_factory) as made:
        yield made


@contextlib.contextmanager
def open_empty(kind: str, factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database without rows, of the kind `sqlite` or `mariadb`."""
    opened = _sqlite(factory) if kind == "sqlite" else _mariadb()
    yield opened
    opened.close()


def _sqlite(factory: pytest.TempPathFactory) -> Database:
    if "sqlite" not in _EMPTY:
        file = factory.mktemp("empty") / "empty.db"
        _migrated(f"sqlite:///{file}")
        _EMPTY["sqlite"] = str(file)
    folder = factory.mktemp("database")
    shutil.copy(_EMPTY["sqlite"], folder / "openmcs.db")
    return Database.open(f"sqlite:///{folder / 'openmcs.db'}")


def _mariadb() -> Database:
    if "mariadb" not in _EMPTY:
        _EMPTY["mariadb"] = mariadb().create("openmcs")
        _migrated(_EMPTY["mariadb"])
    database = Database.open(_EMPTY["mariadb"])
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(text("INSERT INTO catalog_revision VALUES (1, 0)"))
        connection.execute(text("INSERT INTO log_batch VALUES (1, 0)"))
    return database


def _migrated(url: str) -> None:
    database = Database.open(url)
    schema.upgrade(database)
    database.close()
