"""Mobile backends: credentials, associated APIs, clients, CORS origins, app policies."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openmcs.catalog import activity
from openmcs.catalog.deployments import attempt
from openmcs.catalog.names import check_name, check_version
from openmcs.errors import RequestInvalid, ResourceNotFound
from openmcs.store import catalog as questions
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id

Row = Mapping[str, Any]

_ORIGIN = re.compile(r"\*|null|file://|[a-z][a-z0-9+.-]*://(\*\.)?([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:(\d+|\*))?/?")
"""`null`, `file://`, `ionic://localhost` and the like are what pages inside of apps send."""
_PLATFORMS = ("WEB", "IOS", "ANDROID", "WINDOWS")


@dataclass(frozen=True, slots=True)
class Client:
    """One app binary that uses the backend."""

    name: str
    platform: str
    client_id: str
    version: str
    application_key: str | None = None


@dataclass(frozen=True, slots=True)
class BackendDefinition:
    """What an author says of a backend. `None` leaves what is there (or makes it, for credentials)."""

    name: str
    version: str = "1.0"
    description: str = ""
    basic_auth: bool = True
    anonymous_auth: bool = True
    realm: str = "Default"
    cors_origins: Sequence[str] = ()
    app_policies: Mapping[str, str | float | bool] = field(default_factory=dict)
    clients: Sequence[Client] | None = None
    apis: Sequence[tuple[str, str]] | None = None
    """(name, version) of all associated APIs."""
    backend_id: str | None = None
    anonymous_key: str | None = None

    @property
    def subject(self) -> str:
        """`name(version)`"""
        return f"{self.name}({self.version})"


def save(
    database: Database, definition: BackendDefinition, by: str, *, id_: str | None = None, etag: int | None = None
) -> str:
    """
    Add a backend, or change the one with *id_*; it serves at once.

    Returns its id. Raises `RequestInvalid` that names the field, `ResourceNotFound` for an API that
    does not exist, `Conflict` or `PreconditionFailed`.
    """
    with attempt(database, "backend", definition.subject, by) as trying:
        _check(definition)
        new, id_ = id_ is None, id_ or new_id()
        with database.write() as connection, activity.change(connection, by, "backend", id_):
            values = _values(definition)
            if new:
                added = {**_credentials(definition.name), **values, "id": id_}
                questions.insert_backend(connection, {**added, "created_at": now_us(), "modified_at": now_us()})
            else:
                questions.update_backend(connection, id_, values, etag)
            if definition.clients is not None:
                questions.replace_clients(connection, id_, [_client(each) for each in definition.clients])
            if definition.apis is not None:
                _associate_exactly(connection, id_, definition.apis)
            questions.bump_revision(connection)
        trying.summary = f"{definition.subject} applied"
        return id_


def associate(database: Database, backend_id: str, api_id: str, by: str) -> None:
    """Make an API available through a backend. Raises `ResourceNotFound`."""
    with database.write() as connection, activity.change(connection, by, "backend", backend_id):
        questions.backend(connection, backend_id)
        questions.api_row(connection, api_id)
        questions.associate(connection, backend_id, api_id)
        questions.update_backend(connection, backend_id, {}, None)
        questions.bump_revision(connection)


def dissociate(database: Database, backend_id: str, api_id: str, by: str) -> None:
    """Make it unavailable again. Raises `ResourceNotFound`."""
    with database.write() as connection, activity.change(connection, by, "backend", backend_id):
        questions.backend(connection, backend_id)
        questions.dissociate(connection, backend_id, api_id)
        questions.update_backend(connection, backend_id, {}, None)
        questions.bump_revision(connection)


def renew_key(database: Database, backend_id: str, key: str, by: str) -> None:
    """
    Make a new `backendId` or `anonymousKey`; whoever uses the old one is refused from now on.

    A new anonymous key lets anonymous callers in again. Raises `RequestInvalid`, `ResourceNotFound`.
    """
    column = {"backendId": "backend_id", "anonymousKey": "anonymous_key"}.get(key)
    if column is None:
        raise RequestInvalid(f"key: {key[:40]!r} is neither backendId nor anonymousKey.")
    with database.write() as connection, activity.change(connection, by, "backend", backend_id):
        row = questions.backend(connection, backend_id)
        fresh = _credentials(row["name"])[column]
        allowed = {"anonymous_auth": True} if column == "anonymous_key" else {}
        questions.update_backend(connection, backend_id, {column: fresh, **allowed}, None)
        questions.bump_revision(connection)


def revoke_anonymous_key(database: Database, backend_id: str, by: str) -> None:
    """Let no anonymous callers in; the old key is of no use ever again. Raises `ResourceNotFound`."""
    with database.write() as connection, activity.change(connection, by, "backend", backend_id):
        row = questions.backend(connection, backend_id)
        fresh = _credentials(row["name"])["anonymous_key"]
        questions.update_backend(connection, backend_id, {"anonymous_key": fresh, "anonymous_auth": False}, None)
        questions.bump_revision(connection)


def _associate_exactly(connection: Any, backend_id: str, wanted: Sequence[tuple[str, str]]) -> None:
    ids = set()
    for name, version in wanted:
        row = questions.api_named(connection, name, version)
        if row is None:
            raise ResourceNotFound(f"apis: there is no API {name} {version}; upload it first.")
        ids.add(row["id"])
    for each in questions.associations(connection, [backend_id]):
        if each["api"] not in ids:
            questions.dissociate(connection, backend_id, each["api"])
    for api_id in ids:
        questions.associate(connection, backend_id, api_id)


def _check(definition: BackendDefinition) -> None:
    check_name(definition.name)
    check_version(definition.version)
    for index, origin in enumerate(definition.cors_origins):
        if not _ORIGIN.fullmatch(origin):
            raise RequestInvalid(
                f"corsOrigins[{index}]: {origin[:200]!r} is no origin; write https://app.example.com, "
                "https://*.example.com, http://localhost:* or *."
            )
    for name, value in definition.app_policies.items():
        if not isinstance(value, str | int | float | bool):
            raise RequestInvalid(f"appPolicies.{name}: a policy is a text, a number or true/false.")
    for index, client in enumerate(definition.clients or ()):
        if client.platform not in _PLATFORMS:
            raise RequestInvalid(f"clients[{index}].platform: one of {', '.join(_PLATFORMS)}.")
    if definition.anonymous_key is not None:
        _check_anonymous_key(definition.anonymous_key)


def _check_anonymous_key(key: str) -> None:
    """It must decode to one `user:password` pair: Android's SDK splits it at the colon."""
    try:
        text = base64.b64decode(key, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        text = ""
    if text.count(":") != 1 or text.startswith(":") or text.endswith(":"):
        raise RequestInvalid("anonymousKey: it is the base64 of one user:password pair with a single colon.")


def _values(definition: BackendDefinition) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": definition.name,
        "version": definition.version,
        "description": definition.description[:1000],
        "basic_auth": definition.basic_auth,
        "anonymous_auth": definition.anonymous_auth,
        "realm": definition.realm,
        "cors_origins": json.dumps([_origin(each) for each in definition.cors_origins]),
        "app_policies": json.dumps(dict(definition.app_policies)),
    }
    if definition.backend_id is not None:
        values["backend_id"] = definition.backend_id
    if definition.anonymous_key is not None:
        values["anonymous_key"] = definition.anonymous_key
    return values


def _origin(written: str) -> str:
    """As a browser sends it: without a slash at the end, except where nothing else is left."""
    return written if written == "file://" else written.rstrip("/")


def _credentials(name: str) -> dict[str, str]:
    user = f"OPENMCS_{name.upper()}_MOBILE_ANONYMOUS_APPID"
    key = base64.b64encode(f"{user}:{secrets.token_urlsafe(18)}".encode()).decode("ascii")
    return {"backend_id": str(uuid.uuid4()), "anonymous_key": key}


def _client(client: Client) -> dict[str, Any]:
    return {
        "id": new_id(),
        "name": client.name or client.client_id,
        "platform": client.platform,
        "client_id": client.client_id,
        "version": client.version,
        "application_key": client.application_key or str(uuid.uuid4()),
    }
