"""`/mobile/platform/users`: signing in, and who is signed in (contract: wire 2.3 and 2.8; portal 6.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from openmcs.errors import CallerNotAllowed, CallerRejected, RequestInvalid
from openmcs.exchange import Arrival, Caller, Finding, MobileBackend, Reply

User = Mapping[str, Any]
FindUser = Callable[[str, str], "User | None"]
"""(realm, username) to the user's fields; runs in a thread."""
Changes = Callable[[User], Mapping[str, Any]]
"""A user's fields to the columns that change."""
ChangeUser = Callable[[str, str, Changes], "User | None"]
"""(realm, username, changes) to the user as he is then, in one transaction; runs in a thread."""

CURRENT = ("~", "me")
"""Stand in a path for the user who is calling."""
MOST_PROPERTIES = 100
LARGEST_PROPERTIES = 16 * 1024
_FIELDS = {"firstName": ("first_name", 100), "lastName": ("last_name", 100), "email": ("email", 255)}
_READ_ONLY = frozenset({"id", "username", "links", "roles"})
_JSON = (("Content-Type", "application/json"),)


class Users:
    """The users API: every user reads and changes himself."""

    def __init__(self, find: FindUser, change: ChangeUser) -> None:
        self._find = find
        self._change = change

    async def login(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """
        Answer a login.

        The credentials were verified on the way here. The answer is always an object: one generation
        of the SDK reads a field of it and throws on `null` (contract: wire, Q9).
        """
        if caller.is_anonymous:
            return _reply({"username": caller.username, "anonymous": True})
        return _reply(_shown(await self._user(backend, caller)))

    async def logout(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """Answer a logout: in basic mode nothing is kept, so there is nothing to end."""
        return _reply({"username": caller.username, "loggedOut": True})

    async def get(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """The user who is calling, or those of his `fields` that are asked for."""
        _require_own(arrival, caller)
        return _reply(_chosen(_shown(await self._user(backend, caller)), arrival.query))

    async def extended(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """The user with his roles, for custom code only: an app has no business with them."""
        if not arrival.is_internal:
            raise CallerNotAllowed("Extended user information is for implementations only; apps read users/~.")
        _require_own(arrival, caller)
        user = await self._user(backend, caller)
        return _reply(_chosen({**_shown(user), "roles": sorted(caller.roles)}, arrival.query))

    async def update(self, arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
        """
        Change the user's first and last name, e-mail and own properties; `null` removes a property.

        PUT and PATCH are one: what is not named stays. Fields that nobody may change may be sent as they
        are, since Android's SDK sends the whole user back. Raises `RequestInvalid`.
        """
        _require_own(arrival, caller)
        sent = _object(body)
        changes = partial(_changes, sent)
        return _reply(_shown(_found(await asyncio.to_thread(self._change, backend.realm, caller.username, changes))))

    async def _user(self, backend: MobileBackend, caller: Caller) -> User:
        return _found(await asyncio.to_thread(self._find, backend.realm, caller.username))


def _found(user: User | None) -> User:
    if user is None:
        raise CallerRejected("The user does not exist any more.")
    return user


def _require_own(arrival: Arrival, caller: Caller) -> None:
    """A user asks for himself; whether somebody else exists is nobody's business, so all others get one answer."""
    if caller.is_anonymous:
        raise CallerRejected("The anonymous caller is no user; sign in first.")
    name = unquote(arrival.path.rstrip("/").rpartition("/")[2])
    if name not in CURRENT and name != caller.username:
        raise CallerNotAllowed("A user reads and changes only himself: the name in the path is another one's.")


def _shown(user: User) -> dict[str, Any]:
    return {
        **user["properties"],
        "id": user["id"],
        "username": user["username"],
        "firstName": user["first_name"],
        "lastName": user["last_name"],
        "email": user["email"],
        "links": [
            {"rel": "canonical", "href": "/mobile/platform/users/~"},
            {"rel": "self", "href": "/mobile/platform/users/~"},
        ],
    }


def _chosen(document: dict[str, Any], query: str) -> dict[str, Any]:
    """The `fields=a,b` of *document*; all of it when none are asked for."""
    if "fields=" not in query:
        return document
    wanted = [name.strip() for each in parse_qs(query).get("fields", []) for name in each.split(",")]
    return {name: document[name] for name in wanted if name in document} if wanted else document


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RequestInvalid(f"The body is not JSON: {error}.") from None
    if not isinstance(sent, dict):
        raise RequestInvalid('The body is no JSON object; send the fields to change, such as {"lastName": "Doe"}.')
    return sent


def _changes(sent: Mapping[str, Any], user: User) -> dict[str, Any]:
    """The columns to write. Raises `RequestInvalid` with a finding for each field."""
    values: dict[str, Any] = {}
    properties = dict(user["properties"])
    findings = []
    shown = _shown(user)
    for name, value in sent.items():
        if name in _FIELDS:
            column, longest = _FIELDS[name]
            if not isinstance(value, str) or len(value) > longest:
                findings.append(_finding(name, f"is no text of at most {longest} characters"))
            values[column] = value
        elif name in _READ_ONLY:
            if name in ("id", "username") and value != shown[name]:
                findings.append(_finding(name, "cannot be changed"))
        elif "password" in name.lower():
            findings.append(_finding(name, "is not changed here"))
        elif value is None:
            properties.pop(name, None)
        elif isinstance(value, str | int | float | bool) and 0 < len(name) <= 100:
            properties[name] = value
        else:
            findings.append(_finding(name, "is no text, number or boolean"))
    if len(properties) > MOST_PROPERTIES or len(msgspec.json.encode(properties)) > LARGEST_PROPERTIES:
        findings.append(_finding("", f"more than {MOST_PROPERTIES} properties, or {LARGEST_PROPERTIES} bytes of them"))
    if findings:
        raise RequestInvalid("; ".join(each.message for each in findings[:5]) + ".", findings=findings[:20])
    return {**values, "properties": properties}


def _finding(name: str, wrong: str) -> Finding:
    return Finding("USER_FIELD_INVALID", f"{name} {wrong}".strip(), place=name)


def _reply(document: Mapping[str, Any]) -> Reply:
    return Reply(status=200, headers=_JSON, body=msgspec.json.encode(document))
