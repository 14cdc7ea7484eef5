"""`/mobile/platform/users`: signing in, and who is signed in (contract: wire 2.3 and 2.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from openmcs.errors import CallerRejected
from openmcs.exchange import Arrival, Caller, MobileBackend, Reply

FindUser = Callable[[str, str], "Mapping[str, Any] | None"]
"""(realm, username) to the user's fields; runs in a thread."""

_JSON = (("Content-Type", "application/json"),)


class Users:
    """The three calls of the users API that the SDKs make in basic mode."""

    def __init__(self, find: FindUser) -> None:
        self._find = find

    async def login(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """
        Answer a login.

        The credentials were verified on the way here. The answer is always an object: one generation
        of the SDK reads a field of it and throws on `null` (contract: wire, Q9).
        """
        if caller.is_anonymous:
            return _reply({"username": caller.username, "anonymous": True})
        return _reply(await self._user(backend, caller))

    async def logout(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """Answer a logout: in basic mode nothing is kept, so there is nothing to end."""
        return _reply({"username": caller.username, "loggedOut": True})

    async def current(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """The user who is calling. Raises `CallerRejected` for the anonymous one."""
        if caller.is_anonymous:
            raise CallerRejected("The anonymous caller is no user; sign in first.")
        return _reply(await self._user(backend, caller))

    async def _user(self, backend: MobileBackend, caller: Caller) -> dict[str, Any]:
        row = await asyncio.to_thread(self._find, backend.realm, caller.username)
        if row is None:
            raise CallerRejected("The user does not exist any more.")
        return {
            **row["properties"],
            "id": row["id"],
            "username": row["username"],
            "firstName": row["first_name"],
            "lastName": row["last_name"],
            "email": row["email"],
            "links": [{"rel": "self", "href": "/mobile/platform/users/~"}],
        }


def _reply(document: Mapping[str, Any]) -> Reply:
    return Reply(status=200, headers=_JSON, body=msgspec.json.encode(document))
