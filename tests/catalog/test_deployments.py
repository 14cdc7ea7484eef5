"""Attempts and their build logs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmcs.catalog.deployments import LONGEST_LINE, LONGEST_LOG, MOST_LINES, Attempt, attempt
from openmcs.errors import ImplementationInvalid
from openmcs.store import catalog as questions
from openmcs.store.database import Database
from tests.store.conftest import open_empty


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An empty catalogue."""
    with open_empty("sqlite", tmp_path_factory) as opened:
        yield opened


def test_what_is_said_is_kept_and_told() -> None:
    """Line by line, whatever pieces it comes in."""
    heard: list[str] = []
    trying = Attempt(heard.append)
    trying.say("one\ntwo\n")
    trying.say("three")
    assert heard == ["one", "two", "three"]
    assert trying.build_log == "one\ntwo\nthree\n"


def test_a_flood_ends() -> None:
    """Neither memory nor whoever listens is flooded: lines are cut, counted, and of all the end is kept."""
    heard: list[str] = []
    trying = Attempt(heard.append)
    trying.say("x" * (LONGEST_LINE + 1))
    trying.say("\n".join(["y"] * (2 * MOST_LINES)))
    trying.say("more")
    assert len(heard) == MOST_LINES and len(heard[0]) == LONGEST_LINE
    trying = Attempt()
    for _ in range(100):
        trying.say("z" * LONGEST_LINE)
    assert len(trying.build_log) == LONGEST_LOG


def test_how_an_attempt_ended_is_in_its_row(database: Database) -> None:
    """A refused one with what was said on the way and the reason; one that said nothing has no build log."""
    with pytest.raises(ImplementationInvalid), attempt(database, "implementation", "a(1.0)", "joe") as trying:
        trying.say("Importing")
        raise ImplementationInvalid("no route")
    with pytest.raises(ImplementationInvalid), attempt(database, "api", "b(1.0)", "joe"):
        raise ImplementationInvalid("no resource")
    with attempt(database, "implementation", "a(1.0)", "joe") as trying:
        trying.say("Importing")
        trying.implementation = "01J"
    with database.read() as connection:
        rows, _ = questions.deployments(connection, None, None, None, 10, 0)
        found = questions.upload_of(connection, "01J")
        assert questions.upload_of(connection, "01K") is None
    assert [each["build_log"] for each in rows] == ["Importing\n", "", "Importing\nRefused: no route\n"]
    assert found is not None and found["id"] == rows[0]["id"]
