"""Signing in, and who is signed in (contract: wire 2.3 and 2.8)."""

from __future__ import annotations

import asyncio
import json

import pytest

from openmcs.exchange import Arrival, Caller
from openmcs.platform_apis.users import Users
from tests.auth.test_callers import BACKEND
from tests.platform_server import BACKEND_ID, PlatformServer, anonymous, basic, joe

LOGIN = "/mobile/platform/users/login"
CURRENT = "/mobile/platform/users/~"
WRONG = {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": basic("joe", "wrong")}

# (scenario, method, path, headers, status)
SCENARIOS = [
    ("no backend", "GET", LOGIN, {}, 401),
    ("no backend", "GET", CURRENT, {}, 401),
    ("wrong caller", "GET", LOGIN, WRONG, 401),
    ("wrong caller", "GET", CURRENT, WRONG, 401),
    ("2.3 anonymous login", "GET", LOGIN, anonymous(), 200),
    ("2.3 user login", "GET", LOGIN, joe(), 200),
    ("Q1 user login", "GET", LOGIN + "?_=1511600000000", joe(), 200),
    ("2.3 logout by GET", "GET", "/mobile/platform/users/logout", joe(), 200),
    ("2.3 logout by POST", "POST", "/mobile/platform/users/logout", joe(), 200),
    ("2.3 anonymous logout", "POST", "/mobile/platform/users/logout", anonymous(), 200),
    ("2.8 anonymous", "GET", CURRENT, anonymous(), 401),
    ("2.8 ordinary user", "GET", CURRENT, joe(), 200),
    ("2.8 Content-Type on GET", "GET", CURRENT, joe(**{"Content-Type": "application/json"}), 200),
]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [row[1:] for row in SCENARIOS],
    ids=[f"{row[0]} {row[2]}" for row in SCENARIOS],
)
def test_every_answer_is_an_object(
    platform: PlatformServer, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Q8 and Q9: one SDK reads a field of the login's answer, others throw on `null`."""
    answer = platform.call(method, path, headers)
    assert (answer.status, answer.header("Content-Type")) == (status, "application/json")
    assert isinstance(answer.json(), dict) and answer.json()


@pytest.mark.parametrize("path", [LOGIN, CURRENT])
def test_2_8_a_user_has_the_fields_that_the_sdks_read(platform: PlatformServer, path: str) -> None:
    """J1 and J2 take all of them, J3 three; every other key but `links` becomes a property."""
    told = platform.call("GET", path, joe()).json()
    assert {name: told[name] for name in ("username", "firstName", "lastName", "email")} == {
        "username": "joe", "firstName": "Joe", "lastName": "Doe", "email": "joe@example.com"
    }  # fmt: skip
    assert told["id"] and isinstance(told["links"], list)
    assert {"password", "passwordHash", "password_hash", "roles"} & set(told) == set()


# (scenario, method, path, headers, body, status)
OWN = [
    ("no backend", "PUT", CURRENT, {}, "{}", 401),
    ("wrong caller", "PUT", CURRENT, WRONG, "{}", 401),
    ("anonymous", "PUT", CURRENT, anonymous(), "{}", 401),
    ("anonymous, by name", "GET", "/mobile/platform/users/joe", anonymous(), None, 401),
    ("his own name", "GET", "/mobile/platform/users/joe", joe(), None, 200),
    ("his own name, escaped", "GET", "/mobile/platform/users/%6Aoe", joe(), None, 200),
    ("me", "GET", "/mobile/platform/users/me", joe(), None, 200),
    ("somebody else", "GET", "/mobile/platform/users/andr%C3%A9", joe(), None, 403),
    ("nobody", "GET", "/mobile/platform/users/nobody", joe(), None, 403),
    ("changing somebody else", "PUT", "/mobile/platform/users/andr%C3%A9", joe(), "{}", 403),
    ("extended, from outside", "GET", "/mobile/platform/extended/users/~", joe(), None, 403),
    ("not JSON", "PUT", CURRENT, joe(), "{", 400),
    ("null", "PUT", CURRENT, joe(), "null", 400),
    ("an array", "PATCH", CURRENT, joe(), "[]", 400),
    ("another name", "PUT", CURRENT, joe(), '{"username": "ann"}', 400),
    ("another id", "PUT", CURRENT, joe(), '{"id": "x"}', 400),
    ("a password", "PUT", CURRENT, joe(), '{"password": "x"}', 400),
    ("a name that is none", "PUT", CURRENT, joe(), '{"firstName": 1}', 400),
    ("a name that is too long", "PUT", CURRENT, joe(), '{"firstName": "' + "x" * 101 + '"}', 400),
    ("a property that is an object", "PATCH", CURRENT, joe(), '{"a": {"b": 1}}', 400),
    ("too many properties", "PATCH", CURRENT, joe(), json.dumps({f"p{n}": n for n in range(101)}), 400),
    ("too large properties", "PATCH", CURRENT, joe(), json.dumps({"a": "x" * 20_000}), 400),
    ("nothing", "PATCH", CURRENT, joe(), "{}", 200),
    ("another method", "DELETE", CURRENT, joe(), None, 405),
]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"), [row[1:] for row in OWN], ids=[row[0] for row in OWN]
)
def test_a_user_reads_and_changes_himself_only(
    platform: PlatformServer, method: str, path: str, headers: dict[str, str], body: str | None, status: int
) -> None:
    """Whether somebody else exists is not told."""
    assert platform.call(method, path, headers, body).status == status


def test_somebody_else_and_nobody_are_told_the_same(platform: PlatformServer) -> None:
    """Word by word."""
    told = {platform.call("GET", f"/mobile/platform/users/{name}", joe()).json()["detail"] for name in ("ann", "x")}
    assert len(told) == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_2_8_an_update_changes_what_it_names(platform: PlatformServer, method: str) -> None:
    """Android sends the whole user back; `null` removes a property; what is not named stays."""
    before = platform.call("GET", CURRENT, joe()).json()
    headers = joe(**{"Content-Type": "Application/JSON", "Accept": "application/json"})
    try:
        sent = {**before, "lastName": "Döe", "zodiac": "Aquarius", "level": 3, "roles": ["admin"]}
        answer = platform.call(method, CURRENT, headers, json.dumps(sent, ensure_ascii=False).encode("latin-1"))
        assert answer.status == 200 and answer.json() == platform.call("GET", CURRENT, joe()).json()
        told = answer.json()
        assert (told["lastName"], told["firstName"], told["zodiac"], told["level"]) == ("Döe", "Joe", "Aquarius", 3)
        assert "roles" not in told
    finally:
        platform.call(method, CURRENT, headers, '{"lastName": "Doe", "zodiac": null, "level": null}')
    assert platform.call("GET", CURRENT, joe()).json() == before


def test_what_is_wrong_is_said_by_field(platform: PlatformServer) -> None:
    """One finding each, and nothing is changed."""
    body = '{"firstName": 1, "zodiac": "Leo", "username": "ann"}'
    answer = platform.call("PUT", CURRENT, joe(), body)
    assert [each["o:errorPath"] for each in answer.json()["o:errorDetails"]] == ["firstName", "username"]
    assert "zodiac" not in platform.call("GET", CURRENT, joe()).json()


def test_fields_chooses_among_the_users_own(platform: PlatformServer) -> None:
    """As the documentation of MCS has it."""
    answer = platform.call("GET", CURRENT + "?fields=firstName,lastName,password&_=1", joe())
    assert answer.json() == {"firstName": "Joe", "lastName": "Doe"}


def test_extended_user_information_has_the_roles_for_custom_code() -> None:
    """An implementation's call tells itself by its place in the tree of calls."""
    user = {
        "id": "u1", "username": "joe", "first_name": "Joe", "last_name": "", "email": "", "properties": {"zodiac": "Leo"}
    }  # fmt: skip
    users = Users(lambda realm, name: user, lambda *_: None)
    caller = Caller("user", "joe", "u1", frozenset({"responder", "admin"}))
    arrival = Arrival("GET", "/mobile/platform/extended/users/~", "", {}, "e", "0:1", 0.0, 0.0, "")
    reply = asyncio.run(users.extended(arrival, BACKEND, caller, b""))
    assert isinstance(reply.body, bytes)
    told = json.loads(reply.body)
    assert (told["username"], told["roles"], told["zodiac"]) == ("joe", ["admin", "responder"], "Leo")
