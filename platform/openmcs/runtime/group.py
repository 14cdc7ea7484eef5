"""
The workers of one implementation: started, watched, replaced, and given calls.

Between `workers` and `most_workers` there are as many as the waiting calls need; without a call for
`idle_seconds` there are none, and the next call wakes one.

Restart policy: at once, then after 0.1, 0.5, 2 and 10 s; more than ten deaths in 30 s and the
implementation counts as failed: its calls get 503 with the reason, and one start is tried every 30 s.
Other implementations notice nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from openmcs.errors import ImplementationCrashed, RuntimeFull, RuntimeOverloaded
from openmcs.exchange import BodyRest, Message
from openmcs.runtime import protocol as wire
from openmcs.runtime import recycling
from openmcs.runtime.admission import NoRoom, WorkerRefused
from openmcs.runtime.binding import Binding, Limits
from openmcs.runtime.calls import Perform
from openmcs.runtime.channel import WorkerLost
from openmcs.runtime.machine import Machine
from openmcs.runtime.process import WorkerProcess
from openmcs.runtime.zygote import Zygote

_BACK_OFF = (0.0, 0.1, 0.5, 2.0, 10.0)
_DEATHS, _WITHIN = 10, 30.0
_LEVEL_NAMES = {1000: "severe", 900: "warning", 800: "info", 700: "config", 500: "fine", 400: "finer", 300: "finest"}
_RETRIES = 2
_LONG_WAIT = 0.1
"""Seconds that a call waits for a free worker before another worker is started."""
LINES_PER_SECOND = 1000
"""Log lines of one implementation that are kept; a flood is dropped and counted."""


class Group:
    """One implementation version in service, or on its way in or out."""

    def __init__(
        self,
        binding: Binding,
        limits: Limits,
        report: Callable[[Message], None],
        canary: str,
        perform: Perform | None = None,
        zygote: Zygote | None = None,
        machine: Machine | None = None,
    ) -> None:
        self._machine = machine or Machine()
        self._perform = perform
        self._zygote = zygote
        self.binding = binding
        self._limits = limits
        self._report = report
        self._canary = canary
        self._workers: list[WorkerProcess] = []
        self._most_calls: dict[WorkerProcess, float] = {}
        self._recycling = False
        self._waiting = 0
        self._deaths: deque[float] = deque(maxlen=_DEATHS + 1)
        self._starting = 0
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._second = 0
        self._lines = 0
        self._calls = 0
        self._asleep = False
        self._growing = False
        self._quiet_since = time.monotonic()
        self._full = False
        """True while there is no room in memory for its only worker."""
        self.start_seconds = 0.0
        """How long the newest worker took from nothing to its first call."""
        self.failure: str | None = None

    # ── coming and going ─────────────────────────────────────────────────────────────────────────

    async def start(self) -> wire.Ready:
        """Start the first worker; the others follow. Raises `WorkerRefused`."""
        first = await self._launch()
        for _ in range(1, self._limits.workers):
            self._in_background(self._replace(0.0))
        self._in_background(self._watch())
        assert first.ready is not None
        return first.ready

    async def drain(self) -> None:
        """No new calls; those that run may finish within the grace, then the workers end."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for worker in self._workers:
            worker.retire()
        await asyncio.gather(*tasks, return_exceptions=True)
        until = time.monotonic() + self._limits.drain_seconds
        while self._workers and time.monotonic() < until:
            await asyncio.sleep(0.02)
        for worker in list(self._workers):
            worker.kill()

    async def _launch(self) -> WorkerProcess:
        start = await self.binding.start_frame(self._limits, self._canary)
        self._starting += 1
        try:
            await self._machine.admit(start.memory)
            worker = WorkerProcess(
                *(start, self._on_log, self._on_output, self._on_lost, self._on_stuck, self._perform, self._zygote),
                limits=self._limits,
                machine=self._machine,
            )
            began = time.monotonic()
            await worker.launch(seconds=self._limits.start_seconds)
            self.start_seconds = time.monotonic() - began
        finally:
            self._starting -= 1
        if self._closed:
            worker.kill()
            raise WorkerRefused("the implementation was replaced meanwhile")
        self._most_calls[worker] = recycling.most_calls(self._limits.recycle_calls)
        self._workers.append(worker)
        self.failure, self._full = None, False
        return worker

    async def _replace(self, delay: float) -> None:
        while not self._closed:
            await asyncio.sleep(delay)
            try:
                await self._launch()
                return
            except NoRoom as refused:
                self._say("warning", f"{self.binding.implementation} has no further worker: {refused}")
                if any(not each.retiring for each in self._workers):
                    return
                self.failure, self._full = str(refused), True
                delay = 1.0
            except WorkerRefused as refused:
                self.failure = str(refused)
                self._say("severe", f"{self.binding.implementation} does not start: {refused}", refused.fault)
                delay = 30.0

    def _in_background(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        """Ping each worker's event loop; show the stacks of a blocked one, end one that stays blocked."""
        shown: set[int] = set()
        calls = -1
        while not self._closed:
            await asyncio.sleep(1.0)
            if self._calls != calls or self._waiting or any(each.channel.in_flight for each in self._workers):
                calls, self._quiet_since = self._calls, time.monotonic()
            self._rest(time.monotonic() - self._quiet_since)
            self._recycle_one()
            for worker in list(self._workers):
                silent = time.monotonic() - worker.channel.last_pong
                if silent > self._limits.hang_seconds:
                    self._say("severe", f"worker {worker.pid} did not answer for {silent:.0f} s and was ended")
                    worker.kill()
                elif silent > 3.0 and worker.pid not in shown:
                    shown.add(worker.pid or 0)
                    self._say("warning", f"the event loop of worker {worker.pid} is blocked; its stacks follow")
                    worker.dump_stacks()
                elif silent < 3.0:
                    shown.discard(worker.pid or 0)
                    worker.renew()
                worker.channel.send(wire.Kind.PING)

    def _rest(self, quiet: float) -> None:
        """After *quiet* seconds without a call: let go of what is more than needed, in the end of all."""
        if not self._limits.idle_seconds or quiet < self._limits.idle_seconds or self._starting:
            return
        self.sleep(f"after {quiet:.0f} s without a call")

    @property
    def quiet_since(self) -> float | None:
        """When it was last seen with a call, in the seconds of `monotonic`; None unless it could be put to sleep."""
        busy = self._waiting or self._starting or self._asleep or any(each.channel.in_flight for each in self._workers)
        return None if busy or not any(not each.retiring for each in self._workers) else self._quiet_since

    @property
    def leaving(self) -> bool:
        """Whether a worker is on its way out, so that there will be room."""
        return any(each.retiring for each in self._workers)

    def sleep(self, why: str) -> None:
        """Let all workers go; the next call starts one."""
        workers = [each for each in self._workers if not each.retiring]
        if workers and not self._asleep:
            self._asleep = True
            self._say("config", f"{self.binding.implementation} sleeps {why}")
        for each in workers:
            each.retire()

    def begin_asleep(self) -> None:
        """Wait for the first call instead of starting: there was no room."""
        self._asleep = True
        self._in_background(self._watch())

    def _grow(self, waited: float) -> None:
        """A call waits: wake a sleeping implementation, or add a worker where there is room for one."""
        if self._asleep:
            self._asleep = False
            self._in_background(self._wake())
        elif waited > _LONG_WAIT and not self._growing and not self._starting and not self.failure:
            if 0 < len([each for each in self._workers if not each.retiring]) < self._limits.most_workers:
                self._say("config", f"calls wait for {self.binding.implementation}; another worker is started")
                self._growing = True
                self._in_background(self._add())

    async def _add(self) -> None:
        try:
            await self._replace(0.0)
        finally:
            self._growing = False

    async def _wake(self) -> None:
        await self._replace(0.0)
        self._say("config", f"{self.binding.implementation} woke within {self.start_seconds * 1000:.0f} ms")
        for _ in range(1, self._limits.workers):
            self._in_background(self._replace(0.0))

    def _on_lost(self, worker: WorkerProcess, reason: str) -> None:
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        self._most_calls.pop(worker, None)
        if self._closed or worker.let_go:
            return
        self._deaths.append(time.monotonic())
        recent = [each for each in self._deaths if each > time.monotonic() - _WITHIN]
        self._say("severe", f"worker {worker.pid} of {self.binding.implementation} ended: {reason}")
        if len(recent) > _DEATHS:
            self.failure = f"its worker ended {len(recent)} times within {_WITHIN:.0f} s; last: {reason}"
            self._say("severe", f"{self.binding.implementation} is out of service for 30 s: {self.failure}")
            self._in_background(self._replace(30.0))
        else:
            self._in_background(self._replace(_BACK_OFF[min(len(recent) - 1, len(_BACK_OFF) - 1) if recent else 0]))

    def _on_stuck(self, worker: WorkerProcess) -> None:
        """A handler ignores that nobody waits for it: put a fresh worker beside, let this one run dry."""
        if worker.retiring or worker not in self._workers:
            return
        self._say("warning", f"a handler goes on after its time in worker {worker.pid}, which is being replaced")
        worker.retiring = True
        self._in_background(self._swap(worker))

    def _recycle_one(self) -> None:
        """Replace a worker that has served long enough; one at a time."""
        if self._recycling or self._starting:
            return
        for worker in self._workers:
            why = recycling.reason(worker, self._most_calls.get(worker, math.inf), self._limits.memory)
            if why is not None:
                self._say("config", f"worker {worker.pid} is replaced: {why}")
                self._recycling = True
                self._in_background(self._recycle(worker))
                return

    async def _recycle(self, worker: WorkerProcess) -> None:
        ready = len([each for each in self._workers if not each.retiring])
        try:
            await self._replace(0.0)
            if len([each for each in self._workers if not each.retiring]) <= ready:
                return  # there is no room for another one beside it: later, then
            worker.retire()
        finally:
            self._recycling = False
        await asyncio.sleep(self._limits.drain_seconds)
        worker.kill()

    async def _swap(self, stuck: WorkerProcess) -> None:
        await self._replace(0.0)
        stuck.retire()
        await asyncio.sleep(self._limits.drain_seconds)
        stuck.kill()

    # ── a call ───────────────────────────────────────────────────────────────────────────────────

    async def call(
        self, req: wire.Req, body: bytes, deadline: float, owner: Any, rest: BodyRest | None = None
    ) -> tuple[wire.Resp, Any]:
        """
        Give the call to the worker that has least to do; *rest* is what of its body is still to come.

        Raises `HandlerRaised`, `DeadlinePassed`, `ImplementationCrashed` or `RuntimeOverloaded`.
        """
        self._calls += 1
        for attempt in range(_RETRIES + 1):
            worker = self._idlest() or await self._wait_for_worker(deadline)
            try:
                return await worker.channel.call(req, body, deadline, owner, rest)
            except WorkerLost as lost:
                spent = rest is not None and rest.begun
                if attempt == _RETRIES or spent or not _may_repeat(req.method, lost):
                    raise ImplementationCrashed(
                        f"The implementation {self.binding.implementation} crashed during the call."
                    ) from lost
        raise AssertionError("unreachable")

    def _idlest(self) -> WorkerProcess | None:
        best: WorkerProcess | None = None
        for worker in self._workers:
            if not worker.retiring and worker.channel.in_flight < self._limits.in_flight:
                if best is None or worker.channel.in_flight < best.channel.in_flight:
                    best = worker
        return best

    async def _wait_for_worker(self, deadline: float) -> WorkerProcess:
        if self._waiting >= self._limits.queue:
            raise RuntimeOverloaded(f"{self._waiting} calls wait for {self.binding.implementation} already.")
        began = time.monotonic()
        until = min(
            deadline, began + max(self._limits.queue_seconds, self._limits.start_seconds if self._asleep else 0)
        )
        self._waiting += 1
        try:
            while (worker := self._idlest()) is None:
                if self._full:
                    raise RuntimeFull(f"There is no memory left for a worker of {self.binding.implementation}.")
                if self.failure:
                    raise RuntimeOverloaded(
                        f"The implementation {self.binding.implementation} is out of service; its log says why."
                    )
                self._grow(time.monotonic() - began)
                if time.monotonic() >= until:
                    raise RuntimeOverloaded(f"No worker of {self.binding.implementation} became free in time.")
                # A short wait rather than a notification for each finished call: calls that end are
                # the common case and must not pay for those that queue.
                await asyncio.sleep(0.005)
            return worker
        finally:
            self._waiting -= 1

    # ── what workers say ─────────────────────────────────────────────────────────────────────────

    def _on_log(self, log: wire.Log, owner: Any) -> None:
        if self._is_flooded():
            return
        self._report(
            self.binding.message(
                level_name(log.level), log.text, owner, time=log.time, logger=log.logger, file=log.file, line=log.line
            )
        )

    def _is_flooded(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            dropped, self._second, self._lines = self._lines - LINES_PER_SECOND, second, 0
            if dropped > 0:
                self._say("warning", f"{dropped} lines more than {LINES_PER_SECOND} a second were dropped")
        self._lines += 1
        return self._lines > LINES_PER_SECOND

    def _on_output(self, line: str) -> None:
        self._report(self.binding.message("warning", line, None, logger="output"))

    def _say(self, level: str, text: str, fault: wire.Fault | None = None) -> None:
        self._report(self.binding.message(level, text, None, logger="runtime"))
        if fault is not None:
            self._report(
                self.binding.message(level, fault.traceback, None, logger="runtime", file=fault.file, line=fault.line)
            )

    def workers(self) -> list[dict[str, Any]]:
        """Each worker that is ready: what it does, and what its walls proved to be."""
        return [_worker(each) for each in self._workers if each.pid is not None]

    def health(self) -> dict[str, Any]:
        """What `/readyz` and the console show of this implementation."""
        first = next((each for each in self._workers if each.hello), None)
        hello = first.hello if first else None
        return {
            "implementation": self.binding.implementation,
            "api": f"{self.binding.api}({self.binding.api_version})",
            "workers": len([each for each in self._workers if not each.retiring]),
            "asleep": self._asleep,
            "startMs": round(self.start_seconds * 1000, 1),
            "waiting": self._waiting,
            "inFlight": sum(each.channel.in_flight for each in self._workers),
            "failure": self.failure,
            "isolation": hello.level if hello else None,
            "additions": list(first.additions) if first else [],
            "missing": first.missing if first else {},
            "cpuLease": first.leased if first else None,
            "portsEnforced": hello.ports_enforced if hello else None,
            "hostsEnforced": hello.hosts_enforced if hello else None,
            "landlockAbi": hello.landlock_abi if hello else None,
            "network": list(self.binding.network),
        }


def _worker(worker: WorkerProcess) -> dict[str, Any]:
    hello = worker.hello
    return {
        "pid": worker.pid,
        "startedAt": worker.started_at,
        "inFlight": worker.channel.in_flight,
        "done": worker.channel.taken - worker.channel.in_flight,
        "leaving": worker.retiring,
        "isolation": hello.level if hello else None,
        "additions": list(worker.additions),
        "missing": worker.missing,
        "cpuLease": worker.leased,
        "probes": [{"name": each.name, "shut": each.shut} for each in hello.probes] if hello else [],
    }


def level_name(level: int) -> str:
    """The name of a level that a worker sent; a number in between counts as info."""
    return _LEVEL_NAMES.get(level, "info")


def _may_repeat(method: str, lost: WorkerLost) -> bool:
    """
    What had not begun may always be sent again.

    A GET that had begun may too, unless it was alone in the worker: then it is what killed it, and
    sending it again would kill the next one.
    """
    return not lost.begun or (method in ("GET", "HEAD") and not lost.alone)
