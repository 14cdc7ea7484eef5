"""
What a gateway needs to know, frozen: backends, APIs, compiled RAML, bindings, roles.

A snapshot is built beside the running one and swapped whole when the catalogue's revision changes,
so nothing on the path of a call reads half of an old state and half of a new one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from openmcs.catalog.connectors import Connector
from openmcs.catalog.policies import Policies
from openmcs.exchange import Association, MobileBackend
from openmcs.raml.contract import decode
from openmcs.raml.match import Matcher
from openmcs.runtime.binding import Binding


class Canary(NamedTuple):
    """A second implementation of an API, which some of its calls go to."""

    key: str
    """What the pool knows it by."""
    implementation: str
    """Its id."""
    binding: Binding
    percent: int


class ServedApi(NamedTuple):
    """One API version as it is served."""

    id: str
    name: str
    version: str
    etag: int
    matcher: Matcher
    login_required: bool
    roles: frozenset[str]
    endpoint_roles: Mapping[str, frozenset[str]]
    """`GET /event/{id}` to the roles that replace the API's own there."""
    binding: Binding | None
    """None: the mock answers."""
    canary: Canary | None = None

    def roles_for(self, verb: str, resource: str) -> frozenset[str]:
        """The roles of an endpoint; the API's where it has none of its own."""
        if not self.endpoint_roles:
            return self.roles
        return self.endpoint_roles.get(f"{verb} {resource}", self.roles)


class Snapshot(NamedTuple):
    """One revision of the catalogue."""

    revision: int
    backends: Mapping[str, MobileBackend]
    """By backend id, lower case."""
    apis: Mapping[str, ServedApi]
    """By API id."""
    origins: tuple[str, ...]
    """All origins that any backend allows: what a preflight, which names no backend, is judged by."""
    policies: Policies
    connectors: Mapping[tuple[str, str], Connector] = {}
    """By name (lower case) and version."""

    def backend_by_id(self, backend_id: str) -> MobileBackend | None:
        """The backend with that id, whatever the casing it was sent in."""
        return self.backends.get(backend_id.strip().lower())

    @property
    def bindings(self) -> dict[str, Binding]:
        """API id to what is bound to it, and the key of a canary to that."""
        bound = {api.id: api.binding for api in self.apis.values() if api.binding is not None}
        canaries = (api.canary for api in self.apis.values())
        return bound | {each.key: each.binding for each in canaries if each is not None}


EMPTY = Snapshot(revision=-1, backends={}, apis={}, origins=(), policies=Policies({}))


def served_api(
    row: Mapping[str, Any], binding: Binding | None, before: Snapshot, canary: Canary | None = None
) -> ServedApi:
    """An API's row as it is served; the matcher of *before* is kept when the RAML is unchanged."""
    old = before.apis.get(row["id"])
    return ServedApi(
        id=row["id"],
        name=row["name"],
        version=row["version"],
        etag=row["etag"],
        matcher=old.matcher if old and old.etag == row["etag"] else Matcher(decode(row["contract"])),
        login_required=bool(row["login_required"]),
        roles=frozenset(json.loads(row["roles"])),
        endpoint_roles={name: frozenset(roles) for name, roles in json.loads(row["endpoint_roles"]).items()},
        binding=binding,
        canary=canary,
    )


def mobile_backend(
    row: Mapping[str, Any], associations: Mapping[str, Association], application_keys: Mapping[str, str]
) -> MobileBackend:
    """A backend's row as it is served."""
    return MobileBackend(
        id=row["id"],
        name=row["name"],
        version=row["version"],
        backend_id=row["backend_id"],
        anonymous_key=row["anonymous_key"],
        basic_auth=bool(row["basic_auth"]),
        anonymous_auth=bool(row["anonymous_auth"]),
        realm=row["realm"],
        associations=associations,
        cors_origins=tuple(json.loads(row["cors_origins"])),
        app_policies=json.loads(row["app_policies"]),
        application_keys=application_keys,
    )
