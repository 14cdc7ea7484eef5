"""Calls of connectors as custom code makes them."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from typing import Any

from openmcs.catalog.connectors import Connector
from openmcs.catalog.policies import Policies
from openmcs.catalog.snapshot import Snapshot
from openmcs.connectors.calling import Calling
from openmcs.exchange import Arrival, Call, Caller, MobileBackend, Operation, Reply

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def connector(at: int, /, **fields: Any) -> Connector:
    values: dict[str, Any] = {
        "id": "c", "name": "erp", "version": "1.0", "etag": 1, "base_url": f"http://127.0.0.1:{at}/api",
        "rules": (), "allow": LOOPBACK, "connect_timeout_ms": None, "read_timeout_ms": None, "header": None,
    }  # fmt: skip
    return Connector(**{**values, **fields})


def snapshot(*connectors: Connector, policies: Policies | None = None) -> Snapshot:
    found = {(each.name.lower(), each.version): each for each in connectors}
    return Snapshot(1, {}, {}, (), policies or Policies({}), found)


def ask(
    known: Snapshot, path: str = "/lines", method: str = "GET", query: str = "", body: bytes = b"",
    version: str = "1.0", name: str = "erp", seconds: float = 10, traces: float | None = None, **headers: str,
) -> Reply:  # fmt: skip
    backend = MobileBackend("b", "shop", "1.0", "id", "", True, True, "Default", {}, (), {}, {})
    fields = {key.replace("_", "-"): value for key, value in headers.items()}
    arrival = Arrival(method, f"/mobile/connector/{name}{path}", query, fields, "E", "0:1", 0.0, 0.0, "")
    operation = Operation("", "connector/erp", "1.0", path, method, {}, False, frozenset())
    call = Call(arrival, backend, Caller("user", "joe"), operation, body, time.monotonic() + seconds)

    async def run() -> Reply:
        connectors = Calling(lambda: known, traces=traces)
        try:
            return await connectors.connect(call, name, version)
        finally:
            await connectors.close()

    return asyncio.run(run())


def told(reply: Reply) -> Any:
    assert isinstance(reply.body, bytes)
    return json.loads(reply.body)
