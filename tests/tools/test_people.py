"""`/users` and `/realms`"""

from __future__ import annotations

from typing import Any

import pytest

from openmcs.auth import passwords
from openmcs.store import people
from tests.tools.desk import API, Desk

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
        {"password": "x" * 1001}, {"roles": ["r"] * 101}, {"roles": [""]}, {"email": "x" * 256}, {"realm": "x" * 101},
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


def test_users_are_found_by_words_and_role(desk: Desk) -> None:
    """In any of their names, in any case; a role is found whole."""
    desk.post("/users", JOE)
    desk.post(
        "/users", {**JOE, "username": "ann_e", "firstName": "Ann", "email": "ann@example.org", "roles": ["respond"]}
    )
    found = {
        query: [each["username"] for each in desk.get(f"/users?{query}")["items"]]
        for query in ("text=ANN", "text=example", "text=_", "text=%25", "role=respond", "text=o&role=responder")
    }
    assert found == {
        "text=ANN": ["ann_e"], "text=example": ["ann_e"], "text=_": ["ann_e"], "text=%25": [],
        "role=respond": ["ann_e"], "text=o&role=responder": ["joe"],
    }  # fmt: skip


def test_a_user_is_changed_in_parts(desk: Desk) -> None:
    """What is left out stays; a new password holds and the old one does not; each change serves at once."""
    joe = desk.post("/users", JOE)
    changed = desk.put(f"/users/{joe['id']}", {"roles": ["clerk"]})
    assert (changed["roles"], changed["firstName"]) == (["clerk"], "Joe")
    desk.put(f"/users/{joe['id']}", {"password": "Mobile2*"})
    with desk.shop.database.read() as connection:
        row = people.user_named(connection, "Default", "joe")
    assert row is not None and passwords.verify("Mobile2*", row["password_hash"])[0]
    assert desk.call("PUT", f"/users/{joe['id']}", json={"password": "short"}).status_code == 400
    assert desk.call("PUT", "/users/nobody", json={}).status_code == 404
    assert desk.get(f"/users/{joe['id']}") == changed
    assert len(desk.refreshed) == 2


def test_a_deleted_user_comes_back_as_they_were(desk: Desk) -> None:
    """With password and roles; until then the name is free."""
    joe = desk.post("/users", JOE)
    assert desk.call("DELETE", f"/users/{joe['id']}").status_code == 200
    assert desk.get("/users")["totalResults"] == 0
    desk.post(f"/trash/{joe['id']}/restore")
    assert desk.get("/users")["items"] == [joe]


def test_users_come_from_a_file(desk: Desk) -> None:
    """New ones are added, known ones changed; roles are separated by semicolons."""
    desk.post("/users", {**JOE, "realm": "Staff"})
    text = "\ufeffusername,password,roles,email\njoe,Mobile1*,a;b,\nann,Mobile2*,,ann@example.org\n"
    assert desk.post("/users/import", {"realm": "Staff", "csv": text}) == {"added": 1, "changed": 1}
    ann, joe = desk.get("/users?realm=Staff")["items"]
    assert (joe["roles"], ann["email"], ann["roles"]) == (["a", "b"], "ann@example.org", [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None), ("name,password\n", None), ("username\njoe\n", None),
        ("username,password\njoe,Mobile1*\nann,short\n", 3), ("username,password\na:b,Mobile1*\n", 2),
        ("username,password\njoe,Mobile1*,x,y\n", 2), ("username,password\njoe\n", 2),
    ],
)  # fmt: skip
def test_a_file_with_a_wrong_line_changes_nothing(desk: Desk, text: str, line: int | None) -> None:
    """Each wrong line is a finding with its number."""
    response = desk.call("POST", "/users/import", json={"csv": text})
    assert response.status_code == 400
    assert [each["line"] for each in response.json().get("o:errorDetails", [])] == ([line] if line else [])
    assert desk.get("/users")["totalResults"] == 0


def test_realms_and_roles_are_those_in_use(desk: Desk, api: dict[str, Any]) -> None:
    """A role is used by users, by APIs or by both; a realm also when only a backend names it."""
    desk.post("/users", JOE)
    desk.post("/mobilebackends", {"name": "b", "realm": "Staff"})
    endpoints = [{"method": "GET", "path": "/event", "roles": ["clerk"]}]
    desk.put(f"/apis/{api['id']}", {**API, "security": {"loginRequired": True, "roles": [], "endpoints": endpoints}})
    told = desk.get("/realms")
    assert told["realms"] == [{"name": "Default", "users": 1}, {"name": "Staff", "users": 0}]
    assert told["roles"] == [
        {"name": "clerk", "users": 0, "apis": ["synapse(1.0)"]}, {"name": "responder", "users": 1, "apis": []},
    ]  # fmt: skip


def test_me_is_the_user_of_my_name(desk: Desk, backend: dict[str, Any]) -> None:
    """A developer gets credentials of the realm's user with the member's name, for a minute; and of nobody else."""
    path = f"/mobilebackends/{backend['id']}/trial"
    assert desk.without_credentials().call("POST", path).status_code == 401
    assert desk.as_("analyst").call("POST", path).status_code == 403
    missing = desk.call("POST", path)
    assert missing.status_code == 404
    assert "add a mobile user of your own name" in missing.json()["detail"]
    desk.post("/users", {**JOE, "username": "admin"})
    granted = desk.post(path)
    assert (granted["username"], granted["realm"]) == ("admin", "Default")
    read = desk.shop.trials.read(granted["authorization"], backend["id"])
    assert read == (backend["id"], "Default", "admin")
    desk.put(f"/mobilebackends/{backend['id']}", {"name": "synapse", "version": "1.0", "basicAuth": False})
    assert desk.call("POST", path).status_code == 409
    assert desk.call("POST", "/mobilebackends/nothing/trial").status_code == 404
