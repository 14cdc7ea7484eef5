"""Guessing over the wire, behind a proxy that is named: the attacker waits, the user does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openmcs.settings import Auth, Server, Settings
from tests.platform_server import BACKEND_ID, PASSWORD, Answer, PlatformServer, basic, platform_server

URL = "/mobile/platform/users/login"
ATTACKER, USER = "192.0.2.66", "198.51.100.7"


@pytest.fixture(scope="module", params=[("127.0.0.1",), ()], ids=["trusted", "not trusted"])
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformServer]:
    """A platform with three free attempts, which believes a proxy on this machine, or does not."""
    settings = Settings(server=Server(trusted_proxies=request.param), auth=Auth(attempts_per_minute=3))
    with platform_server(tmp_path_factory.mktemp("guarded"), settings=settings) as server:
        yield server


def _login(platform: PlatformServer, password: str, peer: str, user: str = "joe") -> Answer:
    headers = {"Oracle-Mobile-Backend-Id": BACKEND_ID, "X-Forwarded-For": peer, "Authorization": basic(user, password)}
    return platform.call("GET", URL, headers)


def test_an_attacker_waits_and_the_user_comes_in(guarded: PlatformServer) -> None:
    """Unless nobody has told the platform of the proxy: then all are one peer, and the header is not believed."""
    trusted = bool(guarded.settings.server.trusted_proxies)
    guesses = [_login(guarded, f"guess {number}", ATTACKER) for number in range(4)]
    assert [each.status for each in guesses] == [401, 401, 401, 429]
    assert guesses[-1].json()["o:errorCode"] == "MOBILE-90014"
    assert 0 < int(guesses[-1].header("Retry-After") or 0) <= 60
    assert _login(guarded, PASSWORD, ATTACKER).status == 429
    assert _login(guarded, PASSWORD, USER).status == (200 if trusted else 429)
    assert _login(guarded, "geheim-é-1*", ATTACKER, "andré").status == 200


def test_somebody_who_does_not_exist_is_locked_like_anybody(guarded: PlatformServer) -> None:
    """The number of attempts tells nothing either."""
    statuses = [_login(guarded, f"guess {number}", "203.0.113.5", "nobody").status for number in range(4)]
    assert statuses == [401, 401, 401, 429]
