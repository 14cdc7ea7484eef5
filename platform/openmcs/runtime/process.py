"""One worker process: started with a clean environment, one descriptor, and its output drained."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from openmcs.runtime import cgroup
from openmcs.runtime import protocol as wire
from openmcs.runtime.admission import WorkerRefused
from openmcs.runtime.binding import Limits
from openmcs.runtime.calls import Perform
from openmcs.runtime.channel import Channel
from openmcs.runtime.machine import CORES, Machine
from openmcs.runtime.protocol import Kind
from openmcs.runtime.relay import Relay
from openmcs.runtime.zygote import CLEAN, Running, Zygote, ZygoteGone
from openmcs.sandbox import lease

_LEVELS = {"none": 0, "basic": 1, "strict": 2, "strict+network": 2}
LINES_PER_SECOND = 200
"""Lines of raw output (beside the wire) that are kept; a flood is dropped and counted."""


_REAP_TURNS = 50
"""Looks, 2 ms apart, that a process gets to end by itself after its connection."""


class WorkerProcess:
    """
    A process and the channel to it.

    Start it from a long-lived thread only: the signal that ends a worker with its parent fires when
    the *thread* that started it ends.
    """

    def __init__(
        self,
        start: wire.Start,
        on_log: Callable[[wire.Log, Any], None],
        on_output: Callable[[str], None],
        on_lost: Callable[[WorkerProcess, str], None],
        on_stuck: Callable[[WorkerProcess], None],
        perform: Perform | None = None,
        zygote: Zygote | None = None,
        limits: Limits | None = None,
        machine: Machine | None = None,
    ) -> None:
        self._zygote = zygote
        self._limits = limits or Limits()
        self._machine = machine or Machine()
        self._group: cgroup.Group | None = None
        self._relay = Relay(on_output)
        self.leased = False
        """True when it ends by itself once nobody finds it well any more."""
        self.additions: tuple[str, ...] = ()
        """Walls beside the level that were proved."""
        self.missing: dict[str, str] = {}
        """Walls that were wanted, and why they cannot be had."""
        self._start = start
        self._on_output = on_output
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._hello: asyncio.Future[wire.Hello] = self._loop.create_future()
        self._ready: asyncio.Future[wire.Ready] = self._loop.create_future()
        self._process: Running | None = None
        self._output = -1
        self._tail = b""
        self._window = (0.0, 0)
        self.hello: wire.Hello | None = None
        self.ready: wire.Ready | None = None
        self.retiring = False
        """True when it gets no more calls."""
        self.let_go = False
        """True when it ends because it was told to."""
        self.started_at = 0.0
        """When it had imported the code, in seconds since the epoch."""
        self._reaping: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self.channel = Channel(on_log, self._on_control, self._lost, lambda: on_stuck(self), perform)

    @property
    def pid(self) -> int | None:
        """The process id, once started."""
        return self._process.pid if self._process else None

    async def launch(self, *, seconds: float) -> wire.Ready:
        """
        Start the process, see its walls, let it import the code.

        Raises `WorkerRefused` when the walls are not what was asked for, the import fails, or it takes
        longer than *seconds*.
        """
        ours = await self._spawn()
        settling = self._loop.create_task(self._settle())
        try:
            async with asyncio.timeout(seconds):
                await self._connect(ours)
                self.hello = await self._hello
                await settling
                self._check_walls(self.hello)
                self._lease(seconds + self._limits.hang_seconds)
                self.channel.send(Kind.LOAD)
                self.ready = await self._ready
        except TimeoutError:
            await self._end_now(settling)
            raise WorkerRefused(f"the code was not imported within {seconds:.0f} s") from None
        except BaseException:
            await self._end_now(settling)
            raise
        self.started_at = time.time()
        return self.ready

    async def _connect(self, ours: socket.socket) -> None:
        try:
            if self._start.relay:
                await self._open_relay(ours)
        finally:
            # Also when that failed: how a worker ends is told by its connection.
            await self._loop.create_unix_connection(lambda: self.channel, sock=ours)
        if not self._start.relay:
            self.channel.send(Kind.START, 0, self._start)

    async def _open_relay(self, ours: socket.socket) -> None:
        """Send START, and take the sockets that come back before the wire begins; without them there is no relay."""
        readable = asyncio.Event()
        try:
            await self._loop.sock_sendall(ours, wire.frame(Kind.START, 0, self._start))
            self._loop.add_reader(ours.fileno(), readable.set)
            await readable.wait()
            _, descriptors, _, _ = socket.recv_fds(ours, 1, len(self._start.network))
        except OSError:
            return  # it has ended, which shows on the wire too
        finally:
            self._loop.remove_reader(ours.fileno())
        if descriptors:
            await self._relay.open(self._start.network, descriptors)

    async def _settle(self) -> None:
        """Into a control group, while the worker raises its walls: the kernel may take some milliseconds for it."""
        groups = self._machine.groups
        if groups is None or self.pid is None:
            return
        try:
            self._group = await asyncio.to_thread(groups.group, self._start.memory, self._limits.cpus)
            await asyncio.to_thread(self._group.take, self.pid)
            self.additions += ("cgroup",)
        except cgroup.GroupsUnavailable as error:
            self.missing["cgroup"] = str(error)

    def _leave_group(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            group.kill()
            group.remove()

    def _lease(self, seconds: float) -> None:
        """Let it use so much of each processor from now on."""
        if self.pid is not None and self._start.isolation != "none":
            self.leased = lease.grant(self.pid, seconds * CORES)

    def renew(self) -> None:
        """It is well: let it go on for as long as it may be silent."""
        if self.leased and self.ready is not None:
            self._lease(self._limits.hang_seconds)

    async def _end_now(self, settling: asyncio.Task[None]) -> None:
        self.kill()
        await asyncio.gather(settling, return_exceptions=True)
        await self._gone.wait()
        self._leave_group()

    async def _spawn(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._output = reading
        self._loop.add_reader(reading, self._drain_output)
        try:
            self._process = await self._started(theirs.fileno(), writing)
        except BaseException:
            ours.close()
            self._close_output()
            self._machine.admission.release(self._start.memory)
            raise
        finally:
            theirs.close()
            os.close(writing)
        ours.setblocking(False)
        return ours

    async def _started(self, channel: int, output: int) -> Running:
        if self._zygote is not None:
            try:
                return await self._zygote.fork(channel, output)
            except ZygoteGone:
                pass  # an interpreter of its own, then; the next worker gets a new zygote
        return subprocess.Popen(
            [sys.executable, "-I", "-m", "openmcs.runtime.worker", str(channel)],
            pass_fds=[channel],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=CLEAN,
            cwd="/",
            start_new_session=True,
        )

    def _check_walls(self, hello: wire.Hello) -> None:
        wanted = self._start.isolation
        if _LEVELS.get(hello.level, 0) < _LEVELS[wanted]:
            still_open = ", ".join(each.name for each in hello.probes if not each.shut)
            why = hello.reason or f"these acts are still possible: {still_open}"
            raise WorkerRefused(
                f"isolation {wanted!r} is required and this machine gives {hello.level!r}: {why}. "
                "Lower runtime.isolation in platform.toml only where you trust all uploaded code."
            )
        self.additions = (*hello.additions, *self.additions)
        self.missing |= hello.missing
        if self._machine.no_groups:
            self.missing["cgroup"] = self._machine.no_groups
        for name in self._limits.required:
            if name not in self.additions:
                raise WorkerRefused(
                    f"{name!r} is required (runtime.required in platform.toml) and cannot be had: "
                    f"{self.missing.get(name, 'it is not among runtime.additions')}"
                )

    def _on_control(self, kind: Kind, body: Any) -> None:
        if kind == Kind.HELLO and not self._hello.done():
            self._hello.set_result(body)
        elif kind == Kind.READY and not self._ready.done():
            self._ready.set_result(body)
        elif kind == Kind.BROKEN and not self._ready.done():
            self._ready.set_exception(WorkerRefused(f"{body.kind}: {body.message}", body))

    def _lost(self, reason: str) -> None:
        self._drain_output()
        self.retiring = True
        for waiting in (self._hello, self._ready):
            if not waiting.done():
                waiting.set_exception(WorkerRefused(f"{reason}{self._last_words()}"))
                waiting.exception()  # whoever waits sees it; if nobody does, that is no news
        self._reaping = self._loop.create_task(self._reap(reason))

    async def _reap(self, reason: str) -> None:
        """Wait for the process, whose end of the wire is closed; end one that is not on its way out."""
        assert self._process is not None
        for _ in range(_REAP_TURNS):
            if self._process.poll() is not None:
                break
            await asyncio.sleep(0.002)
        else:
            self._process.send_signal(signal.SIGKILL)
            while self._process.poll() is None:
                await asyncio.sleep(0.002)
        self._close_output()
        self._relay.close()
        self._leave_group()
        self._machine.admission.release(self._start.memory)
        self._gone.set()
        self._on_lost(self, f"{reason} ({self._exit_status()})")

    def _last_words(self) -> str:
        return f": {self._tail.decode(errors='replace').strip()}" if self._tail.strip() else ""

    def _exit_status(self) -> str:
        code = self._process.poll() if self._process else None
        if code is None:
            return "killed"
        if code in (signal.SIGXCPU, -signal.SIGXCPU):
            return "it used more processor time than it was leased, and nobody renewed that"
        if code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit status {code}"

    def _close_output(self) -> None:
        if self._output >= 0:
            self._drain_output()
        if self._output >= 0:
            self._loop.remove_reader(self._output)
            os.close(self._output)
            self._output = -1

    def _drain_output(self) -> None:
        if self._output < 0:
            return
        try:
            data = os.read(self._output, 65536)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove_reader(self._output)
            os.close(self._output)
            self._output = -1
            return
        *lines, self._tail = (self._tail + data).split(b"\n")
        self._tail = self._tail[-4096:]
        for line in lines:
            if line.strip() and self._may_say():
                self._on_output(line.decode(errors="replace")[:4096])

    def _may_say(self) -> bool:
        second = float(int(time.monotonic()))
        since, count = self._window if self._window[0] == second else (second, 0)
        self._window = (since, count + 1)
        return count < LINES_PER_SECOND

    def dump_stacks(self) -> None:
        """Have the worker write the stack of each thread to its output."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGUSR1)

    def retire(self) -> None:
        """Let it finish what it has, and take nothing more."""
        self.retiring = self.let_go = True
        self.channel.send(Kind.DRAIN)

    def kill(self) -> None:
        """End it now."""
        self.retiring = True
        self.channel.abort()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
