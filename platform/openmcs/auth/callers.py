"""Third stage of a call: who is calling. Verified credentials are remembered for a short time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

from openmcs.auth import passwords
from openmcs.auth.basic import decode
from openmcs.errors import CallerRejected, TooManyAttempts
from openmcs.exchange import Arrival, Caller, MobileBackend

WAITING = 32
"""Logins that may wait for a free core; more are refused, so that guessing cannot starve the rest."""
REMEMBERED = 10_000


class Account(NamedTuple):
    """What the store knows of a mobile user."""

    id: str
    username: str
    password_hash: str
    roles: frozenset[str]


Find = Callable[[str, str], "Account | None"]
"""(realm, username) to the account; runs in a thread."""
Upgrade = Callable[[str, str], None]
"""(user id, better hash)"""


class Authenticator:
    """Turns credentials into a `Caller`; one for each gateway process."""

    def __init__(self, find: Find, upgrade: Upgrade, cache_seconds: float, attempts_per_minute: int) -> None:
        self._find = find
        self._upgrade = upgrade
        self._cache_seconds = cache_seconds
        self._attempts = attempts_per_minute
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._failed: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._waiting = 0

    def forget(self) -> None:
        """Verify everything anew: users or backends have changed."""
        self._known.clear()

    async def authenticate(self, arrival: Arrival, backend: MobileBackend) -> Caller:
        """
        Find out who is calling.

        Raises `CallerRejected` when credentials are missing, malformed or wrong, `TooManyAttempts` when
        they were wrong too often.
        """
        header = arrival.headers.get("authorization")
        if not header:
            raise CallerRejected("The request has no credentials: send the anonymous key or a user's as HTTP Basic.")
        digest = hmac.digest(self._key, f"{backend.id}\0{header}".encode("utf-8", "replace"), "sha256")
        known = self._known.get(digest)
        if known is not None and known[0] > arrival.started:
            return known[1]
        caller = await self._verified(header, backend)
        self._remember(digest, caller)
        return caller

    async def _verified(self, header: str, backend: MobileBackend) -> Caller:
        user, password = decode(header)
        anonymous_user, anonymous_password = decode(f"Basic {backend.anonymous_key}")
        if _same(user, anonymous_user) and _same(password, anonymous_password):
            if not backend.anonymous_auth:
                raise CallerRejected(f"The mobile backend {backend.name} takes no anonymous callers.")
            return Caller(kind="anonymous", username=user)
        if not backend.basic_auth:
            raise CallerRejected(f"The mobile backend {backend.name} does not take user names and passwords.")
        return await self._user(backend.realm, user, password)

    async def _user(self, realm: str, user: str, password: str) -> Caller:
        self._refuse_guessing(realm, user)
        if self._waiting >= WAITING:
            raise TooManyAttempts("Too many logins are waiting; try again in a moment.")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            account = await loop.run_in_executor(passwords.hashing, self._check, realm, user, password)
        finally:
            self._waiting -= 1
        if account is None:
            self._failed.setdefault((realm, user), deque(maxlen=self._attempts)).append(time.monotonic())
            while len(self._failed) > REMEMBERED:
                self._failed.popitem(last=False)
            raise CallerRejected("The user name or the password is wrong.")
        self._failed.pop((realm, user), None)
        return Caller(kind="user", username=account.username, user_id=account.id, roles=account.roles)

    def _check(self, realm: str, user: str, password: str) -> Account | None:
        account = self._find(realm, user)
        right, better = passwords.verify(password, account.password_hash if account else None)
        if account is None or not right:
            return None
        if better:
            self._upgrade(account.id, better)
        return account

    def _refuse_guessing(self, realm: str, user: str) -> None:
        failed = self._failed.get((realm, user))
        if failed and len(failed) == self._attempts and failed[0] > time.monotonic() - 60:
            raise TooManyAttempts("Too many wrong passwords for this user; try again in a minute.")

    def _remember(self, digest: bytes, caller: Caller) -> None:
        self._known[digest] = (time.monotonic() + self._cache_seconds, caller)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(hashlib.sha256(one.encode()).digest(), hashlib.sha256(other.encode()).digest())
