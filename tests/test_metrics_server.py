"""`/metrics` on a port of its own."""

from __future__ import annotations

import socket

import httpx
import pytest

from openmcs.errors import ConfigurationError
from openmcs.metrics_server import MetricsServer


def test_metrics_are_served_on_the_loopback() -> None:
    """Nothing else is, and a closed server lets go of its port."""
    server = MetricsServer(0, lambda: "openmcs_x 1\n")
    answer = httpx.get(f"http://127.0.0.1:{server.port}/metrics", trust_env=False)
    assert (answer.status_code, answer.text) == (200, "openmcs_x 1\n")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert httpx.get(f"http://127.0.0.1:{server.port}/etc/passwd", trust_env=False).status_code == 404
    server.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{server.port}/metrics", trust_env=False)


def test_a_port_that_is_taken_is_said() -> None:
    """By the name of the setting."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigurationError, match=r"server\.metrics_port"):
            MetricsServer(taken.getsockname()[1], lambda: "")
