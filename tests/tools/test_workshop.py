"""Who is asking."""

from __future__ import annotations

import pytest

from openmcs.tools.workshop import COOKIE
from tests.tools.desk import Desk


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_schemes_casing_does_not_matter(desk: Desk, scheme: str) -> None:
    """RFC 7235."""
    token = desk.headers["authorization"].partition(" ")[2]
    assert desk.with_headers(authorization=f"{scheme} {token}").get("/session")["name"] == "admin"


def test_a_bearer_token_needs_no_console(desk: Desk) -> None:
    """A page cannot make a browser send it, so the header and the origin do not matter."""
    assert desk.call("POST", "/mobilebackends", json={"name": "a"}, headers={"origin": "x"}).status_code == 201


def test_a_wrong_bearer_token_does_not_fall_back_to_the_cookie(desk: Desk) -> None:
    """Whoever sends a token means that token."""
    token = desk.headers["authorization"].partition(" ")[2]
    both = desk.with_headers(authorization="Bearer x", cookie=f"{COOKIE}={token}")
    assert both.call("GET", "/session").status_code == 401
