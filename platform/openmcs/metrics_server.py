"""`/metrics` on a port of its own, on the loopback only: what Prometheus on this machine scrapes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openmcs.analytics.metrics import CONTENT_TYPE
from openmcs.errors import ConfigurationError


class MetricsServer:
    """Answers `GET /metrics` with what *text* says, from a thread of its own."""

    def __init__(self, port: int, text: Callable[[], str]) -> None:
        """Begin to listen. Raises `ConfigurationError` when the port cannot be had."""

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                found = self.path.partition("?")[0] == "/metrics"
                body = text().encode() if found else b"see /metrics\n"
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                """Scrapes are no news."""

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise ConfigurationError(
                f"server.metrics_port: 127.0.0.1:{port} cannot be listened on: {error.strerror or error}."
            ) from None
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
