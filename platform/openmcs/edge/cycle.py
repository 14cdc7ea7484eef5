"""
One request and its answer.

For the application this is ASGI's `receive` and `send`; beyond ASGI, `answer` sends a complete answer in one
write, and `cancel_when_gone` ends a handler whose client went away.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

from openmcs.edge.casing import label

if TYPE_CHECKING:
    from openmcs.edge.connection import Connection

Fields = Iterable[tuple[bytes, bytes]]

HIGH_WATER = 64 * 1024
"""Bytes of a request's body that may wait to be received."""
_BODILESS = frozenset({204, 304})
_CONTROLS = bytes(each for each in range(32) if each != 0x09) + b"\x7f"
_STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}
_CLOSE = b"Connection: close\r\n"

log = structlog.get_logger("openmcs.edge")


class Cycle:
    """Made by its connection when a request's head is there, and run as one task."""

    __slots__ = (
        "_body",
        "_chunked",
        "_connection",
        "_delivered",
        "_expects_continue",
        "_held",
        "_is_head",
        "_left",
        "_waiting",
        "cancel_when_gone",
        "complete",
        "gone",
        "keep_alive",
        "more_body",
        "scope",
        "started",
        "task",
    )

    def __init__(self, connection: Connection, scope: dict[str, Any], *, keep_alive: bool, expects: bool) -> None:
        self.scope: dict[str, Any] | None = scope
        """Until the application has it."""
        self.keep_alive = keep_alive
        self.more_body = True
        self.complete = False
        """All of the answer is written."""
        self.gone = False
        """The client's connection has ended."""
        self.cancel_when_gone = False
        self.task: asyncio.Task[None] | None = None
        self._connection = connection
        self._is_head = scope["method"] == "HEAD"
        self._expects_continue = expects
        self._body = b""
        self._delivered = False
        self._waiting: asyncio.Future[None] | None = None
        self.started = False
        """Some of the answer is written, or about to be."""
        self._held = b""
        self._chunked = False
        self._left = 0

    async def run(self, app: Any) -> None:
        """Have *app* answer; whatever it raises ends here."""
        scope, self.scope = self.scope, None
        try:
            await app(scope, self.receive, self.send)
        except BaseException as error:
            log.error("the application failed", exc_info=error)
        finally:
            if not self.complete and not self.gone:
                await self._give_up()
            self._connection.ran(self)

    async def _give_up(self) -> None:
        """The application ended without an answer, or in the middle of one."""
        self.keep_alive = False
        if self.started or self._connection.write_paused:
            self._flush()
            self._connection.close()
        else:
            await self.answer(500, [(b"Content-Type", b"text/plain; charset=utf-8")], b"Internal Server Error")

    # ── what comes in ────────────────────────────────────────────────────────────────────────────

    def add(self, data: bytes) -> int:
        """More of the body; returns how much of it waits."""
        self._body += data
        self.wake()
        return len(self._body)

    def end_of_body(self) -> None:
        """That was all of it."""
        self.more_body = False
        self.wake()

    def wake(self) -> None:
        """Something has changed for whoever receives."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def receive(self) -> dict[str, Any]:
        """ASGI's: the next piece of the body, or the end of the connection."""
        if self._expects_continue:
            self._expects_continue = False
            if not self.started and not self.gone:
                self._connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not self.gone and not self.complete:
            if not self._delivered and (self._body or not self.more_body):
                body, self._body = self._body, b""
                self._delivered = not self.more_body
                return {"type": "http.request", "body": body, "more_body": self.more_body}
            self._connection.resume_reading()
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return {"type": "http.disconnect"}

    # ── what goes out ────────────────────────────────────────────────────────────────────────────

    async def answer(self, status: int, fields: Fields, body: bytes) -> None:
        """A complete answer in one write; its length, and where it stands in the connection, are added."""
        if self._connection.write_paused:
            await self._connection.drain()
        if self.gone:
            return
        lines = [_status_line(status)]
        lines += [b"%b%b\r\n" % (label(name), value) for name, value in fields]
        if status in _BODILESS:
            body = b""
        else:
            lines.append(b"Content-Length: %d\r\n" % len(body))
        head = self._head(lines)
        self.started = True
        self._connection.write(head if self._is_head else head + body)
        self._end()

    async def send(self, message: dict[str, Any]) -> None:
        """ASGI's. The head waits for the first piece of the body, so that both leave in one write."""
        if self._connection.write_paused:
            await self._connection.drain()
        if self.gone:
            return
        if not self.started:
            self._start(message["status"], message.get("headers", ()))
        else:
            self._go_on(message.get("body", b""), message.get("more_body", False))

    def _start(self, status: int, fields: Fields) -> None:
        lines = [_status_line(status)]
        framed = self._is_head or status in _BODILESS
        for name, value in fields:
            lower = name.lower()
            if lower == b"connection":
                # Whether the connection stays open is said once, below.
                self.keep_alive = self.keep_alive and b"close" not in value.lower()
                continue
            if lower == b"content-length":
                framed, self._left = True, int(value)
            elif lower == b"transfer-encoding":
                framed = self._chunked = True
            lines.append(b"%b%b\r\n" % (label(name), value))
        if not framed:
            self._chunked = True
            lines.append(b"Transfer-Encoding: chunked\r\n")
        self._held = self._head(lines)
        self.started = True
        # What no body follows in this turn of the loop leaves then.
        asyncio.get_running_loop().call_soon(self._flush)

    def _go_on(self, data: bytes, more: bool) -> None:
        if self.complete:
            raise RuntimeError("the answer is complete, and more of it was sent")
        if self._is_head:
            data, self._left = b"", 0
        elif self._chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
            if not more:
                data += b"0\r\n\r\n"
        else:
            self._left -= len(data)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the body has not the length that was announced")
        self._held += data
        self._flush()
        if not more:
            self._end()

    def _head(self, lines: list[bytes]) -> bytes:
        """*lines* and what this side adds. Raises `ValueError` for a character that no head can have."""
        lines.append(_date())
        if not self.keep_alive:
            lines.append(_CLOSE)
        lines.append(b"\r\n")
        head = b"".join(lines)
        # Each line has its end, and there is no other control character.
        if len(head) - len(head.translate(None, _CONTROLS)) != 2 * len(lines):
            raise ValueError("a header field has a character that it cannot have")
        return head

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._connection.write(held)

    def _end(self) -> None:
        self.complete = True
        self.wake()
        self._connection.answered(self)


def _status_line(status: int) -> bytes:
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


_second = 0
_line = b""


def _date() -> bytes:
    """The header field `Date`, made once a second."""
    global _second, _line
    second = int(time.time())
    if second != _second:
        _second, _line = second, f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
    return _line
