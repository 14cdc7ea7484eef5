"""Policies in the tables, on both databases."""

from __future__ import annotations

from openmcs.store import policies
from openmcs.store.database import Database

NAME = "*.*.Logging_Level"


def test_a_policy_is_set_changed_and_taken_away_and_all_of_it_is_history(database: Database) -> None:
    """Each change knows who made it and what was there before."""
    for value, by in (("800", "ann"), ("500", "bob"), (None, "ann")):
        with database.write() as connection:
            policies.set_policy(connection, NAME, value, by)
    with database.read() as connection:
        assert policies.policies(connection) == []
        history = policies.changes(connection, 10, name=NAME)
    assert [(each["before"], each["after"], each["team_member"]) for each in history] == [
        ("500", None, "ann"),
        ("800", "500", "bob"),
        (None, "800", "ann"),
    ]


def test_setting_what_is_set_changes_nothing(database: Database) -> None:
    """No row of history is made of it."""
    for _ in range(2):
        with database.write() as connection:
            policies.set_policy(connection, NAME, "500", "ann")
    with database.read() as connection:
        assert len(policies.changes(connection, 10)) == 1
        assert [each["value"] for each in policies.policies(connection)] == ["500"]


def test_one_change_is_found_by_its_id(database: Database) -> None:
    """And an unknown id is None."""
    with database.write() as connection:
        policies.set_policy(connection, NAME, "500", "ann")
    with database.read() as connection:
        newest = policies.changes(connection, 1)[0]
        assert policies.change(connection, newest["id"]) == newest
        assert policies.change(connection, "none") is None
