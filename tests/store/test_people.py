"""Questions and changes of people and their tokens."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from openmcs.errors import Conflict
from openmcs.store import people
from openmcs.store.database import Database
from openmcs.store.ids import new_id


def _user(username: str, realm: str = "Default") -> dict[str, Any]:
    return {"id": new_id(), "realm": realm, "username": username, "password_hash": "h", "created_at": 1}


def test_a_user_has_a_name_within_a_realm(database: Database) -> None:
    """The same name in another realm is another user; names are exact; a second one is a conflict."""
    with database.write() as connection:
        for user in (_user("joe"), _user("joe", "Other"), _user("Joe")):
            people.insert_user(connection, user)
        with pytest.raises(Conflict, match=r"realm Default.*joe"):
            people.insert_user(connection, _user("joe"))
        row = people.user_named(connection, "Default", "joe")
        assert row is not None
        people.update_user(connection, row["id"], {"password_hash": "better"})
    with database.read() as connection:
        changed = people.user_named(connection, "Default", "joe")
        assert changed is not None
        assert (changed["password_hash"], changed["roles"]) == ("better", "[]")
        rows, total = people.users(connection, "Default", 1, 1)
        assert ([each["username"] for each in rows], total) == (["joe"], 2)
        assert people.user_named(connection, "Other", "Joe") is None


def test_members_sign_in_by_live_tokens_of_the_right_kind(database: Database) -> None:
    """An expired token and a token of another kind are nobody's."""
    with database.write() as connection:
        people.insert_member(connection, {"id": "1", "name": "admin", "password_hash": None, "created_at": 1})
        with pytest.raises(Conflict, match="admin"):
            people.insert_member(connection, {"id": "2", "name": "admin", "created_at": 1})
        people.insert_member(connection, {"id": "3", "name": "zoe", "password_hash": "h", "created_at": 1})
        people.insert_token(connection, "live", "1", "session", 100)
        people.insert_token(connection, "old", "1", "session", 10)
        assert people.members_with_password(connection) == 1
        assert people.members(connection, 1, 0)[1] == 2
        row = people.member_of_token(connection, "live", 50, ["session", "bearer"])
        assert row is not None
        assert row["name"] == "admin"
        assert people.member_of_token(connection, "live", 50, ["link"]) is None
        assert people.member_of_token(connection, "old", 50, ["session"]) is None
        people.delete_expired_tokens(connection, 50)
        assert not people.delete_token(connection, "old")
        assert people.delete_token(connection, "live")


def test_a_link_is_taken_once(database: Database) -> None:
    """Of eight that take it at the same time, one gets it."""
    with database.write() as connection:
        people.insert_member(connection, {"id": "1", "name": "admin", "created_at": 1})
        people.insert_token(connection, "link", "1", "link", 100)
    taken: list[bool] = []

    def take() -> None:
        with database.write() as connection:
            taken.append(people.delete_token(connection, "link"))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True]
