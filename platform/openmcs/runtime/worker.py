"""
The worker process: `python -I -m openmcs.runtime.worker FD`.

It raises its walls, proves them, loads one implementation and answers calls over the socketpair FD,
its only connection to anything. Handlers that are coroutines run on the event loop, others in threads.
"""

from __future__ import annotations

import asyncio
import contextvars
import faulthandler
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openmcs.runtime import loader, sandbox
from openmcs.runtime import protocol as wire
from openmcs.runtime.console import current_stream, install
from openmcs.runtime.protocol import Decoder, FrameReader, Kind, frame
from openmcs.runtime.request import BodyInvalid, Request
from openmcs.runtime.response import Answer, Response
from openmcs.runtime.service import Route, Service

THREAD_STACK = 512 * 1024


class Running:
    """One call inside the worker."""

    __slots__ = ("body", "cancelled", "credit", "future", "more", "req", "task")

    def __init__(self, req: wire.Req) -> None:
        self.req = req
        self.body = bytearray(req.body)
        self.more = req.more
        self.cancelled = False
        self.credit: Window | None = None
        self.task: asyncio.Task[Any] | None = None
        self.future: Any = None


class Window:
    """Bytes that may still be sent ahead; waiting for more is what keeps memory flat."""

    def __init__(self) -> None:
        self._left = wire.WINDOW
        self._changed = asyncio.Event()

    def grant(self, size: int) -> None:
        """The platform has passed *size* bytes on."""
        self._left += size
        self._changed.set()

    async def take(self, size: int) -> None:
        """Wait until *size* bytes may be sent."""
        while self._left < size:
            self._changed.clear()
            await self._changed.wait()
        self._left -= size


class Worker(asyncio.Protocol):
    """The worker's end of the wire."""

    def __init__(self, start: wire.Start, walls: sandbox.Walls, rest: FrameReader) -> None:
        self._start = start
        self._walls = walls
        self._reader = rest
        self._decode = Decoder()
        self._running: dict[int, Running] = {}
        self._draining = False
        self._executor = ThreadPoolExecutor(max_workers=start.threads, thread_name_prefix="handler")
        self._out = bytearray()
        self._out_lock = threading.Lock()
        self._flush_due = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self.ended = self._loop.create_future()
        self.console = install(self._write_log, start.level, start.directory)
        self.service = Service(start.api, self.console)

    # ── the connection ───────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socketpair is ours."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """The platform is gone: there is nobody to work for."""
        os._exit(0)

    def data_received(self, data: bytes) -> None:
        """Handle each frame that is complete; what they answer goes out in one write."""
        begun: list[int] = []
        for kind, stream, payload in self._reader.feed(data):
            self._on_frame(kind, stream, payload, begun)
        # All ACKs leave before the first handler runs: whatever the handlers do, the platform
        # knows which calls had begun.
        self._flush()
        for stream in begun:
            self._begin(stream)

    def _on_frame(self, kind: int, stream: int, payload: bytes, begun: list[int]) -> None:
        if kind == Kind.REQ:
            running = self._running[stream] = Running(self._decode(payload, wire.Req))
            if not running.more:
                self._send(frame(Kind.ACK, stream))
                begun.append(stream)
        elif kind == Kind.BODY:
            piece = self._decode(payload, wire.Piece)
            running = self._running[stream]
            running.body += piece.data
            if not piece.more:
                self._send(frame(Kind.ACK, stream))
                begun.append(stream)
        elif kind == Kind.PING:
            self._send(frame(Kind.PONG, 0))
        elif kind == Kind.CREDIT:
            if (known := self._running.get(stream)) and known.credit:
                known.credit.grant(self._decode(payload, int))
        elif kind == Kind.CANCEL:
            self._cancel(stream)
        elif kind == Kind.LOAD:
            self._loop.call_soon(self._load)
        elif kind == Kind.DRAIN:
            self._draining = True
            self._end_if_drained()

    def _send(self, data: bytes) -> None:
        with self._out_lock:
            self._out += data

    def _send_soon(self, data: bytes) -> None:
        """From any thread: send in the next turn of the loop, together with what else is waiting."""
        with self._out_lock:
            self._out += data
            due, self._flush_due = self._flush_due, True
        if not due:
            self._loop.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        with self._out_lock:
            data, self._out = self._out, bytearray()
            self._flush_due = False
        if data and self._transport is not None:
            self._transport.write(bytes(data))

    def _write_log(
        self, stream: int, time: float, level: int, text: str, logger: str, file: str | None, line: int | None
    ) -> None:
        self._send_soon(frame(Kind.LOG, stream, wire.Log(time, level, text, logger, file, line)))

    # ── loading ──────────────────────────────────────────────────────────────────────────────────

    def _load(self) -> None:
        try:
            title = loader.load(self._start, self.service)
        except BaseException as error:
            self._send(frame(Kind.BROKEN, 0, loader.fault_of(error, self._start, self._walls)))
            self._flush()
            return
        routes = [(route.method, route.path) for route in self.service.routes]
        self._send(frame(Kind.READY, 0, wire.Ready(routes, title)))
        self._flush()

    # ── a call ───────────────────────────────────────────────────────────────────────────────────

    def _begin(self, stream: int) -> None:
        running = self._running[stream]
        req = running.req
        response = Response(lambda answer: self._answered(stream, answer), req.method == "HEAD")
        below = req.path[len(f"/mobile/custom/{self._start.api}") :] or "/"
        found = self.service.find(req.method, below)
        if found is None:
            response.status(404).json({"title": "Not found", "status": 404, "detail": self._no_route(req, below)})
            return
        route, params = found
        request = Request(req, params, bytes(running.body), self.console, self.service.state)
        if route.is_async:
            running.task = self._loop.create_task(self._run_async(stream, route, request, response))
        else:
            context = contextvars.copy_context()
            running.future = self._executor.submit(context.run, self._run_in_thread, stream, route, request, response)

    def _no_route(self, req: wire.Req, below: str) -> str:
        return f"The implementation {self._start.implementation} has no route for {req.method} {below}."

    async def _run_async(self, stream: int, route: Route, request: Request, response: Response) -> None:
        current_stream.set(stream)
        try:
            result = route.handler(request, response) if route.takes_response else route.handler(request)
            if hasattr(result, "__await__"):
                result = await result
            self._take(route, response, result)
        except asyncio.CancelledError:
            self._gone(stream)
        except BaseException as error:
            self._failed(stream, response, error)

    def _run_in_thread(self, stream: int, route: Route, request: Request, response: Response) -> None:
        current_stream.set(stream)
        try:
            result = route.handler(request, response) if route.takes_response else route.handler(request)
            self._take(route, response, result)
        except BaseException as error:
            self._failed(stream, response, error)
        if self._running.get(stream) is not None and self._running[stream].cancelled:
            self._loop.call_soon_threadsafe(self._gone, stream)

    def _take(self, route: Route, response: Response, result: Any) -> None:
        # Express's manner: (req, res) may answer later, so returning nothing is no answer there.
        if result is not None or not route.takes_response:
            response.answer_with(result)

    def _answered(self, stream: int, answer: Answer) -> None:
        """Deliver *answer*; called from the loop or from a handler's thread."""
        running = self._running.get(stream)
        if running is None:
            return
        if isinstance(answer.body, bytes):
            if len(answer.body) <= wire.PIECE:
                resp = wire.Resp(answer.status, answer.headers, answer.body, False)
                # Forgotten first: once the frame is out the platform may use the stream no more.
                self._running.pop(stream, None)
                self._send_soon(frame(Kind.RESP, stream, resp))
                self._end_if_drained_soon()
                return
            answer.body = _in_pieces(answer.body)
        self._loop.call_soon_threadsafe(self._stream, stream, running, answer)

    def _stream(self, stream: int, running: Running, answer: Answer) -> None:
        running.credit = Window()
        running.task = self._loop.create_task(self._send_chunks(stream, running.credit, answer))

    async def _send_chunks(self, stream: int, window: Window, answer: Answer) -> None:
        current_stream.set(stream)
        self._send_soon(frame(Kind.RESP, stream, wire.Resp(answer.status, answer.headers, b"", True)))
        try:
            assert not isinstance(answer.body, bytes)
            async for chunk in answer.body:
                data = chunk.encode() if isinstance(chunk, str) else bytes(chunk)
                for piece, _ in wire.pieces(data):
                    await window.take(len(piece))
                    self._send_soon(frame(Kind.CHUNK, stream, wire.Piece(piece, True)))
        except asyncio.CancelledError:
            self._gone(stream)
            return
        except BaseException as error:
            self._failed(stream, None, error)
            return
        self._running.pop(stream, None)
        self._send_soon(frame(Kind.CHUNK, stream, wire.Piece(b"", False)))
        self._end_if_drained_soon()

    def _failed(self, stream: int, response: Response | None, error: BaseException) -> None:
        if isinstance(error, BodyInvalid) and response is not None and not response.sent:
            response.status(400).json({"title": "Bad request", "status": 400, "detail": str(error)})
            return
        fault = loader.fault_of(error, self._start, self._walls)
        if self._running.pop(stream, None) is None:
            # The answer is out already (sent twice, or raised after sending): a line for the log.
            self._write_log(stream, __import__("time").time(), 1000, fault.traceback, "console", fault.file, fault.line)
            return
        self._send_soon(frame(Kind.FAIL, stream, fault))
        self._end_if_drained_soon()

    def _cancel(self, stream: int) -> None:
        running = self._running.get(stream)
        if running is None:
            return
        running.cancelled = True
        if running.task is not None:
            running.task.cancel()
        elif running.future is not None and running.future.cancel():
            self._gone(stream)

    def _gone(self, stream: int) -> None:
        if self._running.pop(stream, None) is not None:
            self._send_soon(frame(Kind.GONE, stream))
            self._end_if_drained_soon()

    def _end_if_drained_soon(self) -> None:
        if self._draining:
            self._loop.call_soon_threadsafe(self._end_if_drained)

    def _end_if_drained(self) -> None:
        if self._draining and not self._running and not self.ended.done():
            self._flush()
            self.ended.set_result(None)


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for piece, _ in wire.pieces(body):
        yield piece


def _receive_start(channel: socket.socket, reader: FrameReader) -> wire.Start:
    decode = Decoder()
    while True:
        data = channel.recv(65536)
        if not data:
            os._exit(0)
        for kind, _, payload in reader.feed(data):
            if kind == Kind.START:
                return decode(payload, wire.Start)


def _raise_walls(start: wire.Start) -> tuple[sandbox.Walls, wire.Hello]:
    walls = sandbox.Walls(read=tuple(start.read), connect=tuple(port for _, port in start.network), memory=start.memory)
    reason = ""
    if start.isolation != "none":
        try:
            sandbox.enclose(walls)
        except sandbox.SandboxUnavailable as error:
            reason = str(error)
    report = sandbox.probe(walls, start.canary)
    probes = [wire.ProbeResult(each.name, each.shut, each.detail) for each in report.probes]
    hello = wire.Hello(
        wire.VERSION, report.level, report.landlock_abi, report.seccomp, report.ports_enforced, probes, reason
    )
    return walls, hello


async def _serve(channel: socket.socket, start: wire.Start, walls: sandbox.Walls, reader: FrameReader) -> None:
    loop = asyncio.get_running_loop()
    _, worker = await loop.create_unix_connection(lambda: Worker(start, walls, reader), sock=channel)
    await worker.ended


def main() -> None:
    """Receive START, raise the walls, prove them, say HELLO, serve until told to end."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.stack_size(THREAD_STACK)
    channel = socket.socket(fileno=int(sys.argv[1]))
    reader = FrameReader()
    start = _receive_start(channel, reader)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    walls, hello = _raise_walls(start)
    channel.sendall(frame(Kind.HELLO, 0, hello))
    loader.search_path(start)
    loader.resolve_declared_names_only(start)
    channel.setblocking(False)
    loop.run_until_complete(_serve(channel, start, walls, reader))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
