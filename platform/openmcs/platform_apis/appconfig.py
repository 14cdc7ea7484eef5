"""`/mobile/platform/appconfig/client`: the backend's app policies, for any caller (contract: wire 2.12)."""

from __future__ import annotations

import msgspec

from openmcs.exchange import Arrival, Caller, MobileBackend, Reply


async def client(arrival: Arrival, backend: MobileBackend, caller: Caller, body: bytes) -> Reply:
    """All policies of the backend, as one flat object."""
    return Reply(
        status=200,
        headers=(("Content-Type", "application/json"),),
        body=msgspec.json.encode(dict(backend.app_policies)),
    )
