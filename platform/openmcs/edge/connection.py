"""
The HTTP edge: a connection, in the place of uvicorn's protocol, with the limits that it lacks.

Header bytes and fields, URL length, exactly one Host, a deadline for the headers, a minimum rate for
bodies, and a cap on open connections. What is refused here never was a request, so it is in no request
log; it gets the vendor's error document all the same.

    bytes ─▶ httptools ─▶ on_headers_complete ─▶ Cycle ─▶ one task that runs the application
             several requests at once wait for their turn; whoever is ahead is not read from
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from http import HTTPStatus
from typing import Any, ClassVar, cast
from urllib.parse import unquote

import httptools
import uvicorn
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from openmcs.edge.cycle import HIGH_WATER, Cycle
from openmcs.exchange import EDGE

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


class Connection(asyncio.Protocol):
    """One connection, in the place of uvicorn's own protocol: what its server needs of one is here."""

    header_limit: ClassVar[int] = 32 * 1024
    idle_seconds: ClassVar[float] = 10.0
    max_connections: ClassVar[int] = 10_000

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self._app = config.loaded_app
        self._keep_alive_seconds = config.timeout_keep_alive
        self._state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._parser: Any = httptools.HttpRequestParser(self)
        # The second of two requests at once may come after one that closes; it is not answered.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._scope: dict[str, Any] = {}
        self._answering: Cycle | None = None
        """What runs now."""
        self._arriving: Cycle | None = None
        """What the body is read for."""
        self._queue: deque[Cycle] = deque()
        self._begin_message()
        self._refused: Refused | None = None
        self._head_bytes = 0
        self._body_bytes = 0
        self._in_headers = True
        self._timer: asyncio.TimerHandle | None = None
        self._keep_alive_timer: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        self._read_paused = False
        self._refuses_next = False
        """What came after the requests in the queue is refused when they are answered."""
        self._writable: asyncio.Future[None] | None = None
        self.write_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or close it when there are too many."""
        self._transport = cast(asyncio.Transport, transport)
        self._state.connections.add(self)  # type: ignore[arg-type]  # the server names its own classes
        if len(self._state.connections) > self.max_connections:
            self._transport.close()
            return
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": get_local_addr(self._transport),
            "client": get_remote_addr(self._transport),
            "scheme": "https" if is_ssl(self._transport) else "http",
            "root_path": "",
        }
        self._idle_since = self._loop.time()
        self._keep_alive_timer = self._loop.call_later(self._keep_alive_seconds, self._check_idle)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more, and nobody who waits for what is being answered."""
        self._stop_timer()
        if self._keep_alive_timer is not None:
            self._keep_alive_timer.cancel()
        self._state.connections.discard(self)
        self._queue.clear()
        self.resume_writing()
        cycle = self._answering
        if cycle is not None:
            cycle.gone = True
            cycle.wake()
            if cycle.cancel_when_gone and cycle.task is not None:
                cycle.task.cancel()
        # What knows this connection and is known by it.
        self._parser = self._arriving = self._keep_alive_timer = None

    def data_received(self, data: bytes) -> None:
        """Count, parse, and keep a deadline for what is not complete yet."""
        if self._refuses_next:
            return
        if self._in_headers:
            self._head_bytes += len(data)
        else:
            self._body_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing else is spoken here: the request is answered as it stands, and is the last one.
            if self._arriving is not None:
                self._arriving.keep_alive = False
        except httptools.HttpParserError:
            self._give_up()
            return
        if self._in_headers and self._head_bytes > self.header_limit and not self._transport.is_closing():
            self._refused = self._too_long()
            self._give_up()
            return
        # Most requests come whole, in one read: those cost no timer.
        if self._timer is None and (not self._in_headers or self._head_bytes) and not self._transport.is_closing():
            if self._in_headers:
                self._expect_headers()
            else:
                self._timer = self._loop.call_later(self.idle_seconds, self._check_body)

    def eof_received(self) -> None:
        """The other side sends no more: the connection ends."""

    def shutdown(self) -> None:
        """The server ends: what is being answered is answered, and nothing after it."""
        if self._answering is None:
            self._transport.close()
        else:
            self._answering.keep_alive = False

    # ── what the parser finds ────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_headers = True
        self._begin_message()

    def _begin_message(self) -> None:
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._hosts = 0
        self._is_chunked = False
        self._expects_continue = False

    def on_url(self, url: bytes) -> None:
        """Refuse an endless one."""
        self._url += url
        if len(self._url) > LONGEST_URL:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL has more than {LONGEST_URL} bytes.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field, and notice those that say how the request is to be read."""
        name = name.lower()
        self._headers.append((name, value))
        if name == b"host":
            self._hosts += 1
        elif name == b"transfer-encoding":
            self._is_chunked = True
        elif name == b"expect":
            self._expects_continue = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """The head is whole: the request is answered from here on, or after the one before it."""
        version = self._parser.get_http_version()
        self._check_head(version)
        self._in_headers = False
        self._body_bytes = 0
        self._stop_timer()
        scope = self._scope.copy()
        scope["http_version"] = version
        scope["method"] = self._parser.get_method().decode("ascii")
        scope["path"], scope["raw_path"], scope["query_string"] = _target(self._url)
        scope["headers"] = self._headers
        scope["state"] = self._app_state.copy()
        keep_alive = version != "1.0" and self._parser.should_keep_alive()
        self._arriving = cycle = Cycle(self, scope, keep_alive=keep_alive, expects=self._expects_continue)
        scope[EDGE] = cycle
        if self._answering is None:
            self._begin(cycle)
        else:
            self.pause_reading()
            self._queue.append(cycle)

    def _check_head(self, version: str) -> None:
        """Refuse what proxies and servers would read differently."""
        if len(self._headers) > MOST_FIELDS:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"There are more than {MOST_FIELDS} headers.")
        if (
            self._head_bytes > self.header_limit
            and sum(len(n) + len(v) + 4 for n, v in self._headers) > self.header_limit
        ):
            self._refuse(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The headers have more than {self.header_limit} bytes."
            )
        if version not in ("1.0", "1.1"):
            self._refuse(HTTPStatus.BAD_REQUEST, f"HTTP/1.0 and HTTP/1.1 are spoken here, not {version}.")
        if self._hosts > 1 or (self._hosts == 0 and version == "1.1"):
            self._refuse(HTTPStatus.BAD_REQUEST, f"A request has one Host header; this has {self._hosts}.")
        if self._is_chunked and version == "1.0":
            self._refuse(HTTPStatus.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding.")

    def on_body(self, body: bytes) -> None:
        """A piece of the body; nobody wants it any more once the answer is out."""
        cycle = self._arriving
        if cycle is not None and not cycle.complete and cycle.add(body) > HIGH_WATER:
            self.pause_reading()

    def on_message_complete(self) -> None:
        """The request is here."""
        self._stop_timer()
        self._in_headers = True
        self._head_bytes = 0
        if self._arriving is not None:
            self._arriving.end_of_body()

    # ── one answer after the other ───────────────────────────────────────────────────────────────

    def _begin(self, cycle: Cycle) -> None:
        self._answering = cycle
        cycle.task = task = self._loop.create_task(cycle.run(self._app))
        self._state.tasks.add(task)

    def answered(self, cycle: Cycle) -> None:
        """All of an answer is written: the next one, or the end."""
        self._state.total_requests += 1
        self._answering = None
        if not cycle.keep_alive:
            self._transport.close()
        if self._transport.is_closing():
            return
        self._idle_since = self._loop.time()
        if self._queue:
            self._begin(self._queue.popleft())
        elif self._refuses_next:
            self._send_refusal()
            return
        self.resume_reading()

    def ran(self, cycle: Cycle) -> None:
        """The application has returned."""
        if cycle.task is not None:
            self._state.tasks.discard(cycle.task)
            cycle.task = None

    def write(self, data: bytes) -> None:
        """Send *data*."""
        self._transport.write(data)

    def close(self) -> None:
        """Send what is written, and close."""
        self._transport.close()

    # ── neither side ahead of the other ──────────────────────────────────────────────────────────

    def pause_reading(self) -> None:
        """Enough has come for now."""
        if not self._read_paused:
            self._read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """More may come."""
        if self._read_paused:
            self._read_paused = False
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is answered."""
        self.write_paused = True

    def resume_writing(self) -> None:
        """It has caught up, or is gone."""
        self.write_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    async def drain(self) -> None:
        """Wait until the client has caught up, or is gone."""
        while self.write_paused:
            self._writable = self._loop.create_future()
            await self._writable

    # ── refusals ─────────────────────────────────────────────────────────────────────────────────

    def _too_long(self) -> Refused:
        """What came so far and is no whole head: most of it is the URL, or headers."""
        if len(self._url) * 2 > self._head_bytes:
            return Refused(HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL has more than {self.header_limit} bytes.")
        return Refused(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The headers have more than {self.header_limit} bytes."
        )

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        self._refused = Refused(status, detail)
        raise self._refused

    def _give_up(self) -> None:
        """What comes is no request: it is refused in its turn, after the answers to those before it."""
        self._stop_timer()
        cycle, is_head = self._arriving, self._in_headers
        if self._answering is None:
            if is_head:
                self._send_refusal()
            else:
                # The rest of a body whose request is answered already.
                self._transport.close()
        elif cycle is self._answering and not is_head:
            # Its own body: nobody waits for an answer of the application any more.
            cycle.gone = True
            cycle.wake()
            if cycle.started:
                self._transport.close()
            else:
                self._send_refusal()
        else:
            if cycle is not None and cycle in self._queue and not is_head:
                self._queue.remove(cycle)
            self._refuses_next = True
            self.pause_reading()

    def _send_refusal(self) -> None:
        """The error document with the status that fits, and the end."""
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
        self._transport.write(head.encode() + body)
        self._transport.close()

    # ── deadlines ────────────────────────────────────────────────────────────────────────────────

    def _expect_headers(self) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(self.idle_seconds, self._too_slow)

    def _check_body(self) -> None:
        if self._body_bytes < SLOWEST_BODY * self.idle_seconds and not self._read_paused:
            self._too_slow()
            return
        self._body_bytes = 0
        self._timer = self._loop.call_later(self.idle_seconds, self._check_body)

    def _too_slow(self) -> None:
        self._timer = None
        if not self._transport.is_closing():
            self._refused = Refused(HTTPStatus.REQUEST_TIMEOUT, f"Nothing complete came for {self.idle_seconds:g} s.")
            self._give_up()

    def _check_idle(self) -> None:
        """One timer for the life of the connection, instead of one a request."""
        # What has begun to come has a deadline of its own.
        is_busy = self._answering is not None or self._head_bytes
        left = self._keep_alive_seconds - (0 if is_busy else self._loop.time() - self._idle_since)
        if left > 0:
            self._keep_alive_timer = self._loop.call_later(left, self._check_idle)
        elif not self._transport.is_closing():
            self._transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _target(url: bytes) -> tuple[str, bytes, bytes]:
    """Path (decoded), path (as sent) and query of a request's target."""
    if url.startswith(b"/") and b"#" not in url:
        raw, _, query = url.partition(b"?")
    else:
        parsed = httptools.parse_url(url)
        raw, query = parsed.path or b"/", parsed.query or b""
    path = raw.decode("ascii")
    return (unquote(path) if "%" in path else path), raw, query


def hardened(header_limit: int, idle_seconds: float, max_connections: int) -> type[Connection]:
    """The protocol class with these limits."""
    return type(
        "ConfiguredConnection",
        (Connection,),
        {"header_limit": header_limit, "idle_seconds": idle_seconds, "max_connections": max_connections},
    )
