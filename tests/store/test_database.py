"""Connections, transactions, and what happens when the database is not there."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from openmcs.errors import ConfigurationError, StoreUnavailable
from openmcs.store.database import Database
from openmcs.store.tables import catalog_revision, client, team_member


def _revision(database: Database) -> int:
    with database.read() as connection:
        return int(connection.scalar(select(catalog_revision.c.revision)) or 0)


def test_what_is_written_is_there_and_what_fails_is_not(database: Database) -> None:
    """`write` commits at its end and rolls back when the block raises."""
    with database.write() as connection:
        connection.execute(catalog_revision.update().values(revision=5))
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(catalog_revision.update().values(revision=6))
        _ = 1 / 0
    assert _revision(database) == 5


def test_a_read_changes_nothing(database: Database) -> None:
    """`read` rolls back whatever was done in it."""
    with database.read() as connection:
        connection.execute(catalog_revision.update().values(revision=7))
    assert _revision(database) == 0


def test_writers_wait_for_one_another(database: Database) -> None:
    """Eight threads that add one fifty times each arrive at four hundred."""
    failures: list[BaseException] = []

    def add() -> None:
        try:
            for _ in range(50):
                with database.write() as connection:
                    connection.execute(catalog_revision.update().values(revision=catalog_revision.c.revision + 1))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert _revision(database) == 400


def test_references_are_held(database: Database) -> None:
    """A client of a backend that does not exist is refused by the database itself."""
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(
            client.insert().values(
                id="1", backend="none", name="n", platform="WEB", client_id="c", version="1", application_key="k"
            )
        )


def test_names_differ_by_case_and_keep_every_character(database: Database) -> None:
    """Names are compared exactly, and four-byte characters survive."""
    with database.write() as connection:
        for number, name in enumerate(["joe", "Joe", "jo\u00e9", "\U0001f40d"]):
            connection.execute(team_member.insert().values(id=str(number), name=name, created_at=1))
    with database.read() as connection:
        assert connection.scalar(select(team_member.c.id).where(team_member.c.name == "Joe")) == "1"
        assert connection.scalar(select(team_member.c.name).where(team_member.c.id == "3")) == "\U0001f40d"


def test_sqlite_is_durable_and_readers_do_not_wait_for_the_writer(tmp_path: Path) -> None:
    """A file gets WAL and full synchronisation, in a folder that is made for it."""
    database = Database.open(f"sqlite:///{tmp_path / 'a' / 'b' / 'openmcs.db'}")
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
    with database.write() as writer:
        writer.execute(text("CREATE TABLE t (a INTEGER)"))
        with database.read() as reader:
            assert reader.scalar(text("SELECT count(*) FROM sqlite_master")) == 0
    assert database.dialect == "sqlite"
    database.close()


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    """The error says where and why, and neither the password nor the user."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = taken.getsockname()[1]
        database = Database.open(f"mysql+pymysql://somebody:hunter2%21@127.0.0.1:{port}/openmcs")
        with pytest.raises(StoreUnavailable) as caught, database.read():
            pass
    assert f"127.0.0.1:{port}" in caught.value.detail
    assert "hunter2" not in caught.value.detail
    assert "hunter2" not in str(caught.value.__cause__)
    database.close()


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    """SQLite's own reason is in the detail."""
    file = tmp_path / "openmcs.db"
    file.write_bytes(b"this is a letter to my aunt\n" * 100)
    database = Database.open(f"sqlite:///{file}")
    with pytest.raises(StoreUnavailable, match="not a database"), database.read() as connection:
        connection.execute(text("SELECT 1"))
    database.close()


def test_values_of_a_failed_statement_are_not_in_the_error(database: Database) -> None:
    """A hash that was to be inserted does not reach the log through the exception."""
    row = {"id": "1", "name": "a", "password_hash": "top-secret-hash", "created_at": 1}
    with pytest.raises(IntegrityError) as caught, database.write() as connection:
        connection.execute(team_member.insert().values(**row))
        connection.execute(team_member.insert().values(**row))
    assert "top-secret-hash" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "postgresql://x/y", "sqlite+aiosqlite:///x", "mysql://u:pw123@h/d", "::::"])
def test_another_kind_of_database_is_refused_with_what_to_write(url: str) -> None:
    """The message shows both forms and no password."""
    with pytest.raises(ConfigurationError, match=r"sqlite:///file or mysql\+pymysql") as caught:
        Database.open(url)
    assert "pw123" not in caught.value.detail
