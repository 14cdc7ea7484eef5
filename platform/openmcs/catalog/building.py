"""Builds a snapshot from the catalogue's tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import structlog

from openmcs.catalog.configuration import Configured, Opened
from openmcs.catalog.connectors import opened as open_connectors
from openmcs.catalog.implementations import Implementations
from openmcs.catalog.policies import Policies
from openmcs.catalog.secrets import Vault
from openmcs.catalog.snapshot import Canary, ServedApi, Snapshot, mobile_backend, served_api
from openmcs.errors import PlatformError
from openmcs.exchange import Association
from openmcs.runtime.binding import Binding
from openmcs.store import catalog as questions
from openmcs.store import configuration, connectors, gateways, policies
from openmcs.store.database import Database

log = structlog.get_logger()

MOST = 100_000
"""APIs, and mobile backends, that are served: the first by name; the log says when there are more."""


def build(
    database: Database, implementations: Implementations, vault: Vault, before: Snapshot, defaults: Mapping[str, Any]
) -> Snapshot | None:
    """
    The snapshot of the catalogue's newest revision; None when *before* is that one.

    *defaults* are the policies that the server's settings set. Reads everything in one transaction.
    Raises `StoreUnavailable`.
    """
    with database.read() as connection:
        revision = questions.revision(connection)
        if revision == before.revision:
            return None
        api_rows, apis_there = questions.apis(connection, MOST, 0)
        active = {row["api"]: row for row in questions.active_implementations(connection)}
        canaries = {row["api"]: row for row in questions.canary_implementations(connection)}
        backend_rows, backends_there = questions.backends(connection, MOST, 0)
        associations = questions.associations(connection)
        clients = questions.clients(connection)
        policy_rows = policies.policies(connection)
        connector_rows, _ = connectors.connectors(connection)
        restarts = gateways.restarts(connection)
        opened = Opened(configuration.all_values(connection), vault)
    if apis_there > MOST or backends_there > MOST:
        log.error("too many to serve; delete what is not used", most=MOST, apis=apis_there, backends=backends_there)
    if opened.unreadable:
        log.error("secrets were sealed with another key and are missing", names=sorted(set(opened.unreadable)))
    users = _users(backend_rows, associations)
    apis = {
        row["id"]: _api(
            row,
            active.get(row["id"]),
            canaries.get(row["id"]),
            opened.of(row["id"], users[row["id"]]),
            restarts.get(row["id"], 0),
            implementations,
            before,
        )
        for row in api_rows
    }
    by_backend: dict[str, dict[str, Association]] = defaultdict(dict)
    for each in associations:
        association = Association(each["api"], each["name"], each["version"])
        by_backend[each["backend"]][each["name"].lower()] = association
    keys: dict[str, dict[str, str]] = defaultdict(dict)
    for client in clients:
        keys[client["backend"]][client["application_key"]] = client["name"]
    backends = {
        row["backend_id"].lower(): mobile_backend(row, by_backend[row["id"]], keys[row["id"]]) for row in backend_rows
    }
    origins = tuple(dict.fromkeys(origin for backend in backends.values() for origin in backend.cors_origins))
    values = Policies.from_rows(policy_rows, defaults)
    return Snapshot(revision, backends, apis, origins, values, open_connectors(connector_rows, vault))


def _users(backend_rows: Any, associations: Any) -> dict[str, dict[str, str]]:
    """API id to the backends that make it available: their ids to `name(version)`."""
    names = {row["id"]: f"{row['name']}({row['version']})" for row in backend_rows}
    users: dict[str, dict[str, str]] = defaultdict(dict)
    for each in associations:
        users[each["api"]][each["backend"]] = names[each["backend"]]
    return users


def _api(
    row: Any,
    active: Any,
    canary: Any,
    configured: Configured,
    restarted: int,
    implementations: Implementations,
    before: Snapshot,
) -> ServedApi:
    if active is None:
        return served_api(row, None, before)
    try:
        binding = implementations.binding(row["name"], row["version"], active, configured, restarted)
    except (PlatformError, KeyError, OSError):
        # One implementation that cannot be brought here must not keep the others from serving.
        log.exception("an implementation cannot be prepared on this node", api=row["name"], version=row["version"])
        old = before.apis.get(row["id"])
        binding = old.binding if old and old.binding else _missing(row)
        canary = None
    return served_api(row, binding, before, _canary(row, canary, configured, restarted, implementations))


def _canary(
    row: Any, canary: Any, configured: Configured, restarted: int, implementations: Implementations
) -> Canary | None:
    """None also where it cannot be prepared: the active implementation has all calls, then."""
    if canary is None:
        return None
    try:
        binding = implementations.binding(row["name"], row["version"], canary, configured, restarted)
    except (PlatformError, KeyError, OSError):
        log.exception("a canary cannot be prepared on this node", api=row["name"], version=row["version"])
        return None
    return Canary(f"{row['id']}/canary", canary["id"], binding, row["canary_percent"])


def _missing(row: Any) -> Binding:
    """A binding that does not start: its calls get 503 rather than an example that looks like an answer."""
    return Binding(
        key=f"missing:{row['id']}:{row['etag']}",
        implementation="not prepared",
        api=row["name"],
        api_version=row["version"],
        directory="/nonexistent",
        main="missing.py",
    )
