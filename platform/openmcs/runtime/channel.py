"""
The platform's end of the wire to one worker: calls in flight, their state, and what the worker says.

The peer is hostile: a frame that does not fit the state of its stream ends the connection.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from openmcs.exchange import BodyRest
from openmcs.runtime import protocol as wire
from openmcs.runtime.calls import Calls, Perform
from openmcs.runtime.protocol import Decoder, FrameReader, Kind, ProtocolError, frame
from openmcs.runtime.window import Window

LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes of one answer; an endless one is cut off."""
CANCEL_GRACE = 2.0
"""Seconds a cancelled handler has to end before its worker counts as stuck."""
_BEFORE_ACK = frozenset({Kind.CREDIT, Kind.GONE})
"""What may come for a call whose body is still on its way."""
_TIMER_GRAIN = 0.001
"""Seconds that a timer of the event loop may come early."""
_ACK = int(Kind.ACK)
REMEMBERED = 64
"""Ended calls of a worker that inner calls may still be made for: Express code answers first and tidies up after."""


class WorkerLost(Exception):
    """The connection ended under a call. `begun` says whether its handler may have run."""

    def __init__(self, begun: bool, alone: bool, reason: str) -> None:
        super().__init__(reason)
        self.begun = begun
        self.alone = alone


class HandlerRaised(Exception):
    """The handler raised; `fault` is for the log."""

    def __init__(self, fault: wire.Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class DeadlinePassed(Exception):
    """The handler did not answer in time."""


class Made(msgspec.Struct, eq=False):
    """Whose call a stream is, and how many inner calls were made for it."""

    owner: Any
    count: int = 0


class Stream(msgspec.Struct, eq=False):
    """One call in flight."""

    head: asyncio.Future[wire.Resp]
    deadline: float
    made: Made
    acked: bool = False
    responding: bool = False
    abandoned: bool = False
    received: int = 0
    chunks: list[wire.Piece] = []
    failure: Exception | None = None
    arrived: asyncio.Event | None = None
    stuck_timer: asyncio.TimerHandle | None = None
    pump: asyncio.Task[None] | None = None
    """Passes on the rest of a body that comes in while it is answered."""
    window: Window | None = None


class Channel(asyncio.Protocol):
    """
    Frames to and from one worker.

    `on_log(log, owner)` hears each line with what `call` was given as owner, `on_control(kind, body)`
    HELLO, READY and BROKEN, `on_lost(reason)` the end, `on_stuck()` a handler that ignores its
    cancellation. `perform` carries out the calls that custom code makes.
    """

    def __init__(
        self,
        on_log: Callable[[wire.Log, Any], None],
        on_control: Callable[[Kind, Any], None],
        on_lost: Callable[[str], None],
        on_stuck: Callable[[], None],
        perform: Perform | None = None,
    ) -> None:
        self._on_log = on_log
        self._on_control = on_control
        self._on_lost = on_lost
        self._on_stuck = on_stuck
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._reader = FrameReader()
        self._decode = Decoder()
        self._streams: dict[int, Stream] = {}
        self._ended: deque[tuple[int, Made]] = deque(maxlen=REMEMBERED)
        self._calls = Calls(perform, self.send)
        self._next = 1
        self._out: list[bytes] = []
        self._violation = ""
        self._due = math.inf
        """When the deadlines of the calls in flight are looked at next: one timer serves all of them."""
        self._due_timer: asyncio.TimerHandle | None = None
        self.last_pong = time.monotonic()

    @property
    def in_flight(self) -> int:
        """Calls that are not over, abandoned ones included."""
        return len(self._streams)

    @property
    def taken(self) -> int:
        """Calls that the worker was given since it started."""
        return self._next - 1

    # ── the connection ───────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The worker's socketpair is connected from birth."""
        self._transport = transport  # type: ignore[assignment]
        self.last_pong = time.monotonic()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell every caller, at once, whether its handler had begun."""
        reason = self._violation or "the worker process ended"
        begun = sum(1 for each in self._streams.values() if each.acked)
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            self._lose(stream, WorkerLost(stream.acked, begun == 1, reason))
        if self._due_timer is not None:
            self._due_timer.cancel()
        self._calls.close()
        self._transport = None
        self._on_lost(reason)

    def data_received(self, data: bytes) -> None:
        """Handle what is complete; a violation closes the connection."""
        try:
            for kind, stream, payload in self._reader.feed(data):
                self._on_frame(kind, stream, payload)
        except ProtocolError as error:
            self._violation = f"the worker broke the protocol: {error}"
            self.abort()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def send(self, kind: Kind, stream: int = 0, body: Any = None) -> None:
        """Queue a frame; all frames of one turn of the loop leave in one write."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(frame(kind, stream, body))

    def _flush(self) -> None:
        data, self._out = self._out, []
        if self._transport is not None:
            self._transport.write(b"".join(data) if len(data) > 1 else data[0])

    # ── what the worker says ─────────────────────────────────────────────────────────────────────

    def _on_frame(self, kind: int, number: int, payload: bytes) -> None:
        stream = self._streams.get(number)
        if kind == _ACK and stream is not None and not stream.acked:
            stream.acked = True
        elif kind == Kind.LOG:
            made = self._made(number)
            self._on_log(self._decode(payload, wire.Log), made.owner if made else None)
        elif kind == Kind.CALL:
            self._on_call(number, self._decode(payload, wire.Outgoing))
        elif kind == Kind.CALL_BODY:
            self._calls.go_on(self._decode(payload, wire.Part))
        elif number == 0:
            self._on_connection_frame(kind, payload)
        elif stream is None:
            if kind == Kind.CREDIT and self._made(number) is not None:
                return  # for the body of a call that has just been answered
            raise ProtocolError(f"frame {kind} for the unknown stream {number}")
        else:
            self._on_stream_frame(kind, number, stream, payload)

    def _made(self, number: int) -> Made | None:
        stream = self._streams.get(number)
        if stream is not None:
            return stream.made
        return next((made for ended, made in self._ended if ended == number), None)

    def _on_call(self, number: int, outgoing: wire.Outgoing) -> None:
        made = self._made(number)
        stream = self._streams.get(number)
        if stream is not None and not stream.acked:
            raise ProtocolError("CALL before ACK")
        if made is None or (stream is not None and stream.abandoned):
            self._calls.begin(number, None, outgoing, 0)
            return
        made.count += 1
        self._calls.begin(number, made.owner, outgoing, made.count)

    def _on_connection_frame(self, kind: int, payload: bytes) -> None:
        if kind == Kind.PONG:
            self.last_pong = time.monotonic()
        elif kind == Kind.HELLO:
            self._on_control(Kind.HELLO, self._decode(payload, wire.Hello))
        elif kind == Kind.READY:
            self._on_control(Kind.READY, self._decode(payload, wire.Ready))
        elif kind == Kind.BROKEN:
            self._on_control(Kind.BROKEN, self._decode(payload, wire.Fault))
        else:
            raise ProtocolError(f"frame {kind} without a stream")

    def _on_stream_frame(self, kind: int, number: int, stream: Stream, payload: bytes) -> None:
        if not stream.acked and kind not in _BEFORE_ACK:
            raise ProtocolError(f"frame {kind} before ACK")
        elif kind == Kind.RESP and not stream.responding:
            self._on_resp(number, stream, self._decode(payload, wire.Resp))
        elif kind == Kind.CHUNK and stream.responding:
            self._on_chunk(number, stream, self._decode(payload, wire.Piece))
        elif kind == Kind.FAIL:
            self._end(number, stream)
            self._lose(stream, HandlerRaised(self._decode(payload, wire.Fault)))
        elif kind == Kind.GONE and stream.abandoned:
            self._end(number, stream)
        elif kind == Kind.CREDIT and stream.window is not None:
            self._on_credit(stream.window, self._decode(payload, int))
        else:
            raise ProtocolError(f"frame {kind} out of order")

    def _on_credit(self, window: Window, size: int) -> None:
        if not 0 < size <= window.ahead:
            raise ProtocolError(f"credit of {size} bytes for {window.ahead}")
        window.grant(size)

    def _on_resp(self, number: int, stream: Stream, resp: wire.Resp) -> None:
        if not 200 <= resp.status <= 599:
            raise ProtocolError(f"status {resp.status}")
        stream.responding = True
        if resp.more:
            stream.arrived = asyncio.Event()
        else:
            self._end(number, stream)
        if not stream.head.done():
            stream.head.set_result(resp)

    def _on_chunk(self, number: int, stream: Stream, piece: wire.Piece) -> None:
        stream.received += len(piece.data)
        if stream.received > LARGEST_ANSWER:
            raise ProtocolError(f"an answer of more than {LARGEST_ANSWER} bytes")
        if not piece.more:
            self._end(number, stream)
        if not stream.abandoned:
            stream.chunks.append(piece)
            if stream.arrived is not None:
                stream.arrived.set()

    def _end(self, number: int, stream: Stream) -> None:
        del self._streams[number]
        self._ended.append((number, stream.made))
        if stream.stuck_timer is not None:
            stream.stuck_timer.cancel()
        if stream.pump is not None:
            stream.pump.cancel()

    def _lose(self, stream: Stream, error: Exception) -> None:
        if stream.pump is not None:
            stream.pump.cancel()
        if stream.stuck_timer is not None:
            stream.stuck_timer.cancel()
        if not stream.head.done():
            stream.head.set_exception(error)
        elif stream.arrived is not None:
            # The head is out already: the rest of the body will never come.
            stream.failure = error
            stream.arrived.set()

    # ── a call ───────────────────────────────────────────────────────────────────────────────────

    async def call(
        self, req: wire.Req, body: bytes, deadline: float, owner: Any, rest: BodyRest | None = None
    ) -> tuple[wire.Resp, Any]:
        """
        Send one call and wait for the beginning of its answer; *rest* is what of its body is still to come.

        Returns the head and, when more follows, an iterator of chunks (else None).
        Raises `WorkerLost`, `HandlerRaised` or `DeadlinePassed`, and what *rest* raises.
        """
        number = self._next
        self._next = self._next % 0xFFFFFFFF + 1
        stream = self._streams[number] = Stream(self._loop.create_future(), deadline, Made(owner))
        if rest is None:
            self._send_request(number, req, body)
        else:
            req.more = req.streamed = True
            self.send(Kind.REQ, number, req)
            stream.window = Window()
            stream.pump = self._loop.create_task(self._pass_on(number, stream, stream.window, body, rest))
        if deadline < self._due:
            self._look_at(deadline)
        try:
            head = await stream.head
        except asyncio.CancelledError:
            self._abandon(number, stream)
            raise
        return head, self._chunks(number, stream) if head.more else None

    def _send_request(self, number: int, req: wire.Req, body: bytes) -> None:
        if len(body) <= wire.PIECE:
            req.body = body
            self.send(Kind.REQ, number, req)
            return
        req.more = True
        self.send(Kind.REQ, number, req)
        for piece, more in wire.pieces(body):
            self.send(Kind.BODY, number, wire.Piece(piece, more))

    async def _pass_on(self, number: int, stream: Stream, window: Window, body: bytes, rest: BodyRest) -> None:
        """Send the body as it comes in, no faster than the worker takes it."""
        try:
            while body:
                for piece, _ in wire.pieces(body):
                    await window.take(len(piece))
                    self.send(Kind.BODY, number, wire.Piece(piece, True))
                body = await rest.next()
        except Exception as error:
            # Such as a body that is too large, which nobody could know before.
            stream.pump = None
            self._lose(stream, error)
            self._abandon(number, stream)
        else:
            self.send(Kind.BODY, number, wire.Piece(b"", False))

    async def _chunks(self, number: int, stream: Stream) -> AsyncIterator[bytes]:
        arrived = stream.arrived
        assert arrived is not None
        try:
            while True:
                while not stream.chunks:
                    if stream.failure is not None:
                        raise stream.failure
                    arrived.clear()
                    await arrived.wait()
                piece = stream.chunks.pop(0)
                if piece.data:
                    yield piece.data
                    # Only now may the worker send as much again: the client has taken this piece.
                    if number in self._streams:
                        self.send(Kind.CREDIT, number, len(piece.data))
                if not piece.more:
                    return
        finally:
            if number in self._streams:
                self._abandon(number, stream)

    def _look_at(self, due: float) -> None:
        if self._due_timer is not None:
            self._due_timer.cancel()
        self._due = due
        self._due_timer = self._loop.call_later(max(0.0, due - time.monotonic()), self._expire)

    def _expire(self) -> None:
        """End the calls whose time is over, and wait for the next one."""
        self._due = math.inf
        over = time.monotonic() + _TIMER_GRAIN
        waiting = [(number, stream) for number, stream in self._streams.items() if not stream.abandoned]
        for number, stream in waiting:
            if stream.deadline <= over:
                self._lose(stream, DeadlinePassed())
                self._abandon(number, stream)
        later = [stream.deadline for _, stream in waiting if stream.deadline > over]
        if later:
            self._look_at(min(later))

    def _abandon(self, number: int, stream: Stream) -> None:
        if number not in self._streams or stream.abandoned:
            return
        stream.abandoned = True
        if stream.pump is not None:
            stream.pump.cancel()
        self.send(Kind.CANCEL, number)
        self._calls.cancel(number)
        stream.stuck_timer = self._loop.call_later(CANCEL_GRACE, self._still_there, number)

    def _still_there(self, number: int) -> None:
        if number in self._streams:
            self._on_stuck()
