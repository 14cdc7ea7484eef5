"""Which operation of which API is called."""

from __future__ import annotations

import pytest

from tests.platform_server import BACKEND_ID, OTHER_BACKEND_ID, PlatformServer, anonymous, basic, joe

# (scenario, method, path, headers, status, code)
SCENARIOS = [
    ("no backend", "GET", "/mobile/custom/echo/all", {}, 401, "MOBILE-90003"),
    ("wrong caller", "GET", "/mobile/custom/echo/all",
     {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": basic("joe", "wrong")}, 401, "MOBILE-90004"),
    ("anonymous", "GET", "/mobile/custom/echo/all", anonymous(), 200, None),
    ("ordinary user", "GET", "/mobile/custom/echo/all", joe(), 200, None),
    ("an API's name in other casing", "GET", "/mobile/custom/ECHO/all", joe(), 200, None),
    ("no such API", "GET", "/mobile/custom/nothing/all", joe(), 404, "MOBILE-57926"),
    ("an API of another backend", "GET", "/mobile/custom/echo/all",
     {**joe(), "Oracle-Mobile-Backend-Id": OTHER_BACKEND_ID}, 401, "MOBILE-90004"),
    ("no such resource", "GET", "/mobile/custom/echo/nothing", joe(), 404, "MOBILE-90006"),
    ("no such method", "POST", "/mobile/custom/echo/headers", joe(), 405, "MOBILE-90007"),
    ("HEAD where there is GET", "HEAD", "/mobile/custom/mocked/event/1", joe(), 200, None),
    ("2.9 GET with Content-Type", "GET", "/mobile/custom/echo/all",
     joe(**{"Content-Type": "application/json"}), 200, None),
    ("2.9 PATCH", "PATCH", "/mobile/custom/echo/all", joe(**{"Content-Type": "application/json"}), 200, None),
    ("the mock", "GET", "/mobile/custom/mocked/event/7", anonymous(), 200, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS]
)
def test_a_call_finds_its_operation(
    platform: PlatformServer, method: str, path: str, headers: dict[str, str], status: int, code: str | None
) -> None:
    """Backend first, then the caller, then the path: nobody learns of paths without credentials."""
    answer = platform.call(method, path, headers)
    assert answer.status == status
    assert code is None or answer.json()["o:errorCode"] == code


def test_405_says_what_there_is(platform: PlatformServer) -> None:
    """In `Allow`, as HTTP wants it."""
    assert platform.call("DELETE", "/mobile/custom/echo/headers", joe()).header("Allow") == "GET"


def test_path_parameters_are_decoded_once(platform: PlatformServer) -> None:
    """An escaped slash is part of the value."""
    answer = platform.call("GET", "/mobile/custom/echo/items/a%2Fb%20%C3%A9", joe())
    assert answer.json()["params"] == {"id": "a/b é"}
