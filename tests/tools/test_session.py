"""Signing in and out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from openmcs.auth import team
from openmcs.tools import session
from tests.tools.desk import PASSWORD, Desk


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": "admin"}, 400),
        ({"name": "admin", "password": ""}, 400),
        ({"name": "admin", "password": "wrong password"}, 401),
        ({"name": "nobody", "password": PASSWORD}, 401),
        ({"name": "joe", "password": "Mobile1*"}, 401),
        ({"link": "no such link"}, 401),
        ({"name": "x" * 101, "password": PASSWORD}, 400),
        ({"name": "admin", "password": PASSWORD}, 201),
    ],
)
def test_who_may_sign_in(desk: Desk, body: dict[str, Any], status: int) -> None:
    """An unknown name and a wrong password are answered alike; mobile users are not of the team."""
    desk.post("/users", {"username": "joe", "password": "Mobile1*"})
    response = desk.without_credentials().call("POST", "/session", json=body)
    assert response.status_code == status
    assert ("set-cookie" in response.headers) == (status == 201)
    if status == 401 and "name" in body:
        assert response.json()["detail"] == "The name or the password is wrong."


def test_the_cookie_is_for_the_console_alone(desk: Desk) -> None:
    """No script reads it, no foreign page sends it, and only the tools API gets it."""
    response = desk.without_credentials().call("POST", "/session", json={"name": "admin", "password": PASSWORD})
    attributes = {each.strip().lower() for each in response.headers["set-cookie"].split(";")[1:]}
    assert attributes == {"httponly", "max-age=43200", "path=/mobile/tools/1.0", "samesite=strict"}
    token = response.json()["token"]
    assert desk.with_headers(cookie=f"openmcs_session={token}").get("/session")["name"] == "admin"
    assert desk.with_headers(authorization=f"Bearer {token}").get("/session")["name"] == "admin"


def test_a_link_signs_in_once(desk: Desk) -> None:
    """The second who comes with it is refused."""
    link = team.one_time_link(desk.shop.database)
    stranger = desk.without_credentials()
    assert stranger.post("/session", {"link": link})["name"] == "local"
    again = stranger.call("POST", "/session", json={"link": link})
    assert (again.status_code, "used already" in again.json()["detail"]) == (401, True)


def test_a_link_is_no_bearer_token(desk: Desk) -> None:
    """What was mailed about opens nothing by itself."""
    link = team.one_time_link(desk.shop.database)
    assert desk.with_headers(authorization=f"Bearer {link}").call("GET", "/session").status_code == 401


@pytest.mark.parametrize("by_cookie", [False, True])
def test_signing_out_ends_the_session_for_good(desk: Desk, by_cookie: bool) -> None:
    """The token is of no use any more, wherever it was copied to; other sessions go on."""
    token = desk.without_credentials().post("/session", {"name": "admin", "password": PASSWORD})["token"]
    bearer = desk.with_headers(authorization=f"Bearer {token}")
    leaving = bearer.with_cookie(x_openmcs_console="1") if by_cookie else bearer
    assert leaving.call("DELETE", "/session").status_code == 200
    assert bearer.call("GET", "/session").status_code == 401
    assert desk.call("GET", "/session").status_code == 200


def test_guessing_does_not_queue_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many sign-ins wait for a core, more are told to come back."""
    monkeypatch.setattr(session, "_waiting", asyncio.Semaphore(0))
    response = desk.without_credentials().call("POST", "/session", json={"name": "admin", "password": PASSWORD})
    assert response.status_code == 429
