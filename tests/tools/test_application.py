"""What holds for every path of the tools API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from openmcs.auth import team
from openmcs.errors import PlatformError
from openmcs.tools.application import PREFIX
from tests.tools.desk import BASIC, Desk

SIGN_IN = ("POST", "/session")


def routes(desk: Desk) -> Iterator[tuple[str, str]]:
    """Every method and path that the application has, with something in the place of its parameters."""
    for path, methods in desk.app.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), path.removeprefix(PREFIX).replace("{", "").replace("}", "")


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        ({}, 401),
        ({"authorization": BASIC}, 401),
        ({"authorization": "Bearer x"}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"cookie": "openmcs_session=x", "x_openmcs_console": "1"}, 401),
    ],
)
def test_only_the_team_may_call(desk: Desk, credentials: dict[str, str], status: int) -> None:
    """Every route but sign-in refuses nobody, a mobile user and an unknown token, before it looks at anything else."""
    stranger = desk.with_headers(**credentials)
    found = [each for each in routes(desk) if each != SIGN_IN]
    assert len(found) > 20
    for method, path in found:
        response = stranger.call(method, path)
        assert response.status_code == status, (method, path, response.text)
        assert response.json()["o:errorCode"] == "MOBILE-90004"


def test_a_token_that_has_expired_is_no_token(desk: Desk) -> None:
    """Sessions end by themselves."""
    session = team.sign_in(desk.shop.database, "admin", "correct horse", -1)
    response = desk.with_headers(authorization=f"Bearer {session.token}").call("GET", "/session")
    assert (response.status_code, response.json()["detail"]) == (
        401, "The token is unknown or has expired; sign in again.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"x_openmcs_console": "0"}, 403),
        ({"x_openmcs_console": "1", "origin": "https://evil.example"}, 403),
        ({"x_openmcs_console": "1", "origin": "null"}, 403),
        ({"x_openmcs_console": "1", "origin": "http://127.0.0.1:8081"}, 403),
        ({"x_openmcs_console": "1", "origin": "http://127.0.0.1:8080"}, 201),
        ({"x_openmcs_console": "1"}, 201),
    ],
)
def test_a_change_by_cookie_comes_from_the_console_itself(desk: Desk, headers: dict[str, str], status: int) -> None:
    """A foreign page can neither set the header nor send our origin; reading needs neither."""
    browser = desk.with_cookie(**headers)
    assert browser.call("POST", "/mobilebackends", json={"name": "a"}).status_code == status
    assert browser.call("GET", "/mobilebackends").status_code == 200
    assert desk.get("/mobilebackends")["totalResults"] == (1 if status == 201 else 0)


def test_what_is_not_there_is_said_in_the_vendors_document(desk: Desk) -> None:
    """404 with code and path, 405 with the methods that there are."""
    missing = desk.call("GET", "/nothing")
    assert (missing.status_code, missing.json()["o:errorPath"]) == (404, f"{PREFIX}/nothing")
    wrong = desk.call("DELETE", "/environment")
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["o:errorCode"]) == (405, "GET", "MOBILE-90007")


def test_a_wrong_field_is_named_and_not_repeated(desk: Desk) -> None:
    """What was sent may be a password, so only the field's path and the rule are told."""
    response = desk.call("POST", "/users", json={"username": "", "password": 12345678, "roles": "x"})
    assert response.status_code == 400
    told = response.json()
    assert {each["detail"].partition(":")[0] for each in told["o:errorDetails"]} == {"username", "password", "roles"}
    assert "12345678" not in response.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"name": NaN}', b"[" * 5000])
def test_a_body_that_is_no_object_is_refused(desk: Desk, body: bytes) -> None:
    """Whatever the bytes are, the answer is a document of status 400."""
    response = desk.call("POST", "/mobilebackends", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["status"]) == (400, 400)


def test_the_unexpected_tells_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of the platform answers 500 with its document; the reason is in the platform's own log only."""

    def fail(*_: Any) -> None:
        raise RuntimeError("secret reason")

    monkeypatch.setattr("openmcs.store.catalog.backends", fail)
    with capture_logs() as logged:
        response = desk.call("GET", "/mobilebackends")
    assert [each["path"] for each in logged] == [f"{PREFIX}/mobilebackends"]
    assert (response.status_code, response.json()["o:errorCode"]) == (500, PlatformError.code)
    assert "secret" not in response.text


def test_the_description_has_every_route(desk: Desk) -> None:
    """`openapi.json` tells the paths; what it describes needs signing in."""
    described = desk.get("/openapi.json")["paths"]
    assert f"{PREFIX}/mobilebackends/{{id_}}" in described
