"""Third stage of a call: who is calling. Verified credentials are remembered for a short time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from openmcs.auth import passwords
from openmcs.auth.attempts import Attempts, network_of
from openmcs.auth.basic import decode
from openmcs.auth.trials import SCHEME, Trials
from openmcs.errors import CallerRejected, TooManyAttempts
from openmcs.exchange import Arrival, Caller, MobileBackend

WAITING = 32
"""Logins that may wait for a free core; more are refused, so that guessing cannot starve the rest."""
WAITING_OF_PEER = 8
REMEMBERED = 10_000


class Account(NamedTuple):
    """What the store knows of a mobile user."""

    id: str
    username: str
    password_hash: str
    roles: frozenset[str]


class _Verified(NamedTuple):
    """Credentials that were right: for how long nobody asks again, and since which change of the catalogue."""

    until: float
    generation: int
    caller: Caller


Find = Callable[[str, str], "Account | None"]
"""(realm, username) to the account; runs in a thread."""
Upgrade = Callable[[str, str], None]
"""(user id, better hash)"""


class Authenticator:
    """
    Turns credentials into a `Caller`; one for each gateway process.

    In basic mode an app sends its user's password with every call, so credentials that were right before are
    verified again now and then, whatever strangers try meanwhile: no limit keeps them out.
    """

    def __init__(
        self, find: Find, upgrade: Upgrade, cache_seconds: float, attempts: Attempts, trials: Trials | None = None
    ) -> None:
        self._find = find
        self._upgrade = upgrade
        self._cache_seconds = cache_seconds
        self._attempts = attempts
        self._trials = trials
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, _Verified] = OrderedDict()
        self._generation = 0
        self._waiting: Counter[str] = Counter()
        passwords.warm_up()

    def forget(self) -> None:
        """Verify everything anew: users or backends have changed."""
        self._generation += 1

    async def authenticate(self, arrival: Arrival, backend: MobileBackend) -> Caller:
        """
        Find out who is calling.

        Raises `CallerRejected` when credentials are missing, malformed or wrong, `TooManyAttempts` when
        they were wrong too often.
        """
        header = arrival.headers.get("authorization")
        if not header:
            raise CallerRejected("The request has no credentials: send the anonymous key or a user's as HTTP Basic.")
        # Keyed BLAKE2: as strong as an HMAC here, and it never lets go of the interpreter's lock.
        sent = f"{backend.id}\0{header}".encode("utf-8", "replace")
        digest = hashlib.blake2b(sent, key=self._key, digest_size=32).digest()
        known = self._known.get(digest)
        if known is not None and known.until > arrival.started and known.generation == self._generation:
            return known.caller
        if self._trials is not None and header.startswith(SCHEME):
            # Never remembered: it is for one call, and has a time of its own.
            return await self._on_trial(self._trials, header, backend)
        generation = self._generation
        try:
            caller = await self._verified(header, arrival.peer, backend, trusted=known is not None)
        except CallerRejected:
            self._known.pop(digest, None)
            raise
        self._remember(digest, generation, caller)
        return caller

    async def _verified(self, header: str, peer: str, backend: MobileBackend, *, trusted: bool) -> Caller:
        user, password = decode(header)
        anonymous_user, anonymous_password = decode(f"Basic {backend.anonymous_key}")
        if _same(user, anonymous_user) and _same(password, anonymous_password):
            if not backend.anonymous_auth:
                raise CallerRejected(f"The mobile backend {backend.name} takes no anonymous callers.")
            return Caller(kind="anonymous", username=user)
        if not backend.basic_auth:
            raise CallerRejected(f"The mobile backend {backend.name} does not take user names and passwords.")
        return await self._user((backend.realm, user), password, peer, trusted=trusted)

    async def _on_trial(self, trials: Trials, header: str, backend: MobileBackend) -> Caller:
        trial = trials.read(header, backend.id)
        if not backend.basic_auth or trial.realm != backend.realm:
            raise CallerRejected(f"The mobile backend {backend.name} does not take this user.")
        account = await asyncio.to_thread(self._find, trial.realm, trial.username)
        if account is None:
            raise CallerRejected("The user of this trial is not there any more.")
        return Caller(kind="user", username=account.username, user_id=account.id, roles=account.roles)

    async def _user(self, name: tuple[str, str], password: str, peer: str, *, trusted: bool) -> Caller:
        network = network_of(peer)
        if not trusted:
            self._attempts.check(peer, name)
            if self._waiting.total() >= WAITING or self._waiting[network] >= WAITING_OF_PEER:
                raise TooManyAttempts("Too many logins are waiting; try again in a moment.")
            self._waiting[network] += 1
        try:
            loop = asyncio.get_running_loop()
            account = await loop.run_in_executor(passwords.hashing, self._check, *name, password)
        finally:
            if not trusted:
                self._waiting[network] -= 1
                self._waiting += Counter()  # drops what counts nothing any more
        if account is None:
            self._attempts.failed(peer, name)
            raise CallerRejected("The user name or the password is wrong.")
        self._attempts.succeeded(peer, name)
        return Caller(kind="user", username=account.username, user_id=account.id, roles=account.roles)

    def _check(self, realm: str, user: str, password: str) -> Account | None:
        account = self._find(realm, user)
        right, better = passwords.verify(password, account.password_hash if account else None)
        if account is None or not right:
            return None
        if better:
            self._upgrade(account.id, better)
        return account

    def _remember(self, digest: bytes, generation: int, caller: Caller) -> None:
        self._known[digest] = _Verified(time.monotonic() + self._cache_seconds, generation, caller)
        self._known.move_to_end(digest)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(hashlib.sha256(one.encode()).digest(), hashlib.sha256(other.encode()).digest())
