"""`openmcs db upgrade`."""

from __future__ import annotations

from pathlib import Path

from openmcs.store import schema
from tests.cli.conftest import run_here
from tests.ports import free_port


def test_upgrade_makes_the_schema_and_may_be_repeated(tmp_path: Path) -> None:
    """The first run makes it, the second finds it made."""
    first = run_here("db", "upgrade", tmp_path, OPENMCS_DATA=str(tmp_path / "data"))
    assert first.code == 0, first.err
    assert first.err == f"The database is at {schema.head()} (was empty).\n"
    second = run_here("db", "upgrade", tmp_path, OPENMCS_DATA=str(tmp_path / "data"))
    assert second.err == f"The database is at {schema.head()}.\n"


def test_a_database_that_does_not_answer_exits_with_1(tmp_path: Path) -> None:
    """The message has no password."""
    url = f"mysql+pymysql://openmcs:very-secret@127.0.0.1:{free_port()}/openmcs"
    done = run_here("db", "upgrade", tmp_path, OPENMCS_STORE__URL=url)
    assert done.code == 1
    assert "very-secret" not in done.err and "127.0.0.1" in done.err
