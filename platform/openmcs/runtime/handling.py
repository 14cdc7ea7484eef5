"""
Calls inside the worker: middleware and handler run, their answer sent, cancellation obeyed.

Handlers that are coroutines run on the event loop, others in threads. Express's manner is kept: a handler
with `(req, res)` may answer after it has returned.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from types import CoroutineType
from typing import Any

from openmcs.runtime import protocol as wire
from openmcs.runtime.console import current_level, current_stream, keep
from openmcs.runtime.incoming import Incoming
from openmcs.runtime.protocol import Kind
from openmcs.runtime.request import BodyInvalid, Request
from openmcs.runtime.response import Answer, Response
from openmcs.runtime.service import Route, Service, Step
from openmcs.runtime.threads import Job, Threads
from openmcs.runtime.window import Window

Send = Callable[[Kind, int, Any], None]
"""(kind, stream, body): sends a frame soon; safe from any thread."""


class Running:
    """One call, from REQ to its last frame."""

    __slots__ = (
        "begun",
        "body",
        "cancelled",
        "credit",
        "incoming",
        "job",
        "req",
        "request",
        "response",
        "stream",
        "task",
    )

    def __init__(self, stream: int, req: wire.Req) -> None:
        self.stream = stream
        self.req = req
        self.body = bytearray(req.body) if req.more else req.body
        self.begun = False
        self.cancelled = False
        self.incoming: Incoming | None = None
        self.credit: Window | None = None
        self.task: asyncio.Task[Any] | None = None
        self.job: Job | None = None
        self.request: Request
        self.response: Response


class Handling:
    """All calls of one worker. `on_idle` hears, on the loop, that the last one has ended."""

    def __init__(
        self,
        start: wire.Start,
        service: Service,
        send: Send,
        make_mobile: Callable[[wire.Req], Any],
        fault_of: Callable[[BaseException], wire.Fault],
        on_idle: Callable[[], None],
    ) -> None:
        self._service = service
        self._implementation = start.implementation
        self._base = len(f"/mobile/custom/{start.api}")
        self._send = send
        self._make_mobile = make_mobile
        self._fault_of = fault_of
        self._on_idle = on_idle
        self._loop = asyncio.get_running_loop()
        self._threads = Threads(start.threads)
        self._running: dict[int, Running] = {}

    @property
    def idle(self) -> bool:
        """True when no call runs."""
        return not self._running

    # ── what the platform says ───────────────────────────────────────────────────────────────────

    def accept(self, stream: int, req: wire.Req) -> bool:
        """A call came; true when it may begin: complete, or for a handler that reads its body as it comes."""
        self._running[stream] = call = Running(stream, req)
        if req.streamed and self._reads_stream(req):
            call.body = b""
            call.incoming = Incoming(lambda size: self._passed_on(stream, size), self._loop)
            call.incoming.feed(req.body, more=req.more)
            return True
        if req.streamed and req.body:
            self._passed_on(stream, len(req.body))
        return not req.more

    def add(self, stream: int, piece: wire.Piece) -> bool:
        """A piece of its body came; true when the call may begin now."""
        call = self._running.get(stream)
        if call is None:
            return False  # it has been answered without the rest
        if call.incoming is not None:
            call.incoming.feed(piece.data, more=piece.more)
            return False
        call.body += piece.data
        if call.req.streamed and piece.data:
            self._passed_on(stream, len(piece.data))
        return not piece.more

    def _reads_stream(self, req: wire.Req) -> bool:
        found = self._service.find(req.method, req.path[self._base :] or "/")
        return found is not None and found.route.streams

    def _passed_on(self, stream: int, size: int) -> None:
        """As much of the body may follow."""
        if stream in self._running:
            self._send(Kind.CREDIT, stream, size)

    def grant(self, stream: int, size: int) -> None:
        """The client took *size* bytes of the answer."""
        call = self._running.get(stream)
        if call is not None and call.credit is not None:
            call.credit.grant(size)

    def cancel(self, stream: int) -> None:
        """Nobody waits for the call any more. A thread cannot be stopped: its call is over when it ends."""
        call = self._running.get(stream)
        if call is None:
            return
        call.cancelled = True
        if call.incoming is not None:
            call.incoming.lose()
        if not call.begun:
            self._gone(stream)  # the rest of its body does not come any more
        elif call.task is not None and not call.task.done():
            call.task.cancel()
        elif call.job is not None and not call.job.over:
            if call.job.claim():
                self._gone(stream)
        elif call.task is not None or call.job is not None:
            # Express's manner: the handler has returned, and what it left to answer later need not.
            self._gone(stream)

    # ── running ──────────────────────────────────────────────────────────────────────────────────

    def begin(self, stream: int) -> None:
        """Run the call, whose ACK is out."""
        call = self._running.get(stream)
        if call is None:
            return
        call.begun = True
        req = call.req
        call.response = response = Response(lambda answer: self._answered(call, answer), req.method == "HEAD")
        below = req.path[self._base :] or "/"
        steps = self._service.before(below) if self._service.middleware else []
        found = self._service.find(req.method, below)
        if found is not None:
            steps.append(found)
        if not steps:
            self._no_route(response, req.method, below)
            del call.response
            return
        call.request = Request(
            req,
            bytes(call.body),
            self._service.console,
            self._service.state,
            self._make_mobile,
            lambda: call.cancelled,
            call.incoming,
        )
        call.body = b""
        keep(req.level)
        if steps[-1].route.is_async or any(step.route.is_async for step in steps):
            call.task = self._loop.create_task(self._run_async(call, steps))
        else:
            call.job = self._threads.submit(partial(contextvars.copy_context().run, self._run_in_thread, call, steps))

    def _no_route(self, response: Response, method: str, below: str) -> None:
        detail = f"The implementation {self._implementation} has no route for {method} {below}."
        response.status(404).json({"title": "Not found", "status": 404, "detail": detail})

    async def _run_async(self, call: Running, steps: list[Step]) -> None:
        _enter(call)
        try:
            for step in steps:
                asked = Next()
                if step.route.is_async:
                    value = _invoke(step, call, asked)
                else:
                    context = contextvars.copy_context()
                    value = await self._threads.call(context.run, _invoke, step, call, asked)
                if type(value) is CoroutineType or inspect.isawaitable(value):
                    value = await value
                if not self._goes_on(step.route, call, value, asked):
                    break
            else:
                self._end_of_steps(call, steps)
        except asyncio.CancelledError:
            self._gone(call.stream)
        except BaseException as error:
            self._failed(call, error)
        self._let_go(call)

    def _run_in_thread(self, call: Running, steps: list[Step]) -> None:
        _enter(call)
        try:
            for step in steps:
                asked = Next()
                value = _invoke(step, call, asked)
                if inspect.isawaitable(value):
                    value = asyncio.run_coroutine_threadsafe(_await(value), self._loop).result()
                if not self._goes_on(step.route, call, value, asked):
                    break
            else:
                self._end_of_steps(call, steps)
        except BaseException as error:
            self._failed(call, error)
        if call.cancelled:
            self._gone(call.stream)
        self._let_go(call)

    def _let_go(self, call: Running) -> None:
        """The call and what its handler was given know each other: part them, so that no collector has to."""
        if call.stream not in self._running:
            del call.request, call.response

    def _goes_on(self, route: Route, call: Running, value: Any, asked: Next) -> bool:
        """Take what a step returned; true when the next one is to run."""
        response = call.response
        if asked.error is not None:
            raise asked.error
        if value is response:
            value = None  # the end of a chain such as `return res.status(200).type("json")`
        if not route.is_middleware:
            # A handler with (req, res) may answer later, so returning nothing is no answer there.
            if value is not None or route.arguments == 1:
                response.answer_with(value)
            return False
        if value is not None:
            response.answer_with(value)
            return False
        return not response.sent and (route.arguments < 3 or asked.called)

    def _end_of_steps(self, call: Running, steps: list[Step]) -> None:
        """Only middleware ran, and none answered."""
        if steps[-1].route.is_middleware and not call.response.sent:
            self._no_route(call.response, call.req.method, call.req.path[self._base :] or "/")

    def schedule(self, handler: Callable[..., Any], arguments: tuple[Any, ...], stream: int) -> None:
        """Run a callback of the SDK's for the call *stream*: on the loop if it is a coroutine, else in a thread."""
        if inspect.iscoroutinefunction(handler):
            asyncio.run_coroutine_threadsafe(self._call_back_async(handler, arguments, stream), self._loop)
        else:
            self._threads.submit(partial(contextvars.copy_context().run, self._call_back, handler, arguments, stream))

    async def _call_back_async(self, handler: Callable[..., Any], arguments: tuple[Any, ...], stream: int) -> None:
        current_stream.set(stream)
        try:
            await handler(*arguments)
        except BaseException as error:
            self._failed_late(stream, error)

    def _call_back(self, handler: Callable[..., Any], arguments: tuple[Any, ...], stream: int) -> None:
        current_stream.set(stream)
        try:
            handler(*arguments)
        except BaseException as error:
            self._failed_late(stream, error)

    def _failed_late(self, stream: int, error: BaseException) -> None:
        call = self._running.get(stream)
        if call is not None:
            self._failed(call, error)
        else:
            self._log_fault(stream, self._fault_of(error))

    # ── answering ────────────────────────────────────────────────────────────────────────────────

    def _answered(self, call: Running, answer: Answer) -> None:
        """Deliver *answer*; called from the loop or from a handler's thread."""
        stream = call.stream
        if stream not in self._running:
            return
        if call.cancelled:
            self._gone(stream)
            return
        if isinstance(answer.body, bytes) and len(answer.body) <= wire.PIECE:
            # Forgotten first: once the frame is out the platform may use the stream no more.
            self._running.pop(stream, None)
            self._send(Kind.RESP, stream, wire.Resp(answer.status, answer.headers, answer.body, False))
            self._idle_soon()
            return
        self._loop.call_soon_threadsafe(self._stream, call, answer)

    def _stream(self, call: Running, answer: Answer) -> None:
        call.credit = Window()
        call.task = self._loop.create_task(self._send_chunks(call, call.credit, answer))

    async def _send_chunks(self, call: Running, window: Window, answer: Answer) -> None:
        stream = call.stream
        _enter(call)
        self._send(Kind.RESP, stream, wire.Resp(answer.status, answer.headers, b"", True))
        chunks = self._chunks_of(answer.body)
        try:
            async for chunk in chunks:
                data = chunk.encode() if isinstance(chunk, str) else bytes(chunk)
                for piece, _ in wire.pieces(data):
                    if piece:
                        await window.take(len(piece))
                        self._send(Kind.CHUNK, stream, wire.Piece(piece, True))
        except asyncio.CancelledError:
            self._gone(stream)
            return
        except BaseException as error:
            self._failed(call, error)
            return
        finally:
            if hasattr(chunks, "aclose"):
                await chunks.aclose()
        self._running.pop(stream, None)
        self._send(Kind.CHUNK, stream, wire.Piece(b"", False))
        self._idle_soon()

    def _chunks_of(self, body: Any) -> AsyncIterator[Any]:
        if isinstance(body, bytes):
            return _in_pieces(body)
        if isinstance(body, Iterator):
            return self._from_thread(body)
        chunks: AsyncIterator[Any] = body.__aiter__()
        return chunks

    async def _from_thread(self, body: Iterator[Any]) -> AsyncIterator[Any]:
        """A generator that is no coroutine runs in threads, as its handler does."""
        ended = object()
        while True:
            context = contextvars.copy_context()
            chunk = await self._threads.call(context.run, lambda: next(body, ended))
            if chunk is ended:
                return
            yield chunk

    # ── ends that are no answer ──────────────────────────────────────────────────────────────────

    def _failed(self, call: Running, error: BaseException) -> None:
        if isinstance(error, BodyInvalid) and not call.response.sent:
            call.response.status(400).json({"title": "Bad request", "status": 400, "detail": str(error)})
            return
        fault = self._fault_of(error)
        if self._running.pop(call.stream, None) is None:
            # The answer is out already (sent twice, or raised after sending): a line for the log.
            self._log_fault(call.stream, fault)
            return
        self._send(Kind.FAIL, call.stream, fault)
        self._idle_soon()

    def _log_fault(self, stream: int, fault: wire.Fault) -> None:
        line = wire.Log(time.time(), 1000, fault.traceback, "exception", fault.file, fault.line)
        self._send(Kind.LOG, stream, line)

    def _gone(self, stream: int) -> None:
        if self._running.pop(stream, None) is not None:
            self._send(Kind.GONE, stream, None)
            self._idle_soon()

    def _idle_soon(self) -> None:
        if not self._running and self._service.draining:
            self._loop.call_soon_threadsafe(self._on_idle)


class Next:
    """Express's `next`: the call goes on; with an error it fails."""

    def __init__(self) -> None:
        self.called = False
        self.error: BaseException | None = None

    def __call__(self, error: Any = None) -> None:
        self.called = True
        if error is not None:
            self.error = error if isinstance(error, BaseException) else RuntimeError(str(error))


def _enter(call: Running) -> None:
    """What is logged and called from here on belongs to *call*."""
    current_stream.set(call.stream)
    current_level.set(call.req.level)


def _invoke(step: Step, call: Running, asked: Next) -> Any:
    call.request.params = step.params
    route = step.route
    if route.arguments == 1:
        return route.handler(call.request)
    if route.arguments == 2:
        return route.handler(call.request, call.response)
    return route.handler(call.request, call.response, asked)


async def _await(value: Any) -> Any:
    return await value


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for piece, _ in wire.pieces(body):
        yield piece
