"""Signing in, and who is signed in (contract: wire 2.3 and 2.8)."""

from __future__ import annotations

import pytest

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
