"""
The worker process: `python -I -m openmcs.runtime.worker FD`.

It raises its walls, proves them, loads one implementation and answers calls over the socketpair FD,
its only connection to anything.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import importlib
import os
import signal
import socket
import sys
import threading
from typing import Any

from openmcs import sandbox
from openmcs.runtime import loader, undeclared
from openmcs.runtime import protocol as wire
from openmcs.runtime.asking import Asking, Declared
from openmcs.runtime.configuration import Configuration
from openmcs.runtime.console import current_stream, install
from openmcs.runtime.handling import Handling
from openmcs.runtime.mobile import Mobile, MobileBackend
from openmcs.runtime.outbound import Outbound
from openmcs.runtime.protocol import Decoder, FrameReader, Kind, frame
from openmcs.runtime.service import Service
from openmcs.sandbox import relay

THREAD_STACK = 512 * 1024
COLLECTOR = (10_000, 20, 20)
"""Python's thresholds: what calls under way have made is mostly gone before anybody looks."""
NICE = 5
"""The platform comes first where there is too little processor for all."""
DEBUG_PORTS = 20
"""A worker that takes over from another finds the other's port taken."""
SHUTDOWN_SECONDS = 5.0
"""What `shutdown` may take."""


class Worker(asyncio.Protocol):
    """The worker's end of the wire."""

    def __init__(self, start: wire.Start, walls: sandbox.Walls, rest: FrameReader) -> None:
        self._start = start
        self._walls = walls
        self._reader = rest
        self._decode = Decoder()
        self._out = bytearray()
        self._out_lock = threading.Lock()
        self._flush_due = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._transport: asyncio.Transport | None = None
        self._ending = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.ended = self._loop.create_future()
        self.console = install(self._write_log, start.level, start.directory)
        self.service = Service(start.api, self.console)
        self._outbound = Outbound(self._send_frame)
        self._declared = {
            "custom": Declared("custom", start.apis),
            "connector": Declared("connector", start.connectors),
        }
        self._handling = Handling(
            start, self.service, self._send_frame, self._mobile, self._fault_of, self._end_if_drained
        )

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
            self._handling.begin(stream)

    def _on_frame(self, kind: int, stream: int, payload: bytes, begun: list[int]) -> None:
        if kind == Kind.REQ:
            self._complete(stream, self._handling.accept(stream, self._decode(payload, wire.Req)), begun)
        elif kind == Kind.BODY:
            self._complete(stream, self._handling.add(stream, self._decode(payload, wire.Piece)), begun)
        elif kind == Kind.PING:
            self._send(frame(Kind.PONG, 0))
        elif kind == Kind.CREDIT:
            self._handling.grant(stream, self._decode(payload, int))
        elif kind == Kind.CANCEL:
            self._handling.cancel(stream)
        elif kind == Kind.RESULT:
            self._outbound.on_result(self._decode(payload, wire.Result))
        elif kind == Kind.RESULT_BODY:
            self._outbound.on_part(self._decode(payload, wire.Part))
        elif kind == Kind.LOAD:
            self._in_background(self._load())
        elif kind == Kind.DRAIN:
            self.service.draining = True
            self._end_if_drained()

    def _complete(self, stream: int, complete: bool, begun: list[int]) -> None:
        if complete:
            self._send(frame(Kind.ACK, stream))
            begun.append(stream)

    def _send(self, data: bytes) -> None:
        with self._out_lock:
            self._out += data

    def _send_soon(self, data: bytes) -> None:
        """From any thread: send in the next turn of the loop, together with what else is waiting."""
        with self._out_lock:
            self._out += data
            due, self._flush_due = self._flush_due, True
        if due:
            return
        if threading.get_ident() == self._thread:
            # A coroutine's answer: the loop is awake and needs no waking.
            self._loop.call_soon(self._flush)
        else:
            self._loop.call_soon_threadsafe(self._flush)

    def _send_frame(self, kind: Kind, stream: int, body: Any) -> None:
        self._send_soon(frame(kind, stream, body))

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

    # ── the code ─────────────────────────────────────────────────────────────────────────────────

    async def _load(self) -> None:
        try:
            title = loader.load(self._start, self.service)
            for hook in self.service.startup:
                await loader.run_hook(hook, self.service)
        except BaseException as error:
            self._send(frame(Kind.BROKEN, 0, self._fault_of(error)))
            self._flush()
            return
        # What the import has made stays, so the collector need not look at it with every few calls.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTOR)
        routes = [(route.method, route.path) for route in self.service.routes]
        self._send(frame(Kind.READY, 0, wire.Ready(routes, title)))
        self._flush()

    def _fault_of(self, error: BaseException) -> wire.Fault:
        return loader.fault_of(error, self._start, self._walls)

    def _mobile(self, req: wire.Req) -> Mobile:
        stream = current_stream.get()
        backend = MobileBackend(req.backend, req.backend_version, req.backend_id)
        configured = Configuration(self._start.configuration, f"{req.backend}({req.backend_version})")
        return Mobile(
            Asking(self._outbound, self._declared, self.console.warning),
            backend,
            configured,
            lambda handler, arguments: self._handling.schedule(handler, arguments, stream),
        )

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    def _end_if_drained(self) -> None:
        if self.service.draining and self._handling.idle and not self._ending:
            self._ending = True
            self._in_background(self._end())

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                for hook in self.service.shutdown:
                    await loader.run_hook(hook, self.service)
        except Exception as error:
            fault = self._fault_of(error)
            self.console.severe(f"shutdown failed: {fault.traceback}")
        self._flush()
        self.ended.set_result(None)

    def _in_background(self, coroutine: Any) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _receive_start(channel: socket.socket, reader: FrameReader) -> wire.Start:
    decode = Decoder()
    while True:
        data = channel.recv(65536)
        if not data:
            os._exit(0)
        for kind, _, payload in reader.feed(data):
            if kind == Kind.START:
                return decode(payload, wire.Start)


def _raise_walls(start: wire.Start, channel: socket.socket) -> tuple[sandbox.Walls, wire.Hello]:
    walls = sandbox.Walls(
        read=tuple(start.read),
        connect=tuple(port for _, port in start.network),
        memory=start.memory,
        nice=NICE,
        user=start.user,
        namespaces=start.namespaces,
        relayed=start.relay,
        anywhere=start.undeclared == "warn",
    )
    reason, missing = "", {}
    if start.isolation != "none":
        try:
            missing = sandbox.enclose(walls, lambda: _hand_over(start, channel))
        except sandbox.SandboxUnavailable as error:
            reason = str(error)
    if start.relay and (reason or "namespaces" in missing):
        channel.sendall(wire.NO_SOCKETS)
        walls = walls._replace(relayed=False)
    outside = sandbox.Outside(start.platform or os.getppid(), start.outside)
    report = sandbox.probe(walls, start.canary, outside)
    probes = [wire.ProbeResult(each.name, each.shut, each.detail) for each in report.probes]
    hello = wire.Hello(
        wire.VERSION,
        report.level,
        report.landlock_abi,
        report.seccomp,
        report.ports_enforced,
        probes,
        reason,
        report.hosts_enforced,
        list(report.additions),
        missing,
    )
    return walls, hello


def _hand_over(start: wire.Start, channel: socket.socket) -> None:
    """Give the platform what listens on the declared hosts; names are found at those addresses from now on."""
    listeners = relay.listeners(start.network)
    socket.send_fds(channel, [wire.SOCKETS], [each.fileno() for each in listeners])
    for each in listeners:
        each.close()
    start.addresses = relay.addresses(start.network)


def _let_debugger_in(start: wire.Start) -> str:
    """Have debugpy listen, in development and without walls; says where, or why not. Empty: not asked for."""
    if not start.debug_port or start.isolation != "none":
        return ""
    try:
        debugpy: Any = importlib.import_module("debugpy")
    except ImportError:
        return "no debugger: install debugpy beside the platform"
    for port in range(start.debug_port, start.debug_port + DEBUG_PORTS):
        try:
            debugpy.listen(("127.0.0.1", port))
        except (OSError, RuntimeError):
            continue
        return f"{start.implementation} waits for a debugger at 127.0.0.1:{port}"
    return f"no debugger: all of {DEBUG_PORTS} ports from {start.debug_port} are taken"


async def _serve(
    channel: socket.socket, start: wire.Start, walls: sandbox.Walls, reader: FrameReader, debugging: str
) -> None:
    loop = asyncio.get_running_loop()
    _, worker = await loop.create_unix_connection(lambda: Worker(start, walls, reader), sock=channel)
    if walls.anywhere:
        undeclared.watch(start, worker.console.warning)
    if debugging:
        worker.console.warning(debugging)
    await worker.ended


def run(descriptor: int) -> None:
    """Receive START over *descriptor*, raise the walls, prove them, say HELLO, serve until told to end."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.stack_size(THREAD_STACK)
    channel = socket.socket(fileno=descriptor)
    reader = FrameReader()
    start = _receive_start(channel, reader)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    walls, hello = _raise_walls(start, channel)
    channel.sendall(frame(Kind.HELLO, 0, hello))
    debugging = _let_debugger_in(start)
    loader.search_path(start)
    if not walls.anywhere:
        loader.resolve_declared_names_only(start)
    channel.setblocking(False)
    loop.run_until_complete(_serve(channel, start, walls, reader, debugging))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    run(int(sys.argv[1]))
