"""An installation with very much in it, written straight into its tables."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert

from openmcs.raml.compiler import compile_here
from openmcs.raml.contract import encode
from openmcs.store import catalog
from openmcs.store.clock import now_us
from openmcs.store.database import Database
from openmcs.store.ids import new_id
from openmcs.store.tables import (
    activity,
    api,
    association,
    client,
    configuration,
    connector,
    deployment,
    mobile_backend,
    mobile_user,
    trash,
)

AT_ONCE = 5_000
RAML = """#%RAML 0.8
title: One of many
version: "1.0"
/thing:
  get:
    responses: {200: {body: {application/json: {example: '{"id": 1}'}}}}
  /{id}:
    get:
      responses: {200: {body: {application/json: {example: '{"id": 1}'}}}}
"""


def fill(database: Database, *, backends: int, users: int) -> None:
    """As many APIs, connectors, values, changes and deleted things as *backends*, and *users* in one realm."""
    now = now_us()
    compiled = compile_here({"api.raml": RAML.encode()}, "api.raml")
    assert compiled.contract is not None
    contract = encode(compiled.contract)
    files = json.dumps({"api.raml": RAML})
    own = {"created_at": now, "modified_at": now, "etag": 1}
    backend_ids, api_ids = ([new_id() for _ in range(backends)] for _ in range(2))

    def rows(numbers: range) -> dict[Any, list[dict[str, Any]]]:
        return {
            mobile_backend: [
                {"id": backend_ids[n], "name": f"backend{n:06}", "version": "1.0", "description": f"App number {n}",
                 "backend_id": f"backend-{n}", "anonymous_key": "YTpi", "realm": "Default", **own}
                for n in numbers
            ],
            api: [
                {"id": api_ids[n], "name": f"api{n:06}", "version": "1.0", "title": f"One of many, {n}", "contract": contract,
                 "raml_root": "api.raml", "raml_files": files, "roles": json.dumps([f"role{n % 50}"]), **own}
                for n in numbers
            ],
            association: [{"backend": backend_ids[n], "api": api_ids[n]} for n in numbers],
            client: [
                {"id": new_id(), "backend": backend_ids[n], "name": "web", "platform": "WEB", "client_id": "c", "version": "1.0",
                 "application_key": f"key-{n}"}
                for n in numbers
            ],
            connector: [
                {"id": new_id(), "name": f"connector{n:06}", "version": "1.0", "title": f"System {n}",
                 "base_url": "https://erp.example.com", **own}
                for n in numbers
            ],
            configuration: [
                {"kind": "api", "owner": api_ids[n], "name": "shelf.url", "value": "https://shelf.example", "secret": False,
                 "modified_by": "root", "modified_at": now}
                for n in numbers
            ],
            activity: [
                {"id": new_id(), "at": now, "team_member": "root", "action": "created", "kind": "backend",
                 "asset": backend_ids[n], "name": f"backend{n:06}(1.0)", "before": "{}", "after": "{}"}
                for n in numbers
            ],
            deployment: [
                {"id": new_id(), "at": now, "kind": "api", "subject": f"api{n:06}(1.0)", "team_member": "root",
                 "succeeded": True, "summary": "applied"}
                for n in numbers
            ],
            trash: [
                {"id": new_id(), "kind": "backend", "name": f"old{n:06}(1.0)", "document": "{}", "deleted_by": "root",
                 "deleted_at": now}
                for n in numbers
            ],
        }  # fmt: skip

    for first in range(0, backends, AT_ONCE):
        with database.write() as connection:
            for table, values in rows(range(first, min(first + AT_ONCE, backends))).items():
                connection.execute(insert(table), values)
    for first in range(0, users, AT_ONCE):
        with database.write() as connection:
            connection.execute(insert(mobile_user), [_user(n, now) for n in range(first, min(first + AT_ONCE, users))])
    with database.write() as connection:
        catalog.bump_revision(connection)


def _user(number: int, now: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "realm": "Default",
        "username": f"user{number:06}",
        "password_hash": "!",
        "first_name": "Joe",
        "last_name": f"Doe {number}",
        "email": f"user{number}@example.com",
        "roles": json.dumps([f"role{number % 50}"]),
        "created_at": now,
    }
