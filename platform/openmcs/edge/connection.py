"""
The HTTP edge: uvicorn's httptools protocol with the limits that it lacks.

Header bytes and fields, URL length, exactly one Host, a deadline for the headers, a minimum rate for
bodies, and a cap on open connections. What is refused here never was a request, so it is in no request
log; it gets the vendor's error document all the same.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openmcs.exchange import CLIENT_GONE

LONGEST_URL = 8 * 1024
MOST_FIELDS = 100
SLOWEST_BODY = 1024
"""Bytes a second, on average over one idle period."""


class Refused(Exception):
    """The bytes are no request that is taken here."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class OneWrite:
    """
    A transport on which an answer's head waits for its body, so that both leave in one system call.

    The server writes them one after the other. What no body follows in the same turn of the loop leaves then.
    """

    __slots__ = ("_held", "_later", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._later = loop.call_soon
        self._held = b""

    def write(self, data: bytes) -> None:
        """Hold *data*, or send it with what is held."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held + data)
        else:
            self._held = data
            self._later(self._flush)

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def close(self) -> None:
        """Send what is held, and close."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """As the transport says."""
        return self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class HardenedProtocol(HttpToolsProtocol):
    """One connection."""

    header_limit: ClassVar[int] = 32 * 1024
    idle_seconds: ClassVar[float] = 10.0
    max_connections: ClassVar[int] = 10_000

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = b""
        self._refused: Refused | None = None
        self._head_bytes = 0
        self._body_bytes = 0
        self._in_headers = True
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or close it when there are too many."""
        super().connection_made(transport)
        self.transport = OneWrite(transport, self.loop)  # type: ignore[assignment]
        if len(self.connections) > self.max_connections:
            transport.close()
            return
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more, and nobody who waits for what is being answered."""
        self._stop_timer()
        if self.cycle is not None and not self.cycle.response_complete:
            gone: Any = self.cycle.scope.get(CLIENT_GONE)
            if gone is not None:
                gone()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count, parse, and keep a deadline for what is not complete yet."""
        if self._in_headers:
            self._head_bytes += len(data)
        else:
            self._body_bytes += len(data)
        super().data_received(data)
        if self._in_headers and self._head_bytes > self.header_limit and not self.transport.is_closing():
            self._refused = self._too_long()
            self.send_400_response("")
        # Most requests come whole, in one read: those cost no timer.
        if self._timer is None and not self.transport.is_closing():
            if self._in_headers and self._head_bytes:
                self._expect_headers()
            elif not self._in_headers:
                self._timer = self.loop.call_later(self.idle_seconds, self._check_body)

    # ── what the parser finds ────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_headers = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Refuse an endless one."""
        super().on_url(url)
        if len(self.url) > LONGEST_URL:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL has more than {LONGEST_URL} bytes.")

    def on_headers_complete(self) -> None:
        """Refuse what proxies and servers would read differently."""
        if len(self.headers) > MOST_FIELDS:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"There are more than {MOST_FIELDS} headers.")
        if (
            self._head_bytes > self.header_limit
            and sum(len(n) + len(v) + 4 for n, v in self.headers) > self.header_limit
        ):
            self._refuse(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The headers have more than {self.header_limit} bytes."
            )
        hosts = sum(1 for name, _ in self.headers if name == b"host")
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            self._refuse(HTTPStatus.BAD_REQUEST, f"HTTP/1.0 and HTTP/1.1 are spoken here, not {version}.")
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            self._refuse(HTTPStatus.BAD_REQUEST, f"A request has one Host header; this has {hosts}.")
        if version == "1.0" and any(name == b"transfer-encoding" for name, _ in self.headers):
            self._refuse(HTTPStatus.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding.")
        self._in_headers = False
        self._body_bytes = 0
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here."""
        self._stop_timer()
        self._in_headers = True
        self._head_bytes = 0
        super().on_message_complete()

    def _too_long(self) -> Refused:
        """What came so far and is no whole head: most of it is the URL, or headers."""
        if len(self.url) * 2 > self._head_bytes:
            return Refused(HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL has more than {self.header_limit} bytes.")
        return Refused(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The headers have more than {self.header_limit} bytes."
        )

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        self._refused = Refused(status, detail)
        raise self._refused

    def send_400_response(self, msg: str) -> None:
        """The error document instead of plain text, with the status that fits."""
        refused = self._refused or Refused(HTTPStatus.BAD_REQUEST, "This is not valid HTTP.")
        document = {
            "type": "http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html",
            "status": refused.status.value,
            "title": refused.status.phrase,
            "detail": refused.detail,
            "o:errorCode": "MOBILE-90002",
            "o:errorPath": "",
            "o:ecid": "",
        }
        body = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {refused.status.value} {refused.status.phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    # ── deadlines ────────────────────────────────────────────────────────────────────────────────

    def _expect_headers(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(self.idle_seconds, self._too_slow)

    def _check_body(self) -> None:
        if self._body_bytes < SLOWEST_BODY * self.idle_seconds and not self.flow.read_paused:
            self._too_slow()
            return
        self._body_bytes = 0
        self._timer = self.loop.call_later(self.idle_seconds, self._check_body)

    def _too_slow(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self._refused = Refused(HTTPStatus.REQUEST_TIMEOUT, f"Nothing complete came for {self.idle_seconds:g} s.")
            self.send_400_response("")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def hardened(header_limit: int, idle_seconds: float, max_connections: int) -> type[HardenedProtocol]:
    """The protocol class with these limits."""
    return type(
        "ConfiguredProtocol",
        (HardenedProtocol,),
        {"header_limit": header_limit, "idle_seconds": idle_seconds, "max_connections": max_connections},
    )
