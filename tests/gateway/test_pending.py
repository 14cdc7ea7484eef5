"""Calls under way."""

from __future__ import annotations

from openmcs.exchange import MobileBackend, Operation
from openmcs.gateway.pending import Pending


def _operation(resource: str) -> Operation:
    return Operation(
        api_id="", api="events", api_version="1.0", resource=resource, method="GET", path_parameters={},
        login_required=False, roles=frozenset(),
    )  # fmt: skip


def test_calls_count_from_their_beginning_to_their_end() -> None:
    """By endpoint; nothing is left when all have ended."""
    backend = MobileBackend("1", "shop", "1.0", "id", "", True, True, "Default", {}, (), {}, {})
    pending = Pending()
    first, second = (pending.begin(backend, _operation("/a")) for _ in range(2))
    third = pending.begin(backend, _operation("/b"))
    assert pending.counts() == {
        (backend.name, backend.version, "events", "1.0", "GET", "/a"): 2,
        (backend.name, backend.version, "events", "1.0", "GET", "/b"): 1,
    }
    pending.end(first)
    assert pending.counts()[second] == 1
    pending.end(second)
    pending.end(third)
    assert pending.counts() == {}
