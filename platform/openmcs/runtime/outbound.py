"""
Calls that handlers make, at the worker's end of the wire: sent as CALL, their RESULT awaited.

Safe from any thread. The call belongs to the call in whose context it is made, as log lines do.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

from openmcs.runtime import protocol as wire
from openmcs.runtime.console import current_stream
from openmcs.runtime.protocol import Kind


class Outcome(NamedTuple):
    """What came of a call; status 0 and `error` when nobody answered."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    error: str


class Outbound:
    """The calls of this worker that are under way."""

    def __init__(self, send: Callable[[Kind, int, Any], None]) -> None:
        self._send = send
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._pending: dict[int, Future[Outcome]] = {}
        self._heads: dict[int, tuple[wire.Result, bytearray]] = {}

    def ask(self, method: str, uri: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Future[Outcome]:
        """Send a call; the future gets its outcome, whatever it is."""
        with self._lock:
            number = next(self._numbers)
        future: Future[Outcome] = Future()
        self._pending[number] = future
        stream = current_stream.get()
        for at, (piece, more) in enumerate(wire.pieces(body)):
            if at == 0:
                self._send(Kind.CALL, stream, wire.Outgoing(number, method, uri, dict(headers), piece, more, seconds))
            else:
                self._send(Kind.CALL_BODY, stream, wire.Part(number, piece, more))
        return future

    def on_result(self, result: wire.Result) -> None:
        """A RESULT came."""
        if result.more:
            self._heads[result.number] = (result, bytearray(result.body))
        else:
            self._finish(result, result.body)

    def on_part(self, part: wire.Part) -> None:
        """A RESULT_BODY came."""
        result, body = self._heads[part.number]
        body += part.data
        if not part.more:
            del self._heads[part.number]
            self._finish(result, bytes(body))

    def _finish(self, result: wire.Result, body: bytes) -> None:
        future = self._pending.pop(result.number, None)
        if future is None or not future.set_running_or_notify_cancel():
            return
        headers: dict[str, str] = {}
        for name, value in result.headers:
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        future.set_result(Outcome(result.status, headers, body, result.error))
