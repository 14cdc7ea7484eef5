"""The migrations make what `tables.py` says, on both databases."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from openmcs.errors import ConfigurationError
from openmcs.store import schema
from openmcs.store.database import Database
from openmcs.store.tables import metadata
from tests.mariadb import mariadb


@pytest.fixture(params=["sqlite", "mariadb"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'openmcs.db'}"
        return
    name = f"empty_{secrets.token_hex(4)}"
    yield mariadb().create(name)
    mariadb().drop(name)


def test_the_migrated_schema_is_the_one_of_the_tables(empty: str) -> None:
    """Alembic finds no difference between the migrated database and `tables.py`."""
    database = Database.open(empty)
    schema.upgrade(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_an_empty_database_has_no_revision_and_an_upgraded_one_the_newest(empty: str) -> None:
    """`revision` says None, then `head()`; a second upgrade changes nothing."""
    database = Database.open(empty)
    assert schema.revision(database) is None
    schema.upgrade(database)
    assert schema.revision(database) == schema.head()
    schema.upgrade(database)
    with database.read() as connection:
        assert connection.scalar(text("SELECT revision FROM catalog_revision")) == 0
        assert connection.scalar(text("SELECT batch FROM log_batch")) == 0
    database.close()


def test_processes_that_start_at_once_upgrade_once(empty: str) -> None:
    """Eight connections upgrade at the same time, and none fails."""
    failures: list[BaseException] = []
    gate = threading.Barrier(8)

    def start() -> None:
        database = Database.open(empty)
        gate.wait()
        try:
            schema.upgrade(database)
        except BaseException as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    database = Database.open(empty)
    assert schema.revision(database) == schema.head()
    database.close()


def test_a_database_of_a_newer_platform_is_refused(empty: str) -> None:
    """The message says which revision was found, and nothing is changed."""
    database = Database.open(empty)
    schema.upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match=r"9999.*newer version"):
        schema.upgrade(database)
    database.close()


def test_foreign_keys_hold_after_an_upgrade_on_the_same_connection(empty: str) -> None:
    """The switch that migrations need on SQLite is back on afterwards."""
    database = Database.open(empty)
    schema.upgrade(database)
    if database.dialect == "sqlite":
        with database.read() as connection:
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()
