"""Who is calling (contract: wire 2.3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest

from openmcs.auth import callers, passwords
from openmcs.auth.attempts import Attempts
from openmcs.auth.callers import Account, Authenticator
from openmcs.errors import CallerRejected, PlatformError, TooManyAttempts
from openmcs.exchange import Arrival, Caller, MobileBackend
from tests.platform_server import ANONYMOUS_KEY, BACKEND_ID, PASSWORD, PlatformServer, basic

URL = "/mobile/platform/users/login"
BACKEND = MobileBackend(
    "id", "wired", "1.0", BACKEND_ID, ANONYMOUS_KEY, True, True, "Default", {}, (), {}, {}
)  # fmt: skip
HASHED = passwords.hash_password(PASSWORD)

# (scenario, Authorization, status, code, who)
SCENARIOS = [
    ("no credentials", None, 401, "MOBILE-90004", None),
    ("an empty header", "", 401, "MOBILE-90004", None),
    ("wrong caller: password", basic("joe", "wrong"), 401, "MOBILE-90004", None),
    ("wrong caller: name", basic("nobody", PASSWORD), 401, "MOBILE-90004", None),
    ("wrong caller: casing", basic("JOE", PASSWORD), 401, "MOBILE-90004", None),
    ("wrong caller: anonymous name, other key", basic("T_MOBILE_ANONYMOUS_APPID", "x"), 401, "MOBILE-90004", None),
    ("malformed", "Basic ###", 401, "MOBILE-90004", None),
    ("another scheme", "Bearer abc", 401, "MOBILE-90004", None),
    ("2.3 anonymous", f"Basic {ANONYMOUS_KEY}", 200, None, "T_MOBILE_ANONYMOUS_APPID"),
    ("ordinary user", basic("joe", PASSWORD), 200, None, "joe"),
    ("Q20 UTF-8", basic("andré", "geheim-é-1*"), 200, None, "andré"),
    ("Q20 Latin-1", basic("andré", "geheim-é-1*", "latin-1"), 200, None, "andré"),
    ("a name longer than any", basic("x" * 5000, "x"), 401, "MOBILE-90004", None),
    ("a password longer than any", basic("joe", "x" * 9000), 401, "MOBILE-90004", None),
    ("a NUL", basic("joe\0", "\0"), 401, "MOBILE-90004", None),
]


@pytest.mark.parametrize(
    ("header", "status", "code", "who"), [row[1:] for row in SCENARIOS], ids=[row[0] for row in SCENARIOS]
)
def test_credentials_are_checked(
    platform: PlatformServer, header: str | None, status: int, code: str | None, who: str | None
) -> None:
    """The anonymous key, a user's password, in UTF-8 or Latin-1; all else is refused."""
    headers = {"Oracle-Mobile-Backend-Id": BACKEND_ID} | ({"Authorization": header} if header is not None else {})
    answer = platform.call("GET", URL, headers)
    assert (answer.status, answer.json().get("o:errorCode"), answer.json().get("username")) == (status, code, who)


def test_an_unknown_name_and_a_wrong_password_look_the_same(platform: PlatformServer) -> None:
    """The answers differ in their ECID and length of nothing."""

    def refused(user: str) -> dict[str, Any]:
        headers = {"Oracle-Mobile-Backend-Id": BACKEND_ID, "Authorization": basic(user, "wrong-password")}
        told: dict[str, Any] = platform.call("GET", URL, headers).json()
        return {name: value for name, value in told.items() if name != "o:ecid"}

    assert refused("joe") == refused("nobody-of-that-name")


# ── alone ────────────────────────────────────────────────────────────────────────────────────────


class House:
    """An authenticator with one user, and how often it looked him up."""

    def __init__(self, *, free: int = 3, cache_seconds: float = 60.0, **backend: Any) -> None:
        self.looked_up: list[str] = []
        self.upgraded: list[str] = []
        self.hashed = HASHED
        self.authenticator = Authenticator(
            self._find, lambda user, better: self.upgraded.append(better), cache_seconds, Attempts(free)
        )
        self.backend = msgspec.structs.replace(BACKEND, **backend)

    def _find(self, realm: str, username: str) -> Account | None:
        self.looked_up.append(username)
        return Account("u1", "joe", self.hashed, frozenset({"responder"})) if username == "joe" else None

    async def come(
        self, header: str | None, peer: str = "192.0.2.1", later: float = 0.0
    ) -> Caller | type[PlatformError]:
        """Who it is, or with what he was refused."""
        headers = {} if header is None else {"authorization": header}
        arrival = Arrival("GET", URL, "", headers, "e", "0", 0.0, time.monotonic() + later, peer)
        try:
            return await self.authenticator.authenticate(arrival, self.backend)
        except PlatformError as error:
            return type(error)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run one to its end."""
    asyncio.run(coroutine)


def test_verified_credentials_are_not_verified_again_until_their_time_is_over() -> None:
    """No look-up and no hash on the hot path."""

    async def story() -> None:
        house = House()
        for _ in range(5):
            caller = await house.come(basic("joe", PASSWORD))
        assert caller == Caller("user", "joe", "u1", frozenset({"responder"}))
        assert house.looked_up == ["joe"]
        await house.come(basic("joe", PASSWORD), later=61)
        assert house.looked_up == ["joe", "joe"]

    run(story())


def test_a_change_of_the_catalogue_has_everybody_verified_anew() -> None:
    """A user may have been removed, a key may have been changed."""

    async def story() -> None:
        house = House()
        await house.come(basic("joe", PASSWORD))
        house.hashed = passwords.hash_password("another password")
        house.authenticator.forget()
        assert await house.come(basic("joe", PASSWORD)) is CallerRejected

    run(story())


def test_an_app_that_is_signed_in_stays_so_while_a_stranger_guesses_from_its_own_address() -> None:
    """Behind one proxy: what was right before is verified whatever the count says."""

    async def story() -> None:
        house = House(free=3)
        await house.come(basic("joe", PASSWORD))
        for number in range(6):
            await house.come(basic("joe", f"guess {number}"))
        assert await house.come(basic("joe", "guess again")) is TooManyAttempts
        assert isinstance(await house.come(basic("joe", PASSWORD), later=3600), Caller)

    run(story())


def test_the_right_password_does_not_help_a_peer_that_has_to_wait() -> None:
    """Or it would learn which of its guesses is right; the user at another address comes in."""

    async def story() -> None:
        house = House(free=3)
        for number in range(3):
            assert await house.come(basic("joe", f"guess {number}")) is CallerRejected
        assert await house.come(basic("joe", PASSWORD)) is TooManyAttempts
        assert isinstance(await house.come(basic("joe", PASSWORD), peer="198.51.100.7"), Caller)

    run(story())


def test_one_peer_cannot_fill_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its further logins are refused at once, those of others wait their turn."""

    async def story() -> None:
        house = House(free=1000)
        crowd = [asyncio.create_task(house.come(basic("joe", f"guess {number}"))) for number in range(20)]
        await asyncio.sleep(0)
        assert isinstance(await house.come(basic("joe", PASSWORD), peer="198.51.100.7"), Caller)
        results = await asyncio.gather(*crowd)
        assert results.count(TooManyAttempts) == 20 - callers.WAITING_OF_PEER
        assert house.authenticator._waiting.total() == 0

    run(story())


@pytest.mark.parametrize(
    ("backend", "header", "outcome"),
    [
        ({"anonymous_auth": False}, f"Basic {ANONYMOUS_KEY}", CallerRejected),
        ({"basic_auth": False}, basic("joe", PASSWORD), CallerRejected),
        ({"basic_auth": False}, f"Basic {ANONYMOUS_KEY}", Caller("anonymous", "T_MOBILE_ANONYMOUS_APPID")),
        ({"anonymous_auth": False}, basic("joe", PASSWORD), Caller("user", "joe", "u1", frozenset({"responder"}))),
    ],
)
def test_a_backend_takes_what_it_is_set_to_take(backend: dict[str, bool], header: str, outcome: object) -> None:
    """Anonymous callers and passwords are two switches."""

    async def story() -> None:
        assert await House(**backend).come(header) == outcome

    run(story())


def test_what_was_right_for_one_backend_is_not_for_another() -> None:
    """The memory is of a backend's credentials."""

    async def story() -> None:
        house = House()
        await house.come(basic("joe", PASSWORD))
        house.backend = msgspec.structs.replace(house.backend, id="other", basic_auth=False)
        assert await house.come(basic("joe", PASSWORD)) is CallerRejected

    run(story())
