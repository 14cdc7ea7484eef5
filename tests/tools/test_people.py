"""`/users` and `/team`"""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.auth import passwords
from openmcs.store import people
from tests.tools.desk import Desk

JOE = {"username": "joe", "password": "Mobile1*", "firstName": "Joe", "roles": ["responder"]}


def test_a_mobile_user_belongs_to_a_realm(desk: Desk) -> None:
    """The same name is free in another realm; the answer never has the password."""
    made = desk.post("/users", JOE)
    assert (made["realm"], made["roles"], made["firstName"]) == ("Default", ["responder"], "Joe")
    assert desk.call("POST", "/users", json=JOE).status_code == 409
    desk.post("/users", {**JOE, "realm": "Staff"})
    assert desk.get("/users")["items"] == [made]
    assert desk.get("/users?realm=Staff")["totalResults"] == 1
    assert "Mobile1*" not in str(made) and not any("password" in key.lower() for key in made)


def test_passwords_are_kept_as_hashes(desk: Desk) -> None:
    """argon2id, which nobody turns back."""
    desk.post("/users", JOE)
    with desk.shop.database.read() as connection:
        row = people.user_named(connection, "Default", "joe")
    assert row is not None and row["password_hash"].startswith("$argon2id$")
    assert passwords.verify("Mobile1*", row["password_hash"])[0]


@pytest.mark.parametrize(
    "change",
    [
        {"username": ""}, {"username": "a:b"}, {"username": "a\nb"}, {"username": "x" * 101}, {"password": "short"},
        {"password": "x" * 1001}, {"roles": ["r"] * 101}, {"email": "x" * 256}, {"realm": "x" * 101},
    ],
)  # fmt: skip
def test_a_user_that_cannot_sign_in_is_not_made(desk: Desk, change: dict[str, Any]) -> None:
    """A colon would end the name in HTTP Basic."""
    assert desk.call("POST", "/users", json={**JOE, **change}).status_code == 400
    assert desk.get("/users")["totalResults"] == 0


def test_development_users_follow_their_project(desk: Desk) -> None:
    """Data and password of an existing user become those of the file."""
    backend = {"name": "synapse", "users": [JOE]}
    path = "/mobilebackends/by-name/synapse/1.0"
    desk.put(path, backend)
    desk.put(path, {**backend, "users": [{**JOE, "password": "Mobile2*", "roles": []}]})
    with desk.shop.database.read() as connection:
        row = people.user_named(connection, "Default", "joe")
    assert row is not None and passwords.verify("Mobile2*", row["password_hash"])[0]
    assert desk.get("/users")["items"][0]["roles"] == []


def test_a_team_member_signs_in_after_being_added(desk: Desk) -> None:
    """Names are taken once; short passwords are refused."""
    desk.post("/team", {"name": "anna", "password": "long enough"})
    signed_in = desk.without_credentials().post("/session", {"name": "anna", "password": "long enough"})
    assert signed_in["name"] == "anna"
    assert desk.call("POST", "/team", json={"name": "anna", "password": "long enough"}).status_code == 409
    assert desk.call("POST", "/team", json={"name": "b", "password": "short"}).status_code == 400
    assert [each["name"] for each in desk.get("/team")["items"]] == ["admin", "anna"]
