"""The configuration that goes with the SDK."""

from __future__ import annotations

from typing import Any

from openmcs.tools.sdk import new_shape, old_shape

BACKEND: dict[str, Any] = {
    "name": "synapse", "baseUrl": "http://127.0.0.1:8080", "backendId": "id", "anonymousKey": "key",
    "clients": [
        {"platform": "IOS", "applicationKey": "phone"},
        {"platform": "WEB", "applicationKey": "web"},
    ],
}  # fmt: skip


def test_both_shapes_name_the_backend() -> None:
    """The old one for `setConfig` has the web client's key; the new one for `init` needs none."""
    old = old_shape(BACKEND)["mobileBackends"]["synapse"]
    assert (old["baseUrl"], old["applicationKey"]) == ("http://127.0.0.1:8080", "web")
    assert old["authorization"]["basicAuth"] == {"backendId": "id", "anonymousToken": "key"}
    assert new_shape(BACKEND)["mobileBackend"]["authentication"]["basic"] == {
        "mobileBackendId": "id", "anonymousKey": "key",
    }  # fmt: skip


def test_a_backend_without_clients_has_no_application_key() -> None:
    """An empty key rather than a made-up one."""
    assert old_shape({**BACKEND, "clients": []})["mobileBackends"]["synapse"]["applicationKey"] == ""
