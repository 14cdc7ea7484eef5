"""
Calls that custom code makes, at the platform's end of the wire: put together, limited, performed, answered.

Who calls is never said by the worker: it is the caller of the stream that the CALL came on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from openmcs.errors import PlatformError
from openmcs.exchange import InnerCall, Reply
from openmcs.runtime import protocol as wire
from openmcs.runtime.protocol import Kind, ProtocolError

log = structlog.get_logger()

Perform = Callable[[Any, InnerCall], Awaitable[Reply]]
"""(owner of the outer call, inner call) to its answer; `app.py` has the gateway do it."""

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes that an inner call may send, and that its answer may have."""
MOST = 64
"""Inner calls of one worker that may be under way."""


class Calls:
    """The inner calls of one worker."""

    def __init__(self, perform: Perform | None, send: Callable[[Kind, int, Any], None]) -> None:
        self._perform = perform
        self._send = send
        self._bodies: dict[int, bytearray] = {}
        self._waiting: dict[int, tuple[int, Any, wire.Outgoing, int]] = {}
        self._tasks: dict[asyncio.Task[None], int] = {}

    def begin(self, stream: int, owner: Any, outgoing: wire.Outgoing, index: int) -> None:
        """
        A CALL came on *stream*, whose call belongs to *owner* (None when there is no such call any more).

        Raises `ProtocolError` when its number is under way already.
        """
        if outgoing.number in self._waiting:
            raise ProtocolError(f"CALL {outgoing.number} while it is under way")
        if len(self._tasks) + len(self._waiting) >= MOST:
            self._refuse(stream, outgoing.number, f"{MOST} calls of this worker are under way already")
        elif outgoing.more:
            self._bodies[outgoing.number] = bytearray(outgoing.body)
            self._waiting[outgoing.number] = (stream, owner, outgoing, index)
        else:
            self._start(stream, owner, outgoing, index)

    def go_on(self, part: wire.Part) -> None:
        """A CALL_BODY came. A piece of a call that was refused is dropped. Raises `ProtocolError`."""
        known = self._waiting.get(part.number)
        if known is None:
            return
        body = self._bodies[part.number]
        body += part.data
        stream, owner, outgoing, index = known
        if len(body) > LARGEST_BODY:
            self._forget(part.number)
            self._refuse(stream, part.number, f"a call sends at most {LARGEST_BODY} bytes")
        elif not part.more:
            self._forget(part.number)
            outgoing.body = bytes(body)
            self._start(stream, owner, outgoing, index)

    def cancel(self, stream: int) -> None:
        """Nobody waits for the outer call any more, so its inner calls need not end."""
        for task in [each for each, of in self._tasks.items() if of == stream]:
            task.cancel()

    def close(self) -> None:
        """The worker is gone."""
        for task in list(self._tasks):
            task.cancel()
        self._waiting.clear()
        self._bodies.clear()

    def _forget(self, number: int) -> None:
        del self._waiting[number], self._bodies[number]

    def _refuse(self, stream: int, number: int, reason: str) -> None:
        self._send(Kind.RESULT, stream, wire.Result(number, 0, [], b"", False, reason))

    def _start(self, stream: int, owner: Any, outgoing: wire.Outgoing, index: int) -> None:
        if owner is None or self._perform is None:
            reason = "there is no call whose user it could be made for" if owner is None else "nobody performs calls"
            self._refuse(stream, outgoing.number, reason)
            return
        inner = InnerCall(
            outgoing.method, outgoing.uri, outgoing.headers, outgoing.body, max(0.0, outgoing.seconds), index
        )
        task = asyncio.get_running_loop().create_task(self._run(self._perform, stream, outgoing.number, owner, inner))
        self._tasks[task] = stream
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def _run(self, perform: Perform, stream: int, number: int, owner: Any, inner: InnerCall) -> None:
        try:
            reply = await perform(owner, inner)
            body = reply.body if isinstance(reply.body, bytes) else await _whole(reply.body)
        except asyncio.CancelledError:
            self._refuse(stream, number, "nobody waits for the call any more that this one was made for")
            raise
        except PlatformError as error:
            self._refuse(stream, number, error.detail)
        except Exception:
            log.exception("an inner call could not be performed", uri=inner.uri.partition("?")[0])
            self._refuse(stream, number, "the platform failed; its own log has the reason")
        else:
            for at, (piece, more) in enumerate(wire.pieces(body)):
                if at == 0:
                    headers = [(name, value) for name, value in reply.headers]
                    self._send(Kind.RESULT, stream, wire.Result(number, reply.status, headers, piece, more, ""))
                else:
                    self._send(Kind.RESULT_BODY, stream, wire.Part(number, piece, more))


async def _whole(chunks: Any) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LARGEST_BODY:
            await chunks.aclose()
            raise PlatformError(f"the answer has more than {LARGEST_BODY} bytes")
    return bytes(body)
