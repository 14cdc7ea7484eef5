"""What gateway processes say, and restarts."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from openmcs.store import gateways
from openmcs.store.clock import now_us
from openmcs.store.database import Database


def test_what_was_said_last_counts(database: Database) -> None:
    """A process has one row, by node and pid; the silent are left out."""
    with database.write() as connection:
        gateways.say(connection, "B", "two", 9, "[]")
        gateways.say(connection, "A", "one", 7, "[]")
        gateways.say(connection, "A", "one", 7, "[1]")
    with database.read() as connection:
        found = gateways.statuses(connection, 0)
        assert [(row["node"], row["pid"], row["document"]) for row in found] == [("one", 7, "[1]"), ("two", 9, "[]")]
        assert gateways.statuses(connection, now_us() + 1_000_000) == []


def test_who_leaves_is_forgotten(database: Database) -> None:
    """And who said nothing for too long."""
    with database.write() as connection:
        gateways.say(connection, "A", "one", 7, "[]")
        gateways.say(connection, "B", "two", 9, "[]")
        gateways.forget(connection, "A")
    with database.write() as connection:
        assert [row["id"] for row in gateways.statuses(connection, 0)] == ["B"]
        gateways.forget(connection, "", now_us() + 1)
        assert gateways.statuses(connection, 0) == []


def test_a_restart_is_of_an_api(database: Database) -> None:
    """One that does not exist is refused by the database itself."""
    with pytest.raises(IntegrityError), database.write() as connection:
        gateways.restart(connection, "nothing", "anna")
    with database.read() as connection:
        assert gateways.restarts(connection) == {}
